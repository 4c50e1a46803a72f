/** A stream of bytes whose beginning can be read twice: once to find out what it is, and once to use it. */
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";

export class ReplayedBody {
  readonly #body: Readable;
  readonly #iterator: AsyncIterator<unknown>;
  /** Read, and to be read again. */
  #head: Uint8Array[] = [];
  #pending: Promise<Uint8Array | undefined> | undefined;
  #startedAt: number | undefined;

  constructor(body: Readable) {
    this.#body = body;
    this.#iterator = body[Symbol.asyncIterator]();
  }

  /** When its first bytes came, in milliseconds since 1970. */
  get startedAt(): number | undefined {
    return this.#startedAt;
  }

  /** Resolves once there is something to read; false when there is nothing at all. */
  async hasBegun(): Promise<boolean> {
    return (await this.#next()) !== undefined;
  }

  /** Writes what comes to `to`, and remembers it, until there is no more of it, or no more is wanted. */
  async show(to: Writable, bytesMax: number, until: Promise<unknown>): Promise<void> {
    const enough = until.then(() => undefined);
    for (let shown = 0; shown < bytesMax;) {
      const bytes = await Promise.race([this.#next(), enough]);
      if (!bytes) break;
      this.#pending = undefined;
      this.#head.push(bytes);
      shown += bytes.length;
      await write(to, bytes, enough);
    }
    to.end();
  }

  /** Writes everything to `to`, from the beginning, until there is no more of it, or no more is wanted. */
  async pour(to: Writable, until: Promise<unknown>): Promise<void> {
    const enough = until.then(() => undefined);
    for (const bytes of this.#head.splice(0)) await write(to, bytes, enough);
    for (;;) {
      const bytes = await Promise.race([this.#next(), enough]);
      if (!bytes) break;
      this.#pending = undefined;
      await write(to, bytes, enough);
    }
    to.end();
  }

  /** Whatever is being read of it ends there. */
  readonly close = (): void => {
    this.#body.destroy();
  };

  /** Undefined at its end, and where it breaks off. */
  #next(): Promise<Uint8Array | undefined> {
    this.#pending ??= this.#iterator.next().then(
      ({ done, value }) => {
        if (done === true || !(value instanceof Uint8Array)) return undefined;
        this.#startedAt ??= Date.now();
        return value;
      },
      () => undefined,
    );
    return this.#pending;
  }
}

async function write(to: Writable, bytes: Uint8Array, enough: Promise<unknown>): Promise<void> {
  if (to.write(bytes)) return;
  // One that fails takes no more, and whoever runs it knows.
  await Promise.race([once(to, "drain").catch(() => enough), enough]);
}
