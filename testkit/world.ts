import { createRng, type Rng } from "../src/base/random.ts";
import { Heap } from "../src/base/heap.ts";
import {
  directPeerIdOf,
  segmentIdOf,
  swarmIdOf,
  trackIdOf,
  type PeerId,
  type SegmentId,
  type SegmentName,
  type TrackId,
  type ViewerId,
} from "../src/protocol/ids.ts";
import { CHUNK_BYTES, ELECTION_SEATS } from "../src/protocol/limits.ts";
import { decodePeerMessage, encodePeerMessage } from "../src/protocol/peer-codec.ts";
import { isForCores, type UplinkClass } from "../src/protocol/peer-message.ts";
import type { SwarmAction } from "../src/swarm/core/action.ts";
import type { FetchId, SwarmEvent } from "../src/swarm/core/event.ts";
import type { SwarmCoreOptions } from "../src/swarm/core/options.ts";
import { SwarmCore } from "../src/swarm/core/swarm.ts";
import type { Device, SharingLimits } from "../src/swarm/core/sharing-policy.ts";
import type { SwarmTuning } from "../src/swarm/core/tuning.ts";

/** How a small world is: everything has a default, so that a story names only what it is about. */
export interface WorldOptions {
  readonly seed: number;
  readonly live?: boolean;
  readonly segmentSeconds?: number;
  readonly segmentBytes?: number;
  /** Segments listed by the playlist: the live window, or the whole VOD. */
  readonly windowSegments?: number;
  /** Segments between a joining viewer's playhead and the live edge. */
  readonly behindSegments?: number;
  /** One way, between any two viewers, and to the tracker. */
  readonly latencyMs?: number;
  readonly originLatencyMs?: number;
  readonly originBitsPerSecond?: number;
  /** Whether viewers can tell the address of a segment before their playlist lists it. */
  readonly locates?: boolean;
  /** Segments are parts: playlists are answered once the next one is made, hint at the one after it, and nobody foresees. */
  readonly parts?: "hinted" | "listed" | undefined;
  readonly tuning?: Partial<SwarmTuning>;
}

export interface ViewerOptions {
  readonly uplink?: UplinkClass;
  readonly uplinkBitsPerSecond?: number;
  /** VOD: where it starts, in segments. */
  readonly startAt?: number;
  /** False for a viewer that never plays by itself: the story tells it what it wants. */
  readonly plays?: boolean;
  readonly sharing?: Partial<SharingLimits>;
  /** What its browser says first. */
  readonly device?: Device;
  /** What makes it other than a viewer. Its parents' URLs are names in this world. */
  readonly core?: Partial<SwarmCoreOptions>;
}

/** The other end of a link that no tracker made: who it is, and what it calls us. */
interface DirectEnd {
  readonly other: Viewer;
  readonly us: PeerId;
}

/**
 * A handful of viewers in one process and in virtual time: the real core and the real codecs over a network of plain
 * latency and uplink rate, an origin that counts its bytes, a tracker that introduces everybody, and a player that asks
 * as hls.js does. Replays from its seed.
 */
export class World {
  readonly options: Required<Omit<WorldOptions, "parts">> & Pick<WorldOptions, "parts">;
  readonly rng: Rng;
  readonly track: TrackId = trackIdOf("the only rendition");
  readonly viewers = new Map<string, Viewer>();
  readonly origin = {
    up: true,
    status: 503,
    lateShare: 0,
    lags: false,
    bytes: 0,
    requests: 0,
    bySegment: new Map<number, number>(),
  };
  trackerUp = true;
  now = 0;
  #atOnce = 0;
  readonly #heap = new Heap<{ readonly at: number; readonly run: () => void }>((a, b) => a.at < b.at);

  constructor(options: WorldOptions) {
    this.options = {
      live: true,
      segmentSeconds: 2,
      segmentBytes: 300_000,
      windowSegments: 20,
      behindSegments: 3,
      latencyMs: 20,
      originLatencyMs: 30,
      originBitsPerSecond: 20e6,
      locates: true,
      parts: undefined,
      tuning: {},
      ...options,
    };
    this.rng = createRng(options.seed);
    // The stream has been on for a while before anybody joins.
    this.now = this.options.live ? this.options.windowSegments * this.options.segmentSeconds * 1000 + 7 : 0;
  }

