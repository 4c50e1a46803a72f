/**
 * The streams of a live origin by their names, and who publishes each: one at a time, who may go away and come back until his
 * stream has ended. Knows nothing of HTTP, RTMP, or how media is packaged.
 */
import type { Readable } from "node:stream";
import type { LiveStream } from "./live-stream.ts";

/** What runs while somebody publishes. */
export interface Publication {
  /** Resolves when the publisher has finished; rejects with words for a person when his media cannot be used. */
  readonly ended: Promise<void>;
  /** Resolves when it has stopped. */
  close(): Promise<void>;
}

/** A stream that somebody over the network may publish. */
export interface OpenStream {
  readonly stream: LiveStream;
  ingest(media: Readable): Publication;
}

export interface StageOptions {
  open(name: string): Promise<OpenStream>;
  readonly streamsMax: number;
}

/** Why nothing is published: the name is none, somebody does already, or there are too many streams. */
export type PublishFault = "bad-name" | "busy" | "full";

export class Stage {
  readonly #options: StageOptions;
  readonly #acts = new Map<string, Act>();
  /** Names of streams that are just being made. */
  readonly #opening = new Set<string>();

  constructor(options: StageOptions) {
    this.#options = options;
  }

  find(name: string): LiveStream | undefined {
    return this.#acts.get(name)?.stream;
  }

  streams(): readonly LiveStream[] {
    return Array.from(this.#acts.values(), ({ stream }) => stream);
  }

  /** Just now, the operator's own sources included. */
  publishers(): number {
    return Array.from(this.#acts.values()).filter(({ publication }) => publication).length;
  }

  /** A stream whose source is the operator's own: nobody publishes it over the network. */
  add(stream: LiveStream, publication?: Publication): void {
    const act: Act = { stream };
    this.#acts.set(stream.name, act);
    if (publication) this.#begin(act, publication);
  }

  /** The media goes to the stream of this name, which is made if need be; one that has ended makes room for a new one. */
  async publish(name: string, media: Readable): Promise<Publication | PublishFault> {
    if (!STREAM_NAME.test(name) || RESERVED.has(name)) return "bad-name";
    const before = this.#acts.get(name);
    if (this.#opening.has(name) || before?.publication) return "busy";
    if (before && before.stream.state !== "ended")
      return before.ingest ? this.#begin(before, before.ingest(media)) : "busy";
    this.#opening.add(name);
    try {
      if (!(await this.#hasRoomFor(name))) return "full";
      const { stream, ingest } = await this.#options.open(name);
      const act: Act = { stream, ingest };
      this.#acts.set(name, act);
      return this.#begin(act, ingest(media));
    } finally {
      this.#opening.delete(name);
    }
  }

  /** Every playlist says that nothing more will come. */
  async end(): Promise<void> {
    await Promise.all(Array.from(this.#acts.values(), async ({ publication }) => publication?.close()));
    await Promise.all(this.streams().map((stream) => stream.end()));
  }

  async close(): Promise<void> {
    await this.end();
    await Promise.all(this.streams().map((stream) => stream.close()));
    this.#acts.clear();
  }

  #begin(act: Act, publication: Publication): Publication {
    act.publication = publication;
    const gone = (): void => {
      if (act.publication === publication) delete act.publication;
    };
    publication.ended.then(gone, gone);
    return publication;
  }

  /** Forgets the stream of this name, or if there are too many the one of those that have ended that was made first. */
  async #hasRoomFor(name: string): Promise<boolean> {
    const ended = this.streams().filter(({ state }) => state === "ended");
    const isFull = this.#acts.size + this.#opening.size > this.#options.streamsMax;
    const last = ended.find((stream) => stream.name === name) ?? (isFull ? ended[0] : undefined);
    if (!last) return !isFull;
    this.#acts.delete(last.name);
    await last.close();
    return true;
  }
}

interface Act {
  readonly stream: LiveStream;
  readonly ingest?: OpenStream["ingest"];
  publication?: Publication;
}

/** One part of a path, and a folder on any disk. */
export const STREAM_NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;
/** Paths of the server's own. */
const RESERVED: ReadonlySet<string> = new Set(["publish", "healthz", "metrics", "status", "watch"]);
