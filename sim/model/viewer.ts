import { createBitmap, hasBit, setBit, type Bitmap } from "../../src/base/bitmap.ts";
import type { Rng } from "../../src/base/random.ts";
import type { Bytes, Millis } from "../../src/base/time.ts";
import type { PeerId, SegmentId, SwarmId, ViewerId } from "../../src/protocol/ids.ts";
import { CHUNK_BYTES } from "../../src/protocol/limits.ts";
import { decodePeerMessage, encodePeerMessage } from "../../src/protocol/peer-codec.ts";
import type { TrackerToViewer } from "../../src/protocol/tracker-message.ts";
import type { SwarmAction } from "../../src/swarm/core/action.ts";
import type { FetchId, SwarmEvent } from "../../src/swarm/core/event.ts";
import { SwarmCore } from "../../src/swarm/core/swarm.ts";
import type { ConnectionId } from "../../src/tracker-server/core/event.ts";
import type { Task } from "./clock.ts";
import { ANSWER, CLOSE_SEEN_MS, End, OFFER, SIGNAL_MS, UNREACHABLE_MS, type Endpoint } from "./connection.ts";
import { ChunkDelivery, MessageDelivery } from "./delivery.ts";
import { Line, MESSAGE_OVERHEAD_BYTES, Path, roundTripMs, WIRE_FACTOR } from "./network.ts";
import type { Client, Fetch } from "./origin.ts";
import { canMeet, type Traits } from "./population.ts";
import type { StreamSegment } from "./stream.ts";
import type { TrackerClient } from "./tracker.ts";
import { HIDDEN_TIMER_MS, Watching } from "./watching.ts";
import type { World } from "./world.ts";

/** What is kept of one segment: bits, not bytes. */
interface Held {
  readonly chunks: Bitmap;
  byteLength: Bytes;
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
  readonly watching: Watching;
  readonly joinedAt: Millis;
  leftAt: Millis = Infinity;
  alive = true;
  /** Chunk payload sent while we measured. */
  sentBytes: Bytes = 0;
  readonly #ends = new Map<PeerId, End<Viewer>>();
  readonly #held = new Map<SegmentId, Held>();
  readonly #fetches = new Map<FetchId, Fetch>();
  readonly #queue: SwarmEvent[] = [];
  #isFeeding = false;
  #wakeAt: Millis = Infinity;
  #socket: ConnectionId | undefined;
  #self: PeerId | undefined;

  constructor(world: World, traits: Traits, rng: Rng) {
    const { plan, clock } = world;
    this.world = world;
    this.traits = traits;
    this.index = traits.index;
    this.rng = rng;
    this.joinedAt = clock.now;
    const rate = plan.bitsPerSecond / 8000;
    this.line = new Line(
      traits.uplink > 0 ? traits.uplink * rate : CONTROL_UPLINK_BYTES_PER_MS,
      traits.downlink * rate,
      plan.network.queueMs,
    );
    this.watching = new Watching(this);
    this.core = new SwarmCore({
      swarm: SWARM,
      viewer: traits.index.toString(16).padStart(16, "0") as ViewerId,
      trackers: ["wss://tracker.test"],
      uplink: traits.uplink > 0 ? 1 : 0,
      memoryBytesMax: plan.media.type === "vod" ? plan.media.cacheBytes : MEMORY_BYTES,
      rng: rng.fork("core"),
      ...(plan.tuning && { tuning: plan.tuning }),
    });
  }

