import type { Millis } from "../../base/time.ts";
import type { HaveEntry } from "../../protocol/peer-message.ts";
import { splitHaveEntries } from "../../protocol/segment-list.ts";
import type { SwarmAction } from "./action.ts";
import type { Peer } from "./peer.ts";
import type { Segment } from "./segment.ts";
import type { SegmentTable, Track } from "./segment-table.ts";

/**
 * Tells peers what we have: all of it when they come to follow a track, then what is new, batched, while segments are
 * still arriving (cut-through). Idempotent: an entry always carries the whole bitmap.
 */
export class Announcer {
  readonly #table: SegmentTable;
  readonly #batchMs: Millis;
  /** Segments with chunks that were not announced yet. */
  readonly #fresh = new Set<Segment>();
  flushAt: Millis = Infinity;

  constructor(table: SegmentTable, batchMs: Millis) {
    this.#table = table;
    this.#batchMs = batchMs;
  }

  add(now: Millis, segment: Segment): void {
    if (!segment.sharable) return;
    if (this.#fresh.size === 0) this.flushAt = now + this.#batchMs;
    this.#fresh.add(segment);
  }

  forget(segment: Segment): void {
    this.#fresh.delete(segment);
  }

  flush(now: Millis, peers: readonly Peer[]): SwarmAction[] {
    if (now < this.flushAt) return [];
    this.flushAt = Infinity;
    const bySlot = new Map<number, Segment[]>();
    for (const segment of this.#fresh) {
      if (segment.heldCount === 0 || !segment.sharable) continue;
      const same = bySlot.get(segment.track.slot);
      if (same) same.push(segment);
      else bySlot.set(segment.track.slot, [segment]);
    }
    this.#fresh.clear();
    const actions: SwarmAction[] = [];
    for (const [slot, segments] of bySlot) {
      const track = segments[0]?.track.id;
      // Whoever has all of them already need not hear of it.
      const to = peers.filter(
        (peer) =>
          track !== undefined &&
          peer.following.has(track) &&
          segments.some((segment) => peer.availability(segment)?.bitmap !== undefined || !peer.availability(segment)),
      );
      if (to.length === 0) continue;
      for (const entries of splitHaveEntries(segments.map(entryOf)))
        actions.push({
          type: "send",
          peers: to.map((peer) => peer.id),
          message: { type: "have", slot, segments: entries },
        });
    }
    return actions;
  }

  /** Everything we hold of a track, for one peer that has just come to follow it. */
  introduce(peer: Peer, track: Track): SwarmAction[] {
    const held: Segment[] = [];
    for (const segment of this.#table.all())
      if (segment.track === track && segment.heldCount > 0 && segment.sharable) held.push(segment);
    return splitHaveEntries(held.map(entryOf)).map((entries) => ({
      type: "send",
      peers: [peer.id],
      message: { type: "have", slot: track.slot, segments: entries },
    }));
  }
}

const entryOf = (segment: Segment): HaveEntry => ({
  segment: segment.name,
  byteLength: segment.byteLength,
  startedAtSeconds: segment.startedAtSeconds,
  bitmap: segment.complete ? undefined : segment.heldBitmap(),
});
