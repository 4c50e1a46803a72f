/**
 * Segments on their way to the proxy's clients: however many ask for one, the swarm is asked once, and each client is given
 * every chunk as soon as it is there. Knows nothing of HTTP.
 */
import { EventEmitter, once } from "node:events";
import type { Bytes } from "../base/time.ts";
import { HttpError } from "../headless/http-client.ts";
import type { SegmentId } from "../protocol/ids.ts";
import { CHUNK_BYTES } from "../protocol/limits.ts";
import type { SegmentWatcher } from "../swarm/io/driver-api.ts";
import type { SwarmDriver } from "../swarm/io/driver.ts";
import { createMemoryStore } from "../swarm/io/memory-store.ts";
import type { Origin } from "../swarm/io/origin.ts";
import { readOrigin } from "../swarm/io/origin-reader.ts";
import type { SegmentStore } from "../swarm/io/segment-store.ts";

export interface FlightSources {
  readonly driver: Pick<SwarmDriver, "want" | "lists">;
  /** The driver's. */
  readonly store: SegmentStore;
  /** For segments that have left the playlist, of which the driver knows nothing any more. */
  readonly origin: Origin;
}

export class SegmentFlights {
  readonly #sources: FlightSources;
  readonly #flights = new Map<SegmentId, SegmentFlight>();

  constructor(sources: FlightSources) {
    this.#sources = sources;
  }

  /** Whoever boards a flight leaves it: see {@link SegmentFlight.leave}. */
  board(segment: SegmentId): SegmentFlight {
    let flight = this.#flights.get(segment);
    if (!flight) {
      flight = new SegmentFlight(() => this.#flights.delete(segment));
      this.#flights.set(segment, flight);
      const { driver, store, origin } = this.#sources;
      if (driver.lists(segment)) flight.start(store, segment, driver.want(segment, flight));
      else startAlone(flight, origin, segment);
    }
    flight.board();
    return flight;
  }
}

/** A segment that is nobody's but ours: straight from the upstream, and forgotten afterwards. */
function startAlone(flight: SegmentFlight, origin: Origin, segment: SegmentId): void {
  const store = createMemoryStore();
  let byteLength: Bytes | undefined;
  let received: Bytes = 0;
  const stop = readOrigin(origin, store, { fetch: 0, segment, from: 0 }, (event) => {
    if (event.type === "origin-opened") byteLength = event.byteLength;
    else if (event.type === "origin-chunk") flight.progress(0, (received += event.byteLength), byteLength);
    else if (event.type === "origin-closed") {
      if (event.outcome === "complete") flight.progress(0, received, received);
      else flight.failed(event.status);
    }
  });
  flight.start(store, segment, stop);
}

export class SegmentFlight implements SegmentWatcher {
  readonly #ended: () => void;
  readonly #chunks = new Map<number, Uint8Array>();
  #chunkOf: (chunk: number) => Uint8Array | undefined = () => undefined;
  #stop: () => void = () => undefined;
  #whole: Uint8Array | undefined;
  #byteLength: Bytes | undefined;
  #failure: HttpError | undefined;
  #passengers = 0;
  /** Says "news" whenever there is any. Each passenger may listen. */
  readonly #news = new EventEmitter().setMaxListeners(0);

  constructor(ended: () => void) {
    this.#ended = ended;
  }

  start(store: SegmentStore, segment: SegmentId, stop: () => void): void {
    this.#chunkOf = (chunk) => store.get(segment, chunk);
    this.#stop = stop;
  }

  board(): void {
    this.#passengers++;
  }

  /** With the last one that leaves nobody wants the segment any more. */
  leave(): void {
    if (--this.#passengers > 0) return;
    this.#ended();
    this.#stop();
  }

  progress(_peerBytes: Bytes, _originBytes: Bytes, byteLength: Bytes | undefined): void {
    this.#byteLength = byteLength;
    this.#tell();
  }

  complete({ bytes }: { readonly bytes: Uint8Array }): void {
    this.#whole = bytes;
    this.#byteLength = bytes.byteLength;
    this.#tell();
  }

  failed(status: number): void {
    this.#failure = new HttpError(status, "no upstream has the segment");
    this.#tell();
  }

  /** Rejects with an {@link HttpError} when the upstreams do not have it, and when nobody waits any more. */
  async byteLength(gone: AbortSignal): Promise<Bytes> {
    for (;;) {
      if (this.#byteLength !== undefined) return this.#byteLength;
      await this.#wait(gone);
    }
  }

  /** From `start` up to and without `end`, chunk by chunk as they come. */
  async *read(start: Bytes, end: Bytes, gone: AbortSignal): AsyncGenerator<Uint8Array> {
    for (let at = start; at < end;) {
      const chunk = Math.floor(at / CHUNK_BYTES);
      const bytes = this.#chunk(chunk);
      if (!bytes) {
        await this.#wait(gone);
        continue;
      }
      const offset = chunk * CHUNK_BYTES;
      yield bytes.subarray(at - offset, end - offset);
      at = Math.min(end, offset + CHUNK_BYTES);
    }
  }

  /** Held on to for those who read more slowly: the swarm may forget it meanwhile. */
  #chunk(chunk: number): Uint8Array | undefined {
    const offset = chunk * CHUNK_BYTES;
    if (this.#whole) return this.#whole.subarray(offset, offset + CHUNK_BYTES);
    const bytes = this.#chunks.get(chunk) ?? this.#chunkOf(chunk);
    if (bytes) this.#chunks.set(chunk, bytes);
    return bytes;
  }

  async #wait(gone: AbortSignal): Promise<void> {
    if (this.#failure) throw this.#failure;
    await once(this.#news, "news", { signal: gone });
  }

  #tell(): void {
    this.#news.emit("news");
  }
}