  get region(): string | undefined {
    return this.world.plan.network.regions?.isTold ? `region-${this.traits.region}` : undefined;
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
      tracks: stream.tracks.slice(this.traits.rendition, this.traits.rendition + 1),
    });
    this.watching.start();
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
    if (!this.traits.vanishes) for (const end of this.#ends.values()) this.#closeEnd(end);
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
  put(segment: StreamSegment, chunk: number): boolean {
    let held = this.#held.get(segment.id);
    if (!held) {
      held = { chunks: createBitmap(Math.ceil(segment.byteLength / CHUNK_BYTES)), byteLength: 0 };
      this.#held.set(segment.id, held);
    }
    if (hasBit(held.chunks, chunk)) return false;
    setBit(held.chunks, chunk);
    held.byteLength += chunkBytes(segment, chunk);
    if (held.byteLength === segment.byteLength) this.world.completed(this, segment);
    return true;
  }

  trackerOpened(socket: ConnectionId): void {
    if (socket === this.#socket) this.feed({ type: "tracker-opened" });
  }

  trackerSaid(socket: ConnectionId, message: TrackerToViewer): void {
    if (socket !== this.#socket) return;
    if (message.type === "joined") this.#self = message.peer;
    this.feed({ type: "tracker-message", message });
  }

  trackerClosed(socket: ConnectionId): void {
    if (socket !== this.#socket) return;
    this.#socket = undefined;
    this.feed({ type: "tracker-closed" });
  }

  /** A connection's other end is gone, or never came. */
  lost(end: End<Viewer>, reason: string): void {
    if (end.isClosed) return;
    end.isClosed = true;
    this.#ends.delete(end.peer);
    this.feed({ type: "peer-closed", peer: end.peer, reason });
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
        return;
      case "open-peer":
        this.#openEnd(action);
        return;
      case "signal-peer":
        this.#signalled(action);
        return;
      case "close-peer": {
        const end = this.#ends.get(action.peer);
        if (end) this.#closeEnd(end);
        return;
      }
      case "send":
        this.#send(action);
        return;
      case "send-chunk":
        this.#sendChunk(action);
        return;
      case "open-tracker":
        this.#socket = tracker.open(this);
        return;
      case "send-tracker":
        if (this.#socket !== undefined) tracker.tell(this.#socket, action.message);
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

  #handOver(segment: StreamSegment): void {
    const { clock, meter } = this.world;
    if (this.#held.get(segment.id)?.byteLength !== segment.byteLength)
      meter.violated(clock.now, this.index, `hands ${segment.id} over and does not hold all of it`);
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

  // -- the network

  #openEnd({ peer, initiator }: Of<"open-peer">): void {
    const { clock } = this.world;
    const end = new End<Viewer>(this, peer, initiator);
    this.#ends.set(peer, end);
    if (initiator) this.#signal(end, OFFER);
    clock.after(UNREACHABLE_MS, () => {
      if (!end.other) this.lost(end, "unreachable");
    });
  }

  #signal(end: End<Viewer>, signal: string): void {
    this.world.clock.after(SIGNAL_MS, () => {
      if (!end.isClosed) this.feed({ type: "link-signal", peer: end.peer, signal });
    });
  }

  #signalled({ peer, signal }: Of<"signal-peer">): void {
    const end = this.#ends.get(peer);
    if (!end) return;
    if (signal === OFFER) this.#signal(end, ANSWER);
    else this.#connect(end);
  }

  /** The answer is here: what is left is for ICE and DTLS. */
  #connect(end: End<Viewer>): void {
    const { clock, tracker, plan } = this.world;
    const theirs = tracker.byPeerId(end.peer);
    const other = this.#self === undefined ? undefined : theirs?.endTo(this.#self);
    if (!theirs || !other || !canMeet(this.traits, theirs.traits)) return;
    const { network } = plan;
    const setupMs = network.setupMsMin + (network.setupMsMax - network.setupMsMin) * this.rng.next();
    const delayMs = roundTripMs(network, this.traits.region, theirs.traits.region, this.rng.next()) / 2;
    clock.after(setupMs, () => {
      if (end.isClosed || other.isClosed || !this.alive || !theirs.alive || end.other || other.other) return;
      end.other = other;
      other.other = end;
      end.path = new Path(this.line, theirs.line, delayMs, network.lossShare, this.rng.fork(`to ${theirs.index}`));
      other.path = new Path(theirs.line, this.line, delayMs, network.lossShare, this.rng.fork(`of ${theirs.index}`));
      this.feed({ type: "peer-opened", peer: end.peer });
      theirs.feed({ type: "peer-opened", peer: other.peer });
    });
  }

  endTo(peer: PeerId): End<Viewer> | undefined {
    return this.#ends.get(peer);
  }

  #closeEnd(end: End<Viewer>): void {
    if (end.isClosed) return;
    end.isClosed = true;
    this.#ends.delete(end.peer);
    const { other } = end;
    if (other) this.world.clock.after(CLOSE_SEEN_MS, () => other.owner.lost(other, "closed"));
  }

  #send({ peers, message }: Of<"send">): void {
    const { clock, meter } = this.world;
    const frame = encodePeerMessage(message);
    // Decoded once for all: whoever receives it must not change it.
    const decoded = decodePeerMessage(frame);
    if (!decoded || decoded.type === "chunk") return;
    const wireBytes = frame.byteLength + MESSAGE_OVERHEAD_BYTES;
    for (const peer of peers) {
      const end = this.#ends.get(peer);
      if (!end?.path || !end.other) continue;
      if (meter.on) meter.controlBytes += wireBytes;
      clock.at(end.path.send(clock.now, wireBytes), new MessageDelivery(end.other, decoded, frame.byteLength));
    }
  }

  #sendChunk({ peer, segment: id, chunk }: Of<"send-chunk">): void {
    const { clock, meter, stream } = this.world;
    const segment = stream.get(id);
    if (this.traits.uplink === 0) meter.violated(clock.now, this.index, "uploads and must not");
    const held = this.#held.get(id);
    if (!held || !hasBit(held.chunks, chunk))
      meter.violated(clock.now, this.index, `serves chunk ${chunk} of ${id} and does not hold it`);
    const end = this.#ends.get(peer);
    if (!end?.path || !end.other || this.traits.isLiar) return;
    const bytes = chunkBytes(segment, chunk);
    if (meter.on) this.sentBytes += bytes * WIRE_FACTOR;
    clock.at(
      end.path.send(clock.now, bytes * WIRE_FACTOR),
      new ChunkDelivery(end.other, segment, chunk, bytes, this.world),
    );
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

export const chunkBytes = ({ byteLength }: StreamSegment, chunk: number): Bytes =>
  Math.min(CHUNK_BYTES, byteLength - chunk * CHUNK_BYTES);

const SWARM = "the-only-swarm--" as SwarmId;
/** What hls.js and the library's default keep for a live stream. */
const MEMORY_BYTES: Bytes = 128 * 1024 * 1024;
/** Who must not upload still sends control messages: 1 Mbit/s. */
const CONTROL_UPLINK_BYTES_PER_MS = 125;
const VANISHED_SOCKET_MS: Millis = 5000;
