import type { Millis } from "../../base/time.ts";
import type { PeerId } from "../../protocol/ids.ts";
import type { HaveEntry } from "../../protocol/peer-message.ts";
import { splitHaveEntries } from "../../protocol/segment-list.ts";
import type { SwarmAction } from "./action.ts";
import { hasChunk, type Peer } from "./peer.ts";
import type { Segment } from "./segment.ts";
import type { SegmentTable, Track } from "./segment-table.ts";

/**
 * Tells peers what we have: all of it when they come to follow a track, then what is new, batched, while segments are
 * still arriving (cut-through). Idempotent: an entry always carries the whole bitmap.
 */
export class Announcer {
  readonly #table: SegmentTable;
  /** Chunks that were not announced yet. */
  readonly #fresh = new Map<Segment, number[]>();
  flushAt: Millis = Infinity;

  constructor(table: SegmentTable) {
    this.#table = table;
  }

  /** A chunk is held now: tells of it within `batchMs`. */
  add(now: Millis, segment: Segment, chunk: number, batchMs: Millis): void {
    if (!segment.sharable) return;
    this.flushAt = Math.min(this.flushAt, now + batchMs);
    const chunks = this.#fresh.get(segment);
    if (chunks) chunks.push(chunk);
    else this.#fresh.set(segment, [chunk]);
  }

  forget(segment: Segment): void {
    this.#fresh.delete(segment);
  }

  flush(now: Millis, peers: readonly Peer[]): readonly SwarmAction[] {
    if (now < this.flushAt) return NO_ACTIONS;
    this.flushAt = Infinity;
    const bySlot = new Map<number, Segment[]>();
    for (const segment of this.#fresh.keys()) {
      if (segment.heldCount === 0 || !segment.sharable) continue;
      const same = bySlot.get(segment.track.slot);
      if (same) same.push(segment);
      else bySlot.set(segment.track.slot, [segment]);
    }
    const actions: SwarmAction[] = [];
    for (const [slot, segments] of bySlot) {
      const to: PeerId[] = [];
      for (const peer of peers) if (segments.some((segment) => this.#isNews(peer, segment))) to.push(peer.id);
      if (to.length === 0) continue;
      for (const entries of splitHaveEntries(segments.map(entryOf)))
        actions.push({ type: "send", peers: to, message: { type: "have", slot, segments: entries } });
    }
    this.#fresh.clear();
    return actions;
  }

  /** Everything we hold of a track, for one peer that has just come to follow it. */
  introduce(peer: Peer, track: Track): SwarmAction[] {
    const held: Segment[] = [];
    for (const segment of this.#table.all())
      if (segment.track === track && segment.sharable && segment.states.some((_, chunk) => segment.offers(chunk)))
        held.push(segment);
    return splitHaveEntries(held.map(entryOf)).map((entries) => ({
      type: "send",
      peers: [peer.id],
      message: { type: "have", slot: track.slot, segments: entries },
    }));
  }

  /** Whoever has the fresh chunks already need not hear of them. */
  #isNews(peer: Peer, segment: Segment): boolean {
    if (!peer.following.has(segment.track.id)) return false;
    const availability = peer.availability(segment);
    return !availability || (this.#fresh.get(segment) ?? []).some((chunk) => !hasChunk(availability, chunk));
  }
}

const entryOf = (segment: Segment): HaveEntry => ({
  segment: segment.name,
  byteLength: segment.byteLength,
  startedAtSeconds: segment.startedAtSeconds,
  bitmap: segment.offeredBitmap(),
});

const NO_ACTIONS: readonly SwarmAction[] = [];
