import type { Millis } from "../../base/time.ts";
import type { TrackId } from "../../protocol/ids.ts";
import { FRAME_PAYLOAD_BYTES_MAX } from "../../protocol/limits.ts";
import type { SwarmAction } from "../../swarm/core/action.ts";
import type { Peer } from "../../swarm/core/peer.ts";
import type { Push, PushDesk } from "../../swarm/core/push.ts";
import type { Segment } from "../../swarm/core/segment.ts";
import { ChainSendLog } from "./chain-send-log.ts";

/**
 * Down a chain what is new is not asked for (SW120): subscribers get the newest playlist, then each chunk as soon as it
 * may be given to others, in the order in which all are served. What does not fit is announced and asked for as ever.
 */
export class ChainPush implements Push {
  readonly #at: PushDesk;
  /** The newest playlists, as subscribers have been told them. */
  readonly #texts = new Map<TrackId, string>();
  readonly #fresh: { readonly segment: Segment; readonly chunk: number }[] = [];

  constructor(desk: PushDesk) {
    this.#at = desk;
  }

  listed(track: TrackId, text = ""): readonly SwarmAction[] {
    if (this.#texts.get(track) === text) return [];
    if (ASCII.test(text) && text.length <= FRAME_PAYLOAD_BYTES_MAX) this.#texts.set(track, text);
    else this.#texts.delete(track);
    return [...this.#at.peers.values()].flatMap((peer) => this.#tell(peer, track));
  }

  subscribed(peer: Peer, track: TrackId, slot: number | undefined): readonly SwarmAction[] {
    if (slot === undefined) peer.subscribed.delete(track);
    else peer.subscribed.set(track, slot);
    if (peer.subscribed.size === 0) peer.sendLog = undefined;
    else peer.sendLog ??= new ChainSendLog(peer.window);
    return this.#tell(peer, track);
  }

  add(segment: Segment, chunk: number): void {
    if (segment.track.live && this.#texts.has(segment.track.id)) this.#fresh.push({ segment, chunk });
  }

  flush(now: Millis, out: SwarmAction[]): boolean {
    if (this.#fresh.length === 0) return false;
    for (const { segment, chunk } of this.#fresh.splice(0))
      for (const peer of this.#at.peers.values()) {
        const { id, name, track, root, listed } = segment;
        const slot = peer.subscribed.get(track.id);
        // What only a tracker has attested comes in lists that cover several chunks: those are asked for.
        if (slot === undefined || !listed || (track.proof !== "none" && !root) || peer.has(segment, chunk)) continue;
        if (root && peer.isNewTo(segment))
          out.push({ type: "send-hashes", peer: peer.id, slot, segment: id, name, chunks: [chunk] });
        this.#at.uploads.add(now, peer, slot, segment, chunk, OF_USE_MS);
      }
    return true;
  }

  #tell(peer: Peer, track: TrackId): readonly SwarmAction[] {
    const slot = peer.subscribed.get(track);
    const text = this.#texts.get(track);
    return slot === undefined || text === undefined ? [] : [{ type: "send-playlist", peer: peer.id, slot, text }];
  }
}

/** Nobody has said until when. At the edge of a live stream what has waited longer is asked for, or was fetched. */
const OF_USE_MS: Millis = 10_000;

/** A character is a byte then, and addresses have no others. */
const ASCII = /^[\t\n\r -~]+$/;
