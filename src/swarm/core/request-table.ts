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

  constructor(peers: ReadonlyMap<PeerId, Peer>, tuning: SwarmTuning) {
    this.#peers = peers;
    this.#tuning = tuning;
  }

  ask(now: Millis, { peer, segment, chunks, dueAt }: PeerPlan): SwarmAction {
    for (const chunk of chunks) {
      const expectedAt = now + (peer.roundTripMs ?? 0) + 1.5 * peer.serviceMs * (peer.requests.length + 1);
      const request: ChunkRequest = { segment, chunk, peer: peer.id, at: now, expectedAt };
      peer.requests.push(request);
      segment.requests.set(chunk, request);
      segment.setState(chunk, REQUESTED);
    }
    const { slot } = segment.track;
    const dueInMs = Math.max(0, Math.ceil(dueAt - now));
    return {
      type: "send",
      peers: [peer.id],
      message: { type: "request", slot, segment: segment.name, chunks, dueInMs },
    };
  }

  /** A chunk came from a peer. Returns the request it answers, if it was still asked of that peer. */
  answered(now: Millis, peer: Peer, segment: Segment, chunk: number): ChunkRequest | undefined {
    const index = peer.requests.findIndex((request) => request.segment === segment && request.chunk === chunk);
    const [request] = index < 0 ? [] : peer.requests.splice(index, 1);
    if (request) {
      peer.served(now - Math.max(peer.lastChunkAt, request.at));
      // Missing until it is held: what came may turn out to be of no use.
      settle(request);
    }
    peer.lastChunkAt = now;
    return request;
  }

  /** Takes requests back that we no longer want answered. */
  cancel(segment: Segment, wanted: (chunk: number) => boolean): SwarmAction[] {
    const byPeer = new Map<PeerId, number[]>();
    for (const [chunk, request] of segment.requests) {
      if (wanted(chunk)) continue;
      const chunks = byPeer.get(request.peer);
      if (chunks) chunks.push(chunk);
      else byPeer.set(request.peer, [chunk]);
    }
    const actions: SwarmAction[] = [];
    for (const [id, chunks] of byPeer) {
      chunks.sort((a, b) => a - b);
      this.#forget(id, segment, chunks);
      const message = { type: "cancel", slot: segment.track.slot, segment: segment.name, chunks } as const;
      actions.push({ type: "send", peers: [id], message });
    }
    return actions;
  }

  /** The peer will not serve these. */
  rejected(peer: Peer, segment: Segment, chunks: readonly number[]): void {
    this.#forget(peer.id, segment, chunks);
  }

  /** The link is closed, or the peer is given up on for now: everything it owes is missing again. */
  dropPeer(peer: Peer): void {
    for (const request of peer.requests) settle(request);
    peer.requests.length = 0;
  }

  /** Takes the requests of peers that owe chunks and send none. They are not asked for a while, never banned. */
  expire(now: Millis): SwarmAction[] {
    const actions: SwarmAction[] = [];
    for (const peer of this.#peers.values()) {
      const first = peer.requests[0];
      if (!first || now - Math.max(first.at, peer.lastChunkAt) < this.#tuning.requestTimeoutMs) continue;
      const proven = peer.lastChunkAt > -Infinity;
      peer.suspendedUntil = now + (proven ? this.#tuning.suspendMs : this.#tuning.suspendUnprovenMs);
      const segments = new Set(peer.requests.map((request) => request.segment));
      for (const segment of segments) {
        const chunks = peer.requests.filter((request) => request.segment === segment).map((request) => request.chunk);
        chunks.sort((a, b) => a - b);
        const message = { type: "cancel", slot: segment.track.slot, segment: segment.name, chunks } as const;
        actions.push({ type: "send", peers: [peer.id], message });
      }
      this.dropPeer(peer);
    }
    return actions;
  }

  #forget(id: PeerId, segment: Segment, chunks: readonly number[]): void {
    const owed = this.#peers.get(id)?.requests;
    if (!owed) return;
    for (const chunk of chunks) {
      const index = owed.findIndex((request) => request.segment === segment && request.chunk === chunk);
      for (const request of index < 0 ? [] : owed.splice(index, 1)) settle(request);
    }
  }
}

/** Nobody waits for this answer any more. */
function settle(request: ChunkRequest): void {
  const { segment, chunk } = request;
  if (segment.requests.get(chunk) !== request) return;
  segment.requests.delete(chunk);
  if (segment.stateOf(chunk) === REQUESTED) segment.setState(chunk, MISSING);
}
