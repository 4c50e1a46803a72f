import type { SwarmEvent } from "../../src/swarm/core/event.ts";
import type { WorldStream } from "./world-stream.ts";

/** Whom a player plays for. */
export interface PlayerClient {
  readonly world: WorldStream;
  readonly alive: boolean;
  feed(event: SwarmEvent): void;
  wants(sequence: number): void;
}

/** Loads playlists and asks for segments as hls.js does; counts stalls. */
export class ViewerPlayer {
  stalls = 0;
  startedAt: number | undefined;
  /** Of its playlist. */
  listedNewest = -1;
  /** Asked for and not here yet. */
  pending: number | undefined;
  readonly #client: PlayerClient;
  #first = 0;
  #next = 0;
  #position: number | undefined;
  #bufferedEnd = 0;
  #stalled = false;

  constructor(client: PlayerClient) {
    this.#client = client;
  }

  /** From this segment on. */
  start(first: number): void {
    this.#first = first;
    this.#next = first;
    this.#bufferedEnd = first * this.#client.world.options.segmentSeconds;
    this.#play();
  }

  get latency(): number {
    return this.#client.world.now / 1000 - (this.#position ?? 0);
  }

  /** Loads the playlist as hls.js does: every target duration, twice as often while nothing is new. */
  poll(): void {
    if (!this.#client.alive) return;
    const { world } = this.#client;
    const { live, segmentSeconds, windowSegments, parts, originLatencyMs } = world.options;
    const { newest } = world;
    const fresh = newest !== this.listedNewest;
    this.listedNewest = newest;
    const segments = Array.from({ length: windowSegments + 1 }, (_, i) => {
      const sequence = newest - windowSegments + 1 + i;
      const start = sequence * segmentSeconds;
      const hint = sequence > newest ? { hinted: true } : {};
      return {
        id: world.segmentId(sequence),
        name: world.segmentName(sequence),
        start,
        duration: segmentSeconds,
        ...hint,
      };
    }).filter(({ name }) => name.sequence <= newest || this.hints(name.sequence));
    const text = `${String(newest)} is the newest`;
    if (fresh)
      this.#client.feed({ type: "playlist", track: world.track, live, targetDuration: segmentSeconds, segments, text });
    if (parts) world.at(world.madeAt(newest + 1) + originLatencyMs / 2, () => this.poll());
    else if (live) world.after(segmentSeconds * (fresh ? 1000 : 500), () => this.poll());
  }

  /** Whether its playlist hints at a part that it does not list. */
  hints(sequence: number): boolean {
    return this.#client.world.options.parts === "hinted" && sequence === this.listedNewest + 1;
  }

  append(sequence: number): void {
    this.pending = undefined;
    this.#next = sequence + 1;
    this.#bufferedEnd = (sequence + 1) * this.#client.world.options.segmentSeconds;
    if (this.#position === undefined) {
      this.#position = this.#first * this.#client.world.options.segmentSeconds;
      this.startedAt = this.#client.world.now;
    }
    this.#report();
  }

  #report(): void {
    if (this.#position === undefined) return;
    this.#client.feed({
      type: "playback",
      position: this.#position,
      bufferedEnd: this.#bufferedEnd,
      rate: 1,
      bufferAheadMax: 30,
    });
  }

  /** Ten times a second: moves the playhead, and asks for the next segment as hls.js does. */
  #play(): void {
    if (!this.#client.alive) return;
    if (this.#position !== undefined) {
      const at = Math.min(this.#position + PLAY_MS / 1000, this.#bufferedEnd);
      const stalled = at >= this.#bufferedEnd - 1e-9 && this.#bufferedEnd < this.#endOfStream();
      if (stalled && !this.#stalled) this.stalls++;
      this.#stalled = stalled;
      this.#position = at;
      this.#report();
    }
    const ahead = this.#bufferedEnd - (this.#position ?? this.#bufferedEnd);
    if (this.pending === undefined && this.#next <= this.listedNewest && ahead < 30) {
      this.pending = this.#next;
      this.#client.wants(this.#next);
    }
    this.#client.world.after(PLAY_MS, () => this.#play());
  }

  #endOfStream(): number {
    return this.#client.world.options.live
      ? Infinity
      : this.#client.world.options.windowSegments * this.#client.world.options.segmentSeconds;
  }
}

const PLAY_MS = 100;
