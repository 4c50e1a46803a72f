import type { Millis } from "../../base/time.ts";
import type { PeerId, TrackId } from "../../protocol/ids.ts";
import type { SwarmAction } from "./action.ts";
import type { Peer } from "./peer.ts";
import type { Segment } from "./segment.ts";
import type { UploadQueue } from "./upload-queue.ts";

export interface PushDesk {
  readonly peers: ReadonlyMap<PeerId, Peer>;
  readonly uploads: UploadQueue;
}

/**
 * Down a chain what is new is not asked for (SW120): subscribers get the newest playlist, then each chunk as soon as it
 * may be given to others, in the order in which all are served. What does not fit is announced and asked for as ever.
 */
export class Push {
  readonly #at: PushDesk;
  /** Whose newest playlist subscribers have been told. */
  readonly #told = new Set<TrackId>();
  readonly #fresh: { readonly segment: Segment; readonly chunk: number }[] = [];

  constructor(desk: PushDesk) {
    this.#at = desk;
  }

  /** A playlist is here, and can be handed on where there is a text. */
  listed(track: TrackId, text: "new" | "known" | undefined): SwarmAction[] {
    if (!text) this.#told.delete(track);
    else this.#told.add(track);
    if (text !== "new") return [];
    return [...this.#at.peers.values()].flatMap((peer) => this.#tell(peer, track));
  }

  subscribed(peer: Peer, track: TrackId, slot: number | undefined): SwarmAction[] {
    if (slot === undefined) peer.subscribed.delete(track);
    else peer.subscribed.set(track, slot);
    return this.#tell(peer, track);
  }

  /** A chunk may be given to others from now on. */
  add(segment: Segment, chunk: number): void {
    if (segment.track.live && this.#told.has(segment.track.id)) this.#fresh.push({ segment, chunk });
  }

  /** Puts what is fresh into the queue, behind the hashes that it is checked against. Returns whether there was any. */
  flush(now: Millis, out: SwarmAction[]): boolean {
    if (this.#fresh.length === 0) return false;
    for (const { segment, chunk } of this.#fresh)
      for (const peer of this.#at.peers.values()) {
        const { id, name, track, root, listed } = segment;
        const slot = peer.subscribed.get(track.id);
        // What only a tracker has attested comes in lists that cover several chunks: those are asked for.
        if (slot === undefined || !listed || (track.proof !== "none" && !root) || peer.has(segment, chunk)) continue;
        if (root && peer.isNewTo(segment))
          out.push({ type: "send-hashes", peer: peer.id, slot, segment: id, name, chunks: [chunk] });
        this.#at.uploads.add(now, peer, slot, segment, chunk, OF_USE_MS);
      }
    this.#fresh.length = 0;
    return true;
  }

  #tell(peer: Peer, track: TrackId): SwarmAction[] {
    const slot = peer.subscribed.get(track);
    const isKnown = slot !== undefined && this.#told.has(track);
    return isKnown ? [{ type: "send-playlist", peer: peer.id, slot, track }] : [];
  }
}

/** Nobody has said until when. At the edge of a live stream what has waited longer is asked for, or was fetched. */
const OF_USE_MS: Millis = 10_000;
