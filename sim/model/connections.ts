import type { Bytes, Millis } from "../../src/base/time.ts";
import type { PeerId, SegmentId } from "../../src/protocol/ids.ts";
import { CHUNK_BYTES } from "../../src/protocol/limits.ts";
import { decodePeerMessage, encodePeerMessage } from "../../src/protocol/peer-codec.ts";
import { isForCores, type PeerMessage } from "../../src/protocol/peer-message.ts";
import type { SwarmAction } from "../../src/swarm/core/action.ts";
import { ANSWER, CLOSE_SEEN_MS, End, OFFER, SIGNAL_MS, UNREACHABLE_MS } from "./connection.ts";
import { ChunkDelivery, HashesDelivery, MessageDelivery } from "./delivery.ts";
import {
  agitation,
  AGITATION_MS,
  isTrickler,
  isUnsaid,
  LIED_ABOUT,
  sentBy,
  TRICKLE_MS,
  WITHHELD_MS,
  type Said,
  type Sent,
} from "./mischief.ts";
import { MESSAGE_OVERHEAD_BYTES, Path, roundTripMs, WIRE_FACTOR } from "./network.ts";
import type { Fault } from "./plan.ts";
import { canMeet } from "./population.ts";
import type { HashList } from "./proofs.ts";
import type { StreamSegment } from "./stream.ts";
import type { Viewer } from "./viewer.ts";

type Of<Type extends SwarmAction["type"]> = Extract<SwarmAction, { type: Type }>;

/** One viewer's connections with others: made through the tracker, and all that is sent over them, in good faith or not. */
export class Connections {
  readonly #viewer: Viewer;
  readonly #ends = new Map<PeerId, End<Viewer>>();
  /** When the next chunk may trickle to whom. */
  readonly #trickleAt = new Map<PeerId, Millis>();
  /** What a liar has not sent, to whom. */
  readonly #withheld = new Map<PeerId, Bytes>();

  constructor(viewer: Viewer) {
    this.#viewer = viewer;
  }

  start(): void {
    if (this.#viewer.traits.mischief) this.#agitate(0);
  }

  open({ peer, initiator }: Of<"open-peer">): void {
    const end = new End<Viewer>(this.#viewer, peer, initiator);
    this.#ends.set(peer, end);
    if (initiator) this.#signal(end, OFFER);
    this.#viewer.world.clock.after(UNREACHABLE_MS, () => {
      if (!end.other) this.#lost(end, "unreachable");
    });
  }

  signalled({ peer, signal }: Of<"signal-peer">): void {
    const end = this.#ends.get(peer);
    if (!end) return;
    if (signal === OFFER) this.#signal(end, ANSWER);
    else this.#connect(end);
  }

  endTo(peer: PeerId): End<Viewer> | undefined {
    return this.#ends.get(peer);
  }

  /** All of them, in good order. */
  close(): void {
    for (const end of this.#ends.values()) this.#closeEnd(end);
  }

  closeWith(peer: PeerId): void {
    const end = this.#ends.get(peer);
    if (end) this.#closeEnd(end);
  }

  send({ peers, message }: { readonly peers: readonly PeerId[]; readonly message: Said }): void {
    const { traits, counts, world } = this.#viewer;
    const { clock, meter } = world;
    if (isUnsaid(traits.mischief, message)) return;
    const frame = encodePeerMessage(message);
    // Decoded once for all: whoever receives it must not change it.
    const decoded = decodePeerMessage(frame);
    if (!decoded || !isForCores(decoded)) return;
    const wireBytes = frame.byteLength + MESSAGE_OVERHEAD_BYTES;
    for (const peer of peers) {
      const end = this.#ends.get(peer);
      if (!end?.path || !end.other) continue;
      if (meter.on && counts) meter.controlBytes += wireBytes;
      clock.at(end.path.send(clock.now, wireBytes), new MessageDelivery(end.other, decoded, frame.byteLength));
    }
  }

  sendHashes(peer: PeerId, segment: SegmentId, list: HashList, message: PeerMessage): void {
    const { counts, world } = this.#viewer;
    const { clock, meter } = world;
    const end = this.#ends.get(peer);
    if (!end?.path || !end.other) return;
    const wireBytes = encodePeerMessage(message).byteLength + MESSAGE_OVERHEAD_BYTES;
    if (meter.on && counts) meter.controlBytes += wireBytes;
    clock.at(end.path.send(clock.now, wireBytes), new HashesDelivery(end.other, segment, list));
  }

  /** `isAltered`: it came so, and nobody has noticed. */
  sendChunk(peer: PeerId, segment: StreamSegment, chunk: number, isAltered: boolean): void {
    const { world, traits } = this.#viewer;
    const { clock, stream } = world;
    const { mischief, rendition } = traits;
    const before = stream.at(rendition, Math.max(0, segment.name.sequence - 1));
    const sent = sentBy(mischief, segment, before, chunk);
    if (!sent) {
      this.#withhold(peer, segment, chunk);
      return;
    }
    const go = (): void => {
      this.#put(peer, segment, chunk, { ...sent, isAltered: isAltered || sent.isAltered });
    };
    if (!isTrickler(mischief)) {
      go();
      return;
    }
    const at = Math.max(clock.now, this.#trickleAt.get(peer) ?? 0);
    this.#trickleAt.set(peer, at + TRICKLE_MS);
    clock.at(at, { run: go });
  }

  /** Its own core takes it for sent and received. */
  #withhold(peer: PeerId, { byteLength }: StreamSegment, chunk: number): void {
    const bytes = (this.#withheld.get(peer) ?? 0) + Math.min(CHUNK_BYTES, byteLength - chunk * CHUNK_BYTES);
    this.#withheld.set(peer, bytes);
    this.#viewer.world.clock.after(WITHHELD_MS, () => {
      const message = { type: "received", bytes: bytes % 0x1_0000_0000 } as const;
      if (this.#ends.get(peer)?.isOpen) this.#viewer.feed({ type: "peer-message", peer, message, byteLength: 5 });
    });
  }

  #put(peer: PeerId, segment: StreamSegment, chunk: number, sent: Sent): void {
    const viewer = this.#viewer;
    const { clock, meter } = viewer.world;
    const end = this.#ends.get(peer);
    if (!end?.path || !end.other) return;
    const bytes: Bytes = sent.byteLength * WIRE_FACTOR;
    if (meter.on) viewer.sentBytes += bytes;
    const waitsMs = viewer.line.uplinkFreeAt - clock.now;
    if (waitsMs > UPLINK_WAIT_MS_MAX && viewer.counts && !viewer.world.plan.faults.some(isCollapse))
      meter.violated(clock.now, viewer.index, `has ${waitsMs.toFixed(0)} ms of uploads waiting in its own uplink`);
    clock.at(end.path.send(clock.now, bytes), new ChunkDelivery(end.other, segment, chunk, sent, viewer.world));
  }