  at(at: number, run: () => void): void {
    this.#heap.push({ at: Math.max(at, this.now), run });
  }

  after(ms: number, run: () => void): void {
    this.at(this.now + ms, run);
  }

  run(ms: number): void {
    const end = this.now + ms;
    for (let next = this.#heap.peek(); next && next.at <= end; next = this.#heap.peek()) {
      this.#heap.pop();
      this.#advance(next.at);
      next.run();
    }
    this.now = end;
  }

  runUntil(done: () => boolean, withinMs = 60_000): void {
    const end = this.now + withinMs;
    while (!done()) {
      const next = this.#heap.pop();
      if (!next || next.at > end) throw new Error(`did not happen within ${String(withinMs)} ms`);
      this.#advance(next.at);
      next.run();
    }
  }

  #advance(at: number): void {
    this.#atOnce = at > this.now ? 0 : this.#atOnce + 1;
    if (this.#atOnce > AT_ONCE_MAX) throw new Error("time stands still: somebody wakes without end");
    this.now = at;
  }

  join(name: string, options: ViewerOptions = {}): Viewer {
    const viewer = new Viewer(this, name, options);
    this.viewers.set(name, viewer);
    viewer.start();
    return viewer;
  }

  byPeerId(id: PeerId): Viewer | undefined {
    for (const viewer of this.viewers.values()) if (viewer.id === id && viewer.alive) return viewer;
    return undefined;
  }

  segmentName(sequence: number): SegmentName {
    return { sequence, tag: 0xfeed };
  }

  segmentId(sequence: number): SegmentId {
    return segmentIdOf(this.track, this.segmentName(sequence));
  }

  /** Newest segment of the live playlist now. */
  get newest(): number {
    const { live, segmentSeconds, windowSegments } = this.options;
    return live ? Math.floor(this.now / (segmentSeconds * 1000)) - 1 : windowSegments - 1;
  }

  /** When the origin has it. */
  madeAt(sequence: number): number {
    return (sequence + 1) * this.options.segmentSeconds * 1000;
  }

  /** Deals the election seats to whoever gives, in turn, behind seeders if there are any: when somebody comes or goes. */
  deal(): void {
    if (!this.trackerUp) return;
    const seated = [...this.viewers.values()].filter((viewer) => viewer.isSeated);
    const seeders = seated.filter((viewer) => viewer.options.core.seeder);
    const others = seated.filter((viewer) => !viewer.options.core.seeder);
    for (const among of [seeders, others])
      for (const [turn, viewer] of among.entries()) {
        const seats: number[] = [];
        for (let seat = turn; seat < ELECTION_SEATS; seat += among.length) seats.push(seat);
        const seeded = among === others && seeders.length > 0 && ({ seeded: true } as const);
        viewer.feed({ type: "tracker-message", message: { type: "assign", track: this.track, seats, ...seeded } });
      }
  }

  /** Copies of a segment that the origin has sent. */
  copies(sequence: number): number {
    return (this.origin.bySegment.get(sequence) ?? 0) / this.options.segmentBytes;
  }

  meanCopies(from: number, to: number): number {
    let sum = 0;
    for (let sequence = from; sequence <= to; sequence++) sum += this.copies(sequence);
    return sum / (to - from + 1);
  }
}

