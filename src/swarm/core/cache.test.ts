import { expect, test } from "vitest";
import { AUDIO, hold, listing, trackOf } from "../../../testkit/swarm-parts.ts";
import { CHUNK_BYTES } from "../../protocol/limits.ts";
import { planEvictions } from "./cache.ts";
import { SegmentTable } from "./segment-table.ts";

const PLENTY = 1e9;

/** Segments 10 to 29, 4 s each from second 40 on, of one chunk, of which some are held. */
function cache(held: readonly number[]): SegmentTable {
  const table = new SegmentTable();
  for (const segment of trackOf(table, 10, 30).listed) {
    segment.learnSize(CHUNK_BYTES, true);
    if (held.includes(segment.name.sequence)) hold(segment, [0]);
  }
  return table;
}

const evicted = (table: SegmentTable, position: number, bytesMax: number, window: readonly number[] = []): number[] => {
  const due = [...table.all()].filter(({ name }) => window.includes(name.sequence));
  const evictions = planEvictions(
    table,
    due.map((segment) => ({ segment, dueAt: 0 })),
    position,
    bytesMax,
  );
  return evictions.map(({ name }) => name.sequence);
};

const ALL = Array.from({ length: 20 }, (_, i) => 10 + i);

test("[SW70] nothing goes while it is listed and fits", () => {
  expect(evicted(cache(ALL), 140, PLENTY)).toEqual([]);
});

test("[SW70] what has left the playlist is kept for 20 s behind the playhead", () => {
  const table = cache(ALL);
  for (const track of table.tracks.values()) table.list(0, track, listing(24, 34));
  expect(evicted(table, 90, PLENTY)).toEqual([10, 11, 12, 13, 14, 15, 16]);
  expect(evicted(table, 68, PLENTY)).toEqual([10]);
});

test("what has left the playlist unheld is forgotten at once, wherever the playhead is: a paused viewer must not grow", () => {
  const table = cache([12]);
  for (const track of table.tracks.values()) table.list(0, track, listing(20, 34));
  expect(evicted(table, 40, PLENTY)).toEqual([10, 11, 13, 14, 15, 16, 17, 18, 19]);
  expect(evicted(table, 40, PLENTY, [13])).not.toContain(13);
});

test("a segment foreseen ahead of the playlist is not forgotten for not being listed", () => {
  const table = new SegmentTable();
  const track = trackOf(table, 10, 20);
  table.foresee(0, track, { sequence: 20, tag: 0 });
  expect(evicted(table, 60, PLENTY)).toEqual([]);
});

test("[SW70] what the player waits for stays, whatever its place", () => {
  const table = cache(ALL);
  for (const track of table.tracks.values()) table.list(0, track, listing(24, 34));
  for (const segment of table.all()) segment.wanted = segment.name.sequence === 11;
  expect(evicted(table, 100, PLENTY)).not.toContain(11);
  expect(evicted(table, 100, 0)).not.toContain(11);
});

test("[SW70] beyond the limit the farthest goes first, behind counting double, and only as much as must", () => {
  const limit = (segments: number): number => segments * CHUNK_BYTES;
  // Second 80 is segment 20.
  expect(evicted(cache(ALL), 80, limit(20))).toEqual([]);
  expect(evicted(cache(ALL), 80, limit(17))).toEqual([10, 11, 12]);
  expect(evicted(cache(ALL), 80, limit(12))).toEqual([10, 11, 12, 13, 14, 15, 29, 16]);
});

test("[SW70] beyond the limit what is in the window stays", () => {
  const table = cache(ALL);
  expect(evicted(table, 80, 0, [20, 21, 22])).toHaveLength(17);
});

test("[SW70] beyond the limit tracks that are not followed go first", () => {
  const table = cache(ALL);
  const audio = trackOf(table, 10, 12, { id: AUDIO });
  audio.following = false;
  for (const segment of audio.listed) {
    segment.learnSize(CHUNK_BYTES, true);
    hold(segment, [0]);
  }
  const evictions = planEvictions(table, [], 80, 19 * CHUNK_BYTES);
  expect(evictions.map((segment) => [segment.track.id === AUDIO, segment.name.sequence])).toEqual([
    [true, 10],
    [true, 11],
    [false, 10],
  ]);
});