  /** What mischief says unasked. */
  #agitate(round: number): void {
    const { alive, traits, world } = this.#viewer;
    const { clock, stream } = world;
    if (!alive || !traits.mischief) return;
    const newest = stream.newestAt(clock.now);
    const segments = Array.from({ length: LIED_ABOUT }, (_, i) => stream.at(traits.rendition, newest - i)).reverse();
    for (const message of agitation(traits.mischief, segments, round))
      this.send({ peers: [...this.#ends.keys()], message });
    clock.after(AGITATION_MS, () => {
      this.#agitate(round + 1);
    });
  }

  #signal(end: End<Viewer>, signal: string): void {
    this.#viewer.world.clock.after(SIGNAL_MS, () => {
      if (!end.isClosed) this.#viewer.feed({ type: "link-signal", peer: end.peer, signal });
    });
  }

  /** The answer is here: what is left is for ICE and DTLS. */
  #connect(end: End<Viewer>): void {
    const ours = this.#viewer;
    const { clock, tracker, plan } = ours.world;
    const theirs = tracker.byPeerId(end.peer);
    const other = ours.self === undefined ? undefined : theirs?.connections.endTo(ours.self);
    if (!theirs || !other || !canMeet(ours.traits, theirs.traits)) return;
    const { network } = plan;
    const setupMs = network.setupMsMin + (network.setupMsMax - network.setupMsMin) * ours.rng.next();
    const delayMs = roundTripMs(network, ours.traits.region, theirs.traits.region, ours.rng.next()) / 2;
    clock.after(setupMs, () => {
      if (end.isClosed || other.isClosed || !ours.alive || !theirs.alive || end.other || other.other) return;
      end.other = other;
      other.other = end;
      end.path = new Path(ours.line, theirs.line, delayMs, network.lossShare, ours.rng.fork(`to ${theirs.index}`));
      other.path = new Path(theirs.line, ours.line, delayMs, network.lossShare, ours.rng.fork(`of ${theirs.index}`));
      ours.feed({ type: "peer-opened", peer: end.peer });
      theirs.feed({ type: "peer-opened", peer: other.peer });
    });
  }

  #closeEnd(end: End<Viewer>): void {
    if (end.isClosed) return;
    end.isClosed = true;
    this.#ends.delete(end.peer);
    const { other } = end;
    if (other) this.#viewer.world.clock.after(CLOSE_SEEN_MS, () => other.owner.connections.#lost(other, "closed"));
  }

  /** A connection's other end is gone, or never came. */
  #lost(end: End<Viewer>, reason: string): void {
    if (end.isClosed) return;
    end.isClosed = true;
    this.#ends.delete(end.peer);
    this.#viewer.feed({ type: "peer-closed", peer: end.peer, reason });
  }
}

const isCollapse = ({ type }: Fault): boolean => type === "uplink-collapse";

/** Whatever is asked of a viewer, it fills its uplink's queue (SW41) and no more; several times that, for what others say. */
const UPLINK_WAIT_MS_MAX: Millis = 1500;