/** One viewer of a World: a core, what it holds, its links, and a player. */
export class Viewer {
  readonly world: World;
  readonly name: string;
  readonly id: PeerId;
  readonly core: SwarmCore;
  readonly options: Required<ViewerOptions>;
  alive = true;
  /** Frozen: sends nothing any more but keeps its links, like a machine that went to sleep. */
  asleep = false;
  readonly events: SwarmEvent[] = [];
  readonly actions: SwarmAction[] = [];
  readonly held = new Map<SegmentId, Map<number, number>>();
  readonly delivered: number[] = [];
  /** Of what was delivered: the time since the origin had it. */
  readonly ages: number[] = [];
  readonly failures: number[] = [];
  readonly links = new Set<PeerId>();
  readonly #direct = new Map<PeerId, DirectEnd>();
  stalls = 0;
  startedAt: number | undefined;
  originBytes = 0;
  /** Requests for segments that its own playlist did not list yet. */
  fetchedUnlisted = 0;
  #fetches = new Map<FetchId, { aborted: boolean }>();
  /** Where its requests to the origin began. */
  readonly #asked = new Set<string>();
  #uplinkFreeAt = 0;
  #wakeAt = Infinity;
  #handling: SwarmEvent[] | undefined;
  #joinedTracker = false;
  // The player
  #first = 0;
  #next = 0;
  #pending: number | undefined;
  #position: number | undefined;
  #bufferedEnd = 0;
  #listedNewest = -1;
  #stalled = false;

  constructor(world: World, name: string, options: ViewerOptions) {
    this.world = world;
    this.name = name;
    this.id = name.padEnd(10, "_") as PeerId;
    this.options = {
      uplink: 1,
      uplinkBitsPerSecond: 8e6,
      startAt: 0,
      plays: true,
      sharing: {},
      device: {},
      core: {},
      ...options,
    };
    const rng = world.rng.fork(name);
    let viewer = "";
    while (viewer.length < 16) viewer += Math.floor(rng.next() * 16).toString(16);
    this.core = new SwarmCore({
      swarm: swarmIdOf("the stream"),
      viewer: viewer as ViewerId,
      trackers: ["wss://tracker.test"],
      uplink: this.options.uplink,
      memoryBytesMax: 128 * 1024 * 1024,
      rng,
      tuning: world.options.tuning,
      sharing: this.options.sharing,
      ...this.options.core,
    });
  }

  start(): void {
    this.feed({ type: "device", device: this.options.device });
    this.feed({ type: "wakeup" });
    this.feed({ type: "tracks-followed", tracks: [this.world.track] });
    this.#poll();
    if (!this.options.plays) return;
    const { live, behindSegments } = this.world.options;
    this.#first = live ? this.world.newest - behindSegments + 1 : this.options.startAt;
    this.#next = this.#first;
    this.#bufferedEnd = this.#first * this.world.options.segmentSeconds;
    this.#play();
  }

  /** Vanishes without a word. */
  crash(): void {
    this.alive = false;
    this.world.after(this.world.options.latencyMs, () => this.world.deal());
  }

  get isSeated(): boolean {
    return this.alive && this.#joinedTracker && this.options.uplink > 0;
  }

  has(sequence: number): void {
    this.feed({ type: "segment-wanted", segment: this.world.segmentId(sequence) });
    this.world.runUntil(() => this.delivered.includes(sequence));
  }

  wants(sequence: number): void {
    this.feed({ type: "segment-wanted", segment: this.world.segmentId(sequence) });
  }

  /** Tells the core where the playhead is, for viewers that do not play by themselves. */
  isAt(position: number, bufferedEnd = position): void {
    this.feed({ type: "playback", position, bufferedEnd, rate: 1, bufferAheadMax: 30 });
  }

  got(sequence: number): boolean {
    return this.delivered.includes(sequence);
  }

  sourcesOf(sequence: number): string {
    return this.core.stats().segments.find((segment) => segment.sequence === sequence)?.sources ?? "";
  }

