import { createBitmap, hasBit, setBit, type Bitmap } from "../../src/base/bitmap.ts";
import type { Rng } from "../../src/base/random.ts";
import type { Bytes, Millis } from "../../src/base/time.ts";
import { segmentIdOf, type PeerId, type SegmentId, type ViewerId } from "../../src/protocol/ids.ts";
import { CHUNK_BYTES } from "../../src/protocol/limits.ts";
import { HASH_BYTES } from "../../src/protocol/segment-root.ts";
import type { TrackerToViewer, ViewerToTracker } from "../../src/protocol/tracker-message.ts";
import type { SwarmAction } from "../../src/swarm/core/action.ts";
import type { FetchId, SwarmEvent } from "../../src/swarm/core/event.ts";
import { seederPolicy } from "../../src/seeder/core/seeder-policy.ts";
import type { Interest } from "../../src/swarm/core/interest.ts";
import { SwarmCore } from "../../src/swarm/core/swarm.ts";
import type { ConnectionId } from "../../src/tracker-server/core/event.ts";
import type { Task } from "./clock.ts";
import { CLOSE_SEEN_MS, type Endpoint } from "./connection.ts";
import { Connections } from "./connections.ts";
import { isViewer, SYBIL_NETWORKS } from "./mischief.ts";
import type { Plan } from "./plan.ts";
import { Line } from "./network.ts";
import type { Client, Fetch } from "./origin.ts";
import type { Traits } from "./population.ts";
import { Proofs } from "./proofs.ts";
import { Seeding } from "./seeding.ts";
import type { StreamSegment } from "./stream.ts";
import { SWARM, type TrackerClient } from "./tracker.ts";
import { HIDDEN_TIMER_MS, Watching } from "./watching.ts";
import type { World } from "./world.ts";

/** What is kept of one segment: bits, not bytes. */
interface Held {
  readonly chunks: Bitmap;
  byteLength: Bytes;
  /** Chunks that are not what the origin has. */
  readonly altered: Set<number>;
}

type Of<Type extends SwarmAction["type"]> = Extract<SwarmAction, { type: Type }>;

/**
 * One viewer: the real swarm core with what a driver would do for it in virtual time, a player, and what it holds.
 * Holds no bytes: a chunk is a bit.
 */
export class Viewer implements Client, Endpoint, TrackerClient {
  readonly world: World;
  readonly traits: Traits;
  readonly index: number;
  readonly rng: Rng;
  readonly core: SwarmCore;
  readonly line: Line;
  readonly watching: Watching | Seeding;
  readonly joinedAt: Millis;
  /** Undefined where nothing is checked. */
  readonly proofs: Proofs | undefined;
  leftAt: Millis = Infinity;
  alive = true;
  /** Chunk payload sent while we measured. */
  sentBytes: Bytes = 0;
  readonly connections: Connections;
  readonly #held = new Map<SegmentId, Held>();
  readonly #fetches = new Map<FetchId, Fetch>();
  readonly #queue: SwarmEvent[] = [];
  /** Since when it knows of whom that they forge. */
  readonly #forgers = new Map<Viewer, Millis>();
  #isFeeding = false;
  #wakeAt: Millis = Infinity;
  #socket: ConnectionId | undefined;
  /** As the tracker calls it. */
  self: PeerId | undefined;

  constructor(world: World, traits: Traits, rng: Rng) {
    const { plan, clock } = world;
    this.world = world;
    this.traits = traits;
    this.index = traits.index;
    this.rng = rng;
    this.joinedAt = clock.now;
    this.proofs = plan.proof === "none" ? undefined : new Proofs(this);
    const rate = plan.bitsPerSecond / 8000;
    this.line = new Line(
      traits.uplink > 0 ? traits.uplink * rate : CONTROL_UPLINK_BYTES_PER_MS,
      traits.downlink * rate,
      plan.network.queueMs,
    );
    this.watching = traits.seeder ? new Seeding(this) : new Watching(this);
    this.connections = new Connections(this);
    this.core = new SwarmCore({
      swarm: SWARM,
      viewer: traits.index.toString(16).padStart(16, "0") as ViewerId,
      trackers: ["wss://tracker.test"],
      uplink: traits.uplink > 0 ? 1 : 0,
      memoryBytesMax: memoryOf(plan, traits),
      rng: rng.fork("core"),
      integrity: plan.proof === "attested" ? "required" : "if-signed",
      sharing: plan.sharing,
      ...(plan.tuning && { tuning: plan.tuning }),
      ...(traits.seeder && seederPolicy(traits.seeder)),
      ...(traits.seeder?.isIdle && { interest: IDLE }),
    });
  }

  get region(): string | undefined {
    return this.world.plan.network.regions?.isTold ? `region-${this.traits.region}` : undefined;
  }

