/**
 * Seeders in a row, each a driver of its own, with links between them that have a latency and a rate, and an origin that
 * makes segments chunk by chunk as an encoder does. Runs on the test's fake timers.
 */
import { SILENT } from "../src/base/logger.ts";
import type { SegmentId } from "../src/protocol/ids.ts";
import { segmentIdOf, swarmIdOf } from "../src/protocol/ids.ts";
import { CHUNK_BYTES } from "../src/protocol/limits.ts";
import { ChainParents } from "../src/seeder/core/chain-parents.ts";
import { ChainPush } from "../src/seeder/core/chain-push.ts";
import { createSwarmDriver, type SwarmDriver } from "../src/swarm/io/driver.ts";
import { createMemoryStore } from "../src/swarm/io/memory-store.ts";
import type { Origin, OriginSink } from "../src/swarm/io/origin.ts";
import type { PeerLink, PeerLinkEvents } from "../src/swarm/io/peer-link.ts";
import type { SegmentStore } from "../src/swarm/io/segment-store.ts";
import { VIDEO, listing, nameOf } from "./swarm-parts.ts";

export interface Pipe {
  readonly latencyMs: number;
  readonly bytesPerMs: number;
}

/** What a chunk of a segment is: no two are the same. */
export const chunkBytesOf = (sequence: number, chunk: number): Uint8Array<ArrayBuffer> =>
  Uint8Array.from({ length: CHUNK_BYTES }, (_, at) => (at * 31 + chunk * 7 + sequence) & 0xff);

/** Gives what has been made so far of a segment, and the rest as it is made. Counts who asks. */
export class LiveOrigin implements Origin {
  requests = 0;
  readonly #sinks = new Map<SegmentId, Set<OriginSink>>();
  readonly #made = new Map<SegmentId, Uint8Array[]>();

  locate(): boolean {
    return false;
  }

  fetch({ segment, from }: { readonly segment: SegmentId; readonly from: number }, sink: OriginSink) {
    this.requests++;
    const sinks = this.#sinks.get(segment) ?? new Set();
    this.#sinks.set(segment, sinks.add(sink));
    queueMicrotask(() => {
      sink.opened({ firstByte: from, ranged: true });
      for (const bytes of (this.#made.get(segment) ?? []).slice(from / CHUNK_BYTES)) sink.data(bytes);
    });
    return { abort: () => void sinks.delete(sink) };
  }

  hashes(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  /** The next chunk of a segment comes out of the encoder. */
  make(sequence: number): void {
    const segment = segmentIdOf(VIDEO, nameOf(sequence));
    const made = this.#made.get(segment) ?? [];
    this.#made.set(segment, made);
    const bytes = chunkBytesOf(sequence, made.length);
    made.push(bytes);
    for (const sink of this.#sinks.get(segment) ?? []) sink.data(bytes);
  }

  end(sequence: number): void {
    const segment = segmentIdOf(VIDEO, nameOf(sequence));
    const byteLength = (this.#made.get(segment)?.length ?? 0) * CHUNK_BYTES;
    for (const sink of this.#sinks.get(segment) ?? []) sink.closed({ outcome: "complete", status: 200, byteLength });
    this.#sinks.delete(segment);
  }
}

export class VirtualSeeder {
  readonly name: string;
  readonly driver: SwarmDriver;
  readonly store: SegmentStore;
  /** When each chunk was kept, by segment and chunk. */
  readonly keptAt = new Map<string, number>();
  /** What parents have told. */
  readonly playlists: string[] = [];
  readonly #ends = new Set<VirtualEnd>();

  constructor(
    name: string,
    origin: Origin,
    byUrl: ReadonlyMap<string, VirtualSeeder>,
    above: readonly string[],
    pipe: Pipe,
  ) {
    this.name = name;
    const memory = createMemoryStore();
    this.store = {
      ...memory,
      put: (segment, chunk, bytes) => {
        const isNew = memory.put(segment, chunk, bytes);
        if (isNew) this.keptAt.set(`${segment} ${String(chunk)}`, Date.now());
        return isNew;
      },
    };
    this.driver = createSwarmDriver({
      swarm: swarmIdOf("stream"),
      trackers: [],
      origin,
      rtc: {},
      upload: true,
      seeder: true,
      memoryBytesMax: 1e8,
      openPeerLink: () => {
        throw new Error("there is no tracker that would introduce anybody");
      },
      openTrackerLink: () => {
        throw new Error("there is no tracker");
      },
      push: (desk) => new ChainPush(desk),
      ...(above.length > 0 && { parents: (rng) => new ChainParents(above, rng) }),
      openParentLink: (url, events) => {
        const parent = byUrl.get(new URL(url).hostname);
        const mine = new VirtualEnd(events, pipe);
        this.#ends.add(mine);
        setTimeout(() => {
          const isThere = parent?.driver.accept((theirs) => {
            const other = new VirtualEnd(theirs, pipe);
            parent.#ends.add(other);
            mine.join(other);
            return other;
          });
          if (!isThere) mine.lose("refused");
        }, 2 * pipe.latencyMs);
        return mine;
      },
      takePlaylist: (_track, text) => {
        this.playlists.push(text);
        this.list(text);
      },
      store: this.store,
      logger: SILENT,
      now: () => Date.now(),
      seed: 1,
    });
    this.driver.followTracks([VIDEO]);
  }

  /** Its playlist, of which the text says from where to where: `10-12`. */
  list(text: string): void {
    const [from = 0, to = 0] = text.split("-").map(Number);
    this.driver.playlist({ track: VIDEO, live: true, targetDuration: 2, segments: listing(from, to), text });
  }

  /** As when its machine loses its power: nobody is told. */
  cut(): void {
    for (const end of this.#ends) end.cut();
    this.driver.close();
  }
}

/** One end of a link: what is sent waits for what was sent before, and then for the latency. */
class VirtualEnd implements PeerLink {
  readonly #events: PeerLinkEvents;
  readonly #pipe: Pipe;
  #other: VirtualEnd | undefined;
  #freeAt = 0;
  #isClosed = false;
  #isCut = false;

  constructor(events: PeerLinkEvents, pipe: Pipe) {
    this.#events = events;
    this.#pipe = pipe;
  }

  join(other: VirtualEnd): void {
    this.#other = other;
    other.#other = this;
    for (const end of [this, other]) queueMicrotask(() => end.#isClosed || end.#events.open());
  }

  signal(): void {
    this.close();
  }

  send(frame: Uint8Array): void {
    if (this.#isClosed || !this.#other) return;
    this.#freeAt = Math.max(this.#freeAt, Date.now()) + frame.byteLength / this.#pipe.bytesPerMs;
    this.#arrive((other) => {
      other.#events.frame(frame);
    });
  }

  close(): void {
    this.#arrive((other) => {
      other.lose("closed by the peer");
    });
    this.lose("closed here");
  }

  cut(): void {
    this.#isCut = true;
  }

  lose(reason: string): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    queueMicrotask(() => {
      this.#events.closed(reason);
    });
  }

  #arrive(act: (other: VirtualEnd) => void): void {
    const other = this.#other;
    if (!other || this.#isCut) return;
    setTimeout(
      () => {
        if (!other.#isClosed && !other.#isCut) act(other);
      },
      Math.max(0, this.#freeAt - Date.now()) + this.#pipe.latencyMs,
    );
  }
}