  get latency(): number {
    return this.world.now / 1000 - (this.#position ?? 0);
  }

  feed(event: SwarmEvent): void {
    if (!this.alive || this.asleep) return;
    if (this.#handling) {
      this.#handling.push(event);
      return;
    }
    this.#handling = [event];
    for (let next = this.#handling.shift(); next; next = this.#handling.shift()) {
      this.events.push(next);
      for (const action of this.core.handle(this.world.now, next)) {
        this.actions.push(action);
        this.#perform(action);
      }
    }
    this.#handling = undefined;
    const at = this.core.nextWakeup();
    if (at >= this.#wakeAt || at === Infinity) return;
    this.#wakeAt = at;
    this.world.at(at, () => {
      if (this.#wakeAt !== at) return;
      this.#wakeAt = Infinity;
      this.feed({ type: "wakeup" });
    });
  }

  #perform(action: SwarmAction): void {
    const { world } = this;
    const { latencyMs } = world.options;
    switch (action.type) {
      case "fetch-origin":
        this.#fetch(action);
        return;
      case "locate-segment": {
        const { segment } = action;
        if (world.options.locates && !world.options.parts)
          world.after(0, () => this.feed({ type: "segment-located", segment }));
        return;
      }
      case "abort-origin": {
        const fetch = this.#fetches.get(action.fetch);
        if (fetch) fetch.aborted = true;
        return;
      }
      case "verify-segment":
        throw new Error("no site here has a verifier of its own");
      case "audit-chunk":
        throw new Error("nothing here is attested");
      case "segment-complete": {
        const sequence = Number(action.segment.split("/")[1]);
        this.delivered.push(sequence);
        this.ages.push(world.now - world.madeAt(sequence));
        if (this.#pending === sequence) world.after(30, () => this.#append(sequence));
        return;
      }
      case "segment-failed": {
        const sequence = Number(action.segment.split("/")[1]);
        this.failures.push(action.status);
        if (this.#pending === sequence)
          world.after(1000, () => {
            if (this.#pending === sequence) this.wants(sequence);
          });
        return;
      }
      case "evict":
        this.held.delete(action.segment);
        return;
      case "open-peer": {
        if (!action.initiator) return;
        if (action.url !== undefined) {
          this.#call(action.peer, action.url);
          return;
        }
        // Offer, answer, handshake: four one-way trips.
        world.after(latencyMs, () => {
          const other = world.byPeerId(action.peer);
          if (!other || !other.#joinedTracker || !world.trackerUp)
            return this.feed({ type: "peer-closed", peer: action.peer, reason: "unreachable" });
          other.feed({ type: "tracker-message", message: { type: "signal", from: this.id, signal: "o" } });
          world.after(3 * latencyMs, () => {
            this.links.add(other.id);
            other.links.add(this.id);
            this.feed({ type: "peer-opened", peer: other.id });
            other.feed({ type: "peer-opened", peer: this.id });
          });
        });
        return;
      }
      case "close-peer": {
        this.links.delete(action.peer);
        world.after(latencyMs, () => {
          const { other, us } = this.#endOf(action.peer);
          if (other?.links.delete(us)) other.feed({ type: "peer-closed", peer: us, reason: "closed" });
        });
        return;
      }
      case "send": {
        const frame = encodePeerMessage(action.message);
        for (const peer of action.peers)
          this.#send(peer, frame.byteLength, (other, us) => {
            const message = decodePeerMessage(frame);
            if (message && isForCores(message))
              other.feed({ type: "peer-message", peer: us, message, byteLength: frame.byteLength });
          });
        return;
      }
      case "send-chunk": {
        const byteLength = this.held.get(action.segment)?.get(action.chunk);
        if (byteLength === undefined) throw new Error(`${this.name} does not hold what it serves`);
        this.#send(action.peer, byteLength, (other, us) => {
          const stored = other.#put(action.segment, action.chunk, byteLength);
          const { segment, chunk } = action;
          other.feed({ type: "peer-chunk", peer: us, segment, chunk, byteLength, stored });
        });
        return;
      }
      case "open-tracker":
        world.after(2 * latencyMs, () => {
          this.feed({ type: world.trackerUp ? "tracker-opened" : "tracker-closed" });
        });
        return;
      case "send-tracker":
        if (world.trackerUp) this.#tell(action.message.type);
        return;
      case "signal-peer":
      case "close-tracker":
      case "switch-off":
      // Nothing is checked here.
      case "send-hashes":
      case "send-playlist":
      case "fetch-hashes":
      case "report-hashes":
        return;
    }
  }

  #tell(type: string): void {
    const { world } = this;
    if (type === "leave") this.#joinedTracker = false;
    if (type !== "join" && type !== "need") return;
    world.after(2 * world.options.latencyMs, () => {
      this.#joinedTracker = true;
      const others = [...world.viewers.values()].filter(
        (other) => other !== this && other.alive && other.#joinedTracker,
      );
      const viewers = others.length + 1;
      const peers = type === "join" ? others.map((other) => ({ peer: other.id, uplink: other.options.uplink })) : [];
      if (type === "need") this.feed({ type: "tracker-message", message: { type: "peers", viewers, peers } });
      else
        this.feed({
          type: "tracker-message",
          message: {
            type: "joined",
            version: 1,
            peer: this.id,
            resume: "again",
            viewers,
            reportEveryMs: 30_000,
            peers,
          },
        });
      if (type === "join") world.deal();
    });
  }

  /** Through this viewer's uplink, one thing after the other, then the latency. */
  #send(to: PeerId, byteLength: number, arrive: (other: Viewer, us: PeerId) => void): void {
    if (!this.links.has(to)) return;
    const { world } = this;
    const startAt = Math.max(world.now, this.#uplinkFreeAt);
    this.#uplinkFreeAt = startAt + ((byteLength + WIRE_BYTES) * 8000) / this.options.uplinkBitsPerSecond;
    world.at(this.#uplinkFreeAt + world.options.latencyMs, () => {
      const { other, us } = this.#endOf(to);
      if (this.alive && !this.asleep && other?.links.has(us)) arrive(other, us);
    });
  }