  get prefix(): string {
    return this.traits.mischief === "sybil" ? `sybils ${this.index % SYBIL_NETWORKS}` : String(this.index);
  }

  /** Whether it is a viewer at all, and goes into the figures. */
  get counts(): boolean {
    return isViewer(this.traits.mischief) && !this.traits.seeder;
  }

  get isBilled(): boolean {
    return isViewer(this.traits.mischief);
  }

  get firstByteMs(): Millis {
    return this.traits.firstByteMs;
  }

  get downlinkRate(): number {
    return this.line.downlinkRate;
  }

  start(): void {
    const { clock, stream } = this.world;
    this.feed({ type: "wakeup" });
    if (this.traits.isHidden) this.feed({ type: "timer-lag", lagMs: HIDDEN_TIMER_MS });
    this.feed({
      type: "tracks-followed",
      tracks: this.traits.seeder
        ? stream.tracks
        : stream.tracks.slice(this.traits.rendition, this.traits.rendition + 1),
    });
    this.watching.start();
    this.connections.start();
    if (this.traits.sessionMs < Infinity) clock.after(this.traits.sessionMs, () => this.leave());
  }

  /** In good order, or without a word: then the others find out by themselves. */
  leave(): void {
    if (!this.alive) return;
    this.alive = false;
    this.leftAt = this.world.clock.now;
    for (const fetch of this.#fetches.values()) fetch.abort();
    if (this.#socket !== undefined)
      this.world.tracker.close(this.#socket, this.traits.vanishes ? VANISHED_SOCKET_MS : CLOSE_SEEN_MS);
    if (!this.traits.vanishes) this.connections.close();
    this.#held.clear();
    this.world.left(this);
  }

  feed(event: SwarmEvent): void {
    if (!this.alive) return;
    if (this.#isFeeding) {
      this.#queue.push(event);
      return;
    }
    this.#isFeeding = true;
    const { now } = this.world.clock;
    for (let next: SwarmEvent | undefined = event; next; next = this.#queue.shift())
      for (const action of this.core.handle(now, next)) this.#perform(action);
    this.#isFeeding = false;
    this.#planWakeup();
  }

  /** Keeps a chunk. False when it was held already. */
  put(segment: StreamSegment, chunk: number, isAltered = false): boolean {
    let held = this.#held.get(segment.id);
    if (!held) {
      held = { chunks: createBitmap(Math.ceil(segment.byteLength / CHUNK_BYTES)), byteLength: 0, altered: new Set() };
      this.#held.set(segment.id, held);
    }
    if (hasBit(held.chunks, chunk)) return false;
    setBit(held.chunks, chunk);
    if (isAltered) held.altered.add(chunk);
    held.byteLength += Math.min(CHUNK_BYTES, segment.byteLength - chunk * CHUNK_BYTES);
    if (held.byteLength === segment.byteLength) this.world.completed(this, segment);
    return true;
  }

  prove(segment: StreamSegment, chunk: number): void {
    this.proofs?.originBrought(segment, chunk);
  }

  /** A chunk came that is not what the root says. Whoever sent it is to be cut off within one segment. */
  wronged(by: Viewer): void {
    const { clock, meter, plan } = this.world;
    const knownAt = this.#forgers.get(by) ?? clock.now;
    this.#forgers.set(by, knownAt);
    if (this.counts) meter.forgedChunks++;
    if (clock.now - knownAt > plan.segmentSeconds * 1000)
      meter.violated(clock.now, this.index, `still takes chunks of viewer ${by.index}, which forges`);
  }

  trackerOpened(socket: ConnectionId): void {
    if (socket === this.#socket) this.feed({ type: "tracker-opened" });
  }

  trackerSaid(socket: ConnectionId, message: TrackerToViewer): void {
    if (socket !== this.#socket) return;
    if (message.type === "joined") this.self = message.peer;
    if (message.type === "attested") {
      const { track, from, hashes } = message;
      this.proofs?.learn(segmentIdOf(track, message), { from, to: from + hashes.length / HASH_DIGITS });
    }
    this.feed({ type: "tracker-message", message });
  }

  trackerClosed(socket: ConnectionId): void {
    if (socket !== this.#socket) return;
    this.#socket = undefined;
    this.feed({ type: "tracker-closed" });
  }

  #perform(action: SwarmAction): void {
    const { clock, stream, tracker, origin, meter } = this.world;
    switch (action.type) {
      case "fetch-origin":
        this.#fetches.set(
          action.fetch,
          origin.open(this, action, this.watching.isStarting && action.reason !== "elected"),
        );
        return;
      case "abort-origin":
        this.#fetches.get(action.fetch)?.abort();
        this.#fetches.delete(action.fetch);
        return;
      case "segment-complete":
        this.#handOver(stream.get(action.segment));
        return;
      case "segment-failed":
        this.watching.failed(stream.get(action.segment));
        return;
      case "evict":
        this.#held.delete(action.segment);
        this.proofs?.forget(action.segment);
        return;
      case "open-peer":
        this.connections.open(action);
        return;
      case "signal-peer":
        this.connections.signalled(action);
        return;
      case "close-peer":
        this.connections.closeWith(action.peer);
        return;
      case "send":
        this.connections.send(action);
        return;
      case "send-chunk":
        this.#serve(action);
        return;
      case "send-hashes":
        this.proofs?.send(action);
        return;
      case "fetch-hashes":
        this.proofs?.fetch(action);
        return;
      case "report-hashes":
        if (this.#socket !== undefined && this.proofs) tracker.tell(this.#socket, this.proofs.reportOf(action));
        return;
      case "audit-chunk":
        this.proofs?.audit(action);
        return;
      case "open-tracker":
        this.#socket = tracker.open(this);
        return;
      case "send-tracker":
        if (this.#socket !== undefined) tracker.tell(this.#socket, this.#vouchedFor(action.message));
        return;
      case "close-tracker":
        if (this.#socket !== undefined) tracker.close(this.#socket, CLOSE_SEEN_MS);
        this.#socket = undefined;
        return;
      case "locate-segment":
        if (this.world.plan.origin.addressesForeseen && this.world.stream.has(action.segment))
          this.feed({ type: "segment-located", segment: action.segment });
        return;
      default:
        meter.violated(clock.now, this.index, "asked for something that nobody does");
    }
  }

  /** The operator's own seeders have a ticket. */
  #vouchedFor(message: ViewerToTracker): ViewerToTracker {
    const isOurs = this.traits.seeder && !this.traits.seeder.isIdle;
    return isOurs && message.type === "join" ? { ...message, ticket: `seeder ${this.index}` } : message;
  }

  #serve({ peer, segment: id, chunk }: Of<"send-chunk">): void {
    const { clock, meter, stream } = this.world;
    if (this.traits.uplink === 0) meter.violated(clock.now, this.index, "uploads and must not");
    const held = this.#held.get(id);
    if (!held || !hasBit(held.chunks, chunk))
      meter.violated(clock.now, this.index, `serves chunk ${chunk} of ${id} and does not hold it`);
    this.connections.sendChunk(peer, stream.get(id), chunk, held?.altered.has(chunk) ?? false);
  }

  #handOver(segment: StreamSegment): void {
    const { clock, meter } = this.world;
    const held = this.#held.get(segment.id);
    if (held?.byteLength !== segment.byteLength)
      meter.violated(clock.now, this.index, `hands ${segment.id} over and does not hold all of it`);
    if (held && held.altered.size > 0 && this.counts)
      meter.violated(clock.now, this.index, `hands ${segment.id} over with ${held.altered.size} altered chunks`);
    this.watching.handedOver(segment);
  }

  #planWakeup(): void {
    const { clock } = this.world;
    let at = this.core.nextWakeup();
    if (at === Infinity) return;
    if (this.traits.isHidden) at = Math.ceil(at / HIDDEN_TIMER_MS) * HIDDEN_TIMER_MS;
    if (at >= this.#wakeAt) return;
    this.#wakeAt = at;
    clock.at(at, new Wakeup(this, at));
  }

  wake(at: Millis): void {
    if (this.#wakeAt !== at || !this.alive) return;
    this.#wakeAt = Infinity;
    this.feed({ type: "wakeup" });
  }
}

/** The one timer of a core. */
class Wakeup implements Task {
  readonly #viewer: Viewer;
  readonly #at: Millis;

  constructor(viewer: Viewer, at: Millis) {
    this.#viewer = viewer;
    this.#at = at;
  }

  run(): void {
    this.#viewer.wake(this.#at);
  }
}

/** Of a seeder that is one by its word alone. */
const IDLE: Interest = { window: () => [], evictions: () => [] };

const HASH_DIGITS = 2 * HASH_BYTES;

const memoryOf = ({ media }: Plan, { seeder }: Traits): Bytes =>
  seeder ? SEEDER_MEMORY_BYTES : media.type === "vod" ? media.cacheBytes : MEMORY_BYTES;

/** What hls.js and the library's default keep for a live stream. */
const MEMORY_BYTES: Bytes = 128 * 1024 * 1024;
/** A small server's. */
const SEEDER_MEMORY_BYTES: Bytes = 1024 * 1024 * 1024;
/** Who must not upload still sends control messages: 1 Mbit/s. */
const CONTROL_UPLINK_BYTES_PER_MS = 125;
const VANISHED_SOCKET_MS: Millis = 5000;
