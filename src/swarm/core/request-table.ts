import type { Millis } from "../../base/time.ts";
import type { PeerId } from "../../protocol/ids.ts";
import type { SwarmAction } from "./action.ts";
import type { Peer } from "./peer.ts";
import type { PeerPlan } from "./scheduler.ts";
import { MISSING, REQUESTED, type ChunkRequest, type Segment } from "./segment.ts";
import type { SwarmTuning } from "./tuning.ts";

/** What we have asked of peers and not received. Turns plans into messages; decides nothing but timeouts. */
export class RequestTable {
  readonly #peers: ReadonlyMap<PeerId, Peer>;
  readonly #tuning: SwarmTuning;
  /** No peer is given up on, and no suspension ends, before this instant. */
  checkAt: Millis = Infinity;

  constructor(peers: ReadonlyMap<PeerId, Peer>, tuning: SwarmTuning) {
    this.#peers = peers;
    this.#tuning = tuning;
  }

  /** `uselessAt`: from then on the origin brings what has not come. */
  ask(now: Millis, { peer, segment, chunks }: PeerPlan, uselessAt: Millis): SwarmAction {
    for (const chunk of chunks) {
      const request = new Asked(segment, chunk, peer, now);
      peer.requests.push(request);
      segment.requests.set(chunk, request);
      segment.setState(chunk, REQUESTED);
    }
    this.#checkBy(now + this.#tuning.requestTimeoutMs);
    const { slot } = segment.track;
    // Once it is late anyhow, whatever comes soon is of use.
    const dueInMs = Math.ceil(uselessAt > now ? uselessAt - now : LATE_ANYHOW_MS);
    return {
      type: "send",
      peers: [peer.id],
      message: { type: "request", slot, segment: segment.name, chunks, dueInMs },
    };
  }

  /** A chunk came from a peer. Returns the request it answers, if it was still asked of that peer. */
  answered(now: Millis, peer: Peer, segment: Segment, chunk: number): ChunkRequest | undefined {
    const asked = segment.requests.get(chunk);
    const request = asked?.peer === peer ? asked : undefined;
    if (request) {
      peer.served(now - Math.max(peer.lastChunkAt, request.at + (peer.roundTripMs ?? 0)));
      // Missing until it is held: what came may turn out to be of no use.
      forget(request);
    }
    peer.lastChunkAt = now;
    return request;
  }

  /** Takes requests back that we no longer want answered. */
  cancel(segment: Segment, wanted: (chunk: number) => boolean): readonly SwarmAction[] {
    const unwanted: ChunkRequest[] = [];
    for (const [chunk, request] of segment.requests) if (!wanted(chunk)) unwanted.push(request);
    return takeBack(unwanted);
  }

  /** The chunk has come by another way. */
  cancelChunk(segment: Segment, chunk: number): readonly SwarmAction[] {
    const request = segment.requests.get(chunk);
    return request ? takeBack([request]) : NO_ACTIONS;
  }

  /** The peer will not serve these. */
  rejected(peer: Peer, segment: Segment, chunks: readonly number[]): void {
    for (const chunk of chunks) {
      const request = segment.requests.get(chunk);
      if (request?.peer === peer) forget(request);
    }
  }

  /** The link is closed: everything it owes is missing again. */
  dropPeer(peer: Peer): void {
    for (const request of peer.requests) settle(request);
    peer.requests.length = 0;
  }

  /** The peer is not asked for a while. */
  suspend(now: Millis, peer: Peer, spanMs: Millis): void {
    peer.suspendedUntil = now + spanMs;
    this.#checkBy(peer.suspendedUntil);
  }

  /** Takes the requests of peers that owe chunks and send none. They are not asked for a while, never banned. */
  expire(now: Millis): readonly SwarmAction[] {
    if (now < this.checkAt) return NO_ACTIONS;
    this.checkAt = Infinity;
    const actions: SwarmAction[] = [];
    for (const peer of this.#peers.values()) {
      const first = peer.requests[0];
      const giveUpAt = first ? Math.max(first.at, peer.lastChunkAt) + this.#tuning.requestTimeoutMs : Infinity;
      if (now >= giveUpAt) {
        const proven = peer.lastChunkAt > -Infinity;
        this.suspend(now, peer, proven ? this.#tuning.suspendMs : this.#tuning.suspendUnprovenMs);
        actions.push(...takeBack([...peer.requests]));
      } else if (first) this.#checkBy(giveUpAt);
      else if (now < peer.suspendedUntil) this.#checkBy(peer.suspendedUntil);
    }
    return actions;
  }

  #checkBy(at: Millis): void {
    this.checkAt = Math.min(this.checkAt, at);
  }
}

class Asked implements ChunkRequest {
  readonly segment: Segment;
  readonly chunk: number;
  readonly peer: Peer;
  readonly at: Millis;

  constructor(segment: Segment, chunk: number, peer: Peer, at: Millis) {
    this.segment = segment;
    this.chunk = chunk;
    this.peer = peer;
    this.at = at;
  }

  /** By its place among what the peer owes, at the pace that the peer shows. */
  get expectedAt(): Millis {
    const { requests, lastChunkAt, serviceMs, roundTripMs = 0 } = this.peer;
    const firstAt = (requests[0] ?? this).at + roundTripMs;
    return Math.max(lastChunkAt, firstAt) + serviceMs * (requests.indexOf(this) + 1);
  }
}

/** Forgets requests and tells the peers, each once for each segment. */
function takeBack(requests: readonly ChunkRequest[]): SwarmAction[] {
  const orders: { readonly peer: Peer; readonly segment: Segment; readonly chunks: number[] }[] = [];
  for (const request of requests) {
    forget(request);
    const { peer, segment, chunk } = request;
    const order = orders.find((one) => one.peer === peer && one.segment === segment);
    if (order) order.chunks.push(chunk);
    else orders.push({ peer, segment, chunks: [chunk] });
  }
  return orders.map(({ peer, segment, chunks }) => {
    chunks.sort((a, b) => a - b);
    const message = { type: "cancel", slot: segment.track.slot, segment: segment.name, chunks } as const;
    return { type: "send", peers: [peer.id], message };
  });
}

/** Nobody waits for this answer any more. */
function forget(request: ChunkRequest): void {
  const owed = request.peer.requests;
  const index = owed.indexOf(request);
  if (index >= 0) owed.splice(index, 1);
  settle(request);
}

function settle(request: ChunkRequest): void {
  const { segment, chunk } = request;
  if (segment.requests.get(chunk) !== request) return;
  segment.requests.delete(chunk);
  if (segment.stateOf(chunk) === REQUESTED) segment.setState(chunk, MISSING);
}

/** How long an answer is of use to a player that stands still. */
const LATE_ANYHOW_MS = 1000;

const NO_ACTIONS: readonly SwarmAction[] = [];