  /** Over WebSocket: nobody introduces anybody, and each end has its own name for the other. */
  #call(peer: PeerId, url: string): void {
    const { world } = this;
    world.after(2 * world.options.latencyMs, () => {
      const other = world.viewers.get(url);
      if (!other?.alive) return this.feed({ type: "peer-closed", peer, reason: "refused" });
      const us = directPeerIdOf("down", other.#direct.size + 1);
      this.#direct.set(peer, { other, us });
      other.#direct.set(us, { other: this, us: peer });
      this.links.add(peer);
      other.links.add(us);
      this.feed({ type: "peer-opened", peer });
      other.feed({ type: "peer-opened", peer: us });
    });
  }

  #endOf(peer: PeerId): Pick<DirectEnd, "us"> & { readonly other: Viewer | undefined } {
    const direct = this.#direct.get(peer);
    if (direct) return direct.other.alive ? direct : { ...direct, other: undefined };
    return { other: this.world.byPeerId(peer), us: this.id };
  }

  #put(segment: SegmentId, chunk: number, byteLength: number): boolean {
    let chunks = this.held.get(segment);
    if (!chunks) this.held.set(segment, (chunks = new Map<number, number>()));
    if (chunks.has(chunk)) return false;
    chunks.set(chunk, byteLength);
    return true;
  }

  #fetch({ fetch, segment, from, to }: Extract<SwarmAction, { type: "fetch-origin" }>): void {
    const { world } = this;
    const { segmentBytes, originLatencyMs, originBitsPerSecond } = world.options;
    const sequence = Number(segment.split("/")[1]);
    const running = { aborted: false };
    this.#fetches.set(fetch, running);
    world.origin.requests++;
    if (sequence > this.#listedNewest) this.fetchedUnlisted++;
    const step = (ms: number, run: () => void): void => {
      world.after(ms, () => {
        if (!running.aborted && this.alive) run();
      });
    };
    const { lateShare } = world.origin;
    const key = `${segment} ${String(from)}`;
    const lateMs = lateShare > 0 && !this.#asked.has(key) && world.rng.next() < lateShare ? ORIGIN_LATE_MS : 0;
    this.#asked.add(key);
    const isHeld = this.#hints(sequence) && !world.origin.lags;
    const heldMs = isHeld ? Math.max(0, world.madeAt(sequence) - world.now - originLatencyMs / 2) : 0;
    step(originLatencyMs + lateMs + heldMs, () => {
      if (!world.origin.up || sequence > (world.origin.lags ? this.#listedNewest : world.newest)) {
        const status = world.origin.up ? 404 : world.origin.status;
        this.feed({ type: "origin-closed", fetch, outcome: "failed", status, receivedBytes: 0 });
        return;
      }
      if (from * CHUNK_BYTES >= segmentBytes) {
        this.feed({ type: "origin-closed", fetch, outcome: "void", status: 416, receivedBytes: 0 });
        return;
      }
      this.feed({ type: "origin-opened", fetch, firstChunk: from, byteLength: segmentBytes });
      let receivedBytes = 0;
      const end = Math.min(segmentBytes, (to ?? Infinity) * CHUNK_BYTES);
      const next = (chunk: number): void => {
        const byteLength = Math.min(CHUNK_BYTES, end - chunk * CHUNK_BYTES);
        if (byteLength <= 0) {
          this.feed({ type: "origin-closed", fetch, outcome: "complete", status: 206, receivedBytes });
          return;
        }
        step((byteLength * 8000) / originBitsPerSecond, () => {
          receivedBytes += byteLength;
          this.originBytes += byteLength;
          world.origin.bytes += byteLength;
          world.origin.bySegment.set(sequence, (world.origin.bySegment.get(sequence) ?? 0) + byteLength);
          this.#put(segment, chunk, byteLength);
          this.feed({ type: "origin-chunk", fetch, chunk, byteLength });
          next(chunk + 1);
        });
      };
      next(from);
    });
  }

  /** Loads the playlist as hls.js does: every target duration, twice as often while nothing is new. */
  #poll(): void {
    if (!this.alive) return;
    const { world } = this;
    const { live, segmentSeconds, windowSegments, parts, originLatencyMs } = world.options;
    const { newest } = world;
    const fresh = newest !== this.#listedNewest;
    this.#listedNewest = newest;
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
    }).filter(({ name }) => name.sequence <= newest || this.#hints(name.sequence));
    const text = `${String(newest)} is the newest`;
    if (fresh)
      this.feed({ type: "playlist", track: world.track, live, targetDuration: segmentSeconds, segments, text });
    if (parts) world.at(world.madeAt(newest + 1) + originLatencyMs / 2, () => this.#poll());
    else if (live) world.after(segmentSeconds * (fresh ? 1000 : 500), () => this.#poll());
  }

  /** Whether its playlist hints at a part that it does not list. */
  #hints(sequence: number): boolean {
    return this.world.options.parts === "hinted" && sequence === this.#listedNewest + 1;
  }

  #append(sequence: number): void {
    this.#pending = undefined;
    this.#next = sequence + 1;
    this.#bufferedEnd = (sequence + 1) * this.world.options.segmentSeconds;
    if (this.#position === undefined) {
      this.#position = this.#first * this.world.options.segmentSeconds;
      this.startedAt = this.world.now;
    }
    this.#report();
  }

  #report(): void {
    if (this.#position === undefined) return;
    this.feed({
      type: "playback",
      position: this.#position,
      bufferedEnd: this.#bufferedEnd,
      rate: 1,
      bufferAheadMax: 30,
    });
  }

  /** Ten times a second: moves the playhead, and asks for the next segment as hls.js does. */
  #play(): void {
    if (!this.alive) return;
    if (this.#position !== undefined) {
      const at = Math.min(this.#position + PLAY_MS / 1000, this.#bufferedEnd);
      const stalled = at >= this.#bufferedEnd - 1e-9 && this.#bufferedEnd < this.#endOfStream();
      if (stalled && !this.#stalled) this.stalls++;
      this.#stalled = stalled;
      this.#position = at;
      this.#report();
    }
    const ahead = this.#bufferedEnd - (this.#position ?? this.#bufferedEnd);
    if (this.#pending === undefined && this.#next <= this.#listedNewest && ahead < 30) {
      this.#pending = this.#next;
      this.wants(this.#next);
    }
    this.world.after(PLAY_MS, () => this.#play());
  }

  #endOfStream(): number {
    return this.world.options.live ? Infinity : this.world.options.windowSegments * this.world.options.segmentSeconds;
  }
}

/** IP, UDP, DTLS and SCTP headers of one small message. */
const WIRE_BYTES = 65;
const PLAY_MS = 100;
/** What a request takes longer that meets a cache miss, or a server that is stuck. */
const ORIGIN_LATE_MS = 2000;
const AT_ONCE_MAX = 100_000;
