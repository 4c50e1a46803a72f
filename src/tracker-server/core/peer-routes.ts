import type { Millis } from "../../base/time.ts";
import type { PeerId } from "../../protocol/ids.ts";
import type { NodeId } from "./bus-record.ts";
import { DeadlineQueue } from "./deadline-queue.ts";

/**
 * At which process a viewer is: the one that its id begins with, unless it was heard of from another. That happens to
 * viewers that kept their id when their process restarted, or had to take another name.
 */
export class PeerRoutes {
  readonly #nodes = new Map<PeerId, NodeId>();
  readonly #kept = new DeadlineQueue<PeerId>(ROUTE_MS);

  nodeOf(peer: PeerId): NodeId {
    return this.#nodes.get(peer) ?? peer.slice(0, NODE_ID_CHARS);
  }

  /** Something of this viewer came from `node`. */
  learn(now: Millis, peer: PeerId, node: NodeId): void {
    for (const expired of this.#kept.takeDue(now)) this.#nodes.delete(expired);
    if (peer.startsWith(node)) {
      this.#kept.delete(peer);
      this.#nodes.delete(peer);
      return;
    }
    this.#nodes.set(peer, node);
    this.#kept.add(now, peer);
    if (this.#kept.size <= ROUTES_MAX) return;
    const oldest = this.#kept.takeOldest();
    if (oldest !== undefined) this.#nodes.delete(oldest);
  }
}

/** How many characters of a peer id name its process. */
export const NODE_ID_CHARS = 2;

/** Signals follow an introduction within half a minute; after two all that is lost is a hint that somebody left. */
const ROUTE_MS: Millis = 120_000;
/** Two megabytes. */
const ROUTES_MAX = 20_000;
