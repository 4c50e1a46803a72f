import { describe, expect, test } from "vitest";
import { aPeer, hold, listing, nameOf, trackOf, AUDIO, VIDEO } from "../../../testkit/swarm-parts.ts";
import { CHUNK_BYTES, SEGMENT_CHUNKS_MAX } from "../../protocol/limits.ts";
import { segmentIdOf } from "../../protocol/ids.ts";
import { SegmentTable } from "./segment-table.ts";

const sequences = (segments: Iterable<{ name: { sequence: number } }>): number[] =>
  [...segments].map(({ name }) => name.sequence);

describe("a playlist", () => {
  test("lists segments; those that left it stay known and are no longer listed", () => {
    const table = new SegmentTable();
    const track = trackOf(table, 10, 14);
    table.list(5000, track, listing(12, 16));
    expect(sequences(track.listed)).toEqual([12, 13, 14, 15]);
    expect([...table.all()].map((s) => [s.name.sequence, s.listed, s.knownAt])).toEqual([
      [10, false, 0],
      [11, false, 0],
      [12, true, 0],
      [13, true, 0],
      [14, true, 5000],
      [15, true, 5000],
    ]);
  });

  test("that drifts moves what is known, and keeps what is held", () => {
    const table = new SegmentTable();
    const track = trackOf(table, 10, 12);
    const segment = track.listed[0];
    if (segment) hold(segment, [0]);
    table.list(
      1000,
      track,
      listing(10, 12).map((entry) => ({ ...entry, start: entry.start + 0.3, startedAtSeconds: 99 })),
    );
    expect(track.listed[0]).toBe(segment);
    expect([segment?.start, segment?.startedAtSeconds, segment?.heldCount]).toEqual([40.3, 99, 1]);
  });

  test("[SW101] that hints at one makes it known and, while hints are believed, located; listing it ends the hint", () => {
    const table = new SegmentTable();
    const track = trackOf(table, 10, 12);
    const hinting = [...listing(10, 12), ...listing(12, 13).map((entry) => ({ ...entry, hinted: true }))];
    const facts = (): unknown[] =>
      track.listed.slice(-1).map((s) => [s.name.sequence, s.listed, s.located, s.hintedUntil, s.knownAt]);
    table.list(1000, track, hinting);
    expect(facts()).toEqual([[12, false, true, Infinity, 1000]]);
    table.list(1200, track, hinting, false);
    expect(facts()).toEqual([[12, false, false, Infinity, 1000]]);
    table.list(1500, track, listing(10, 13));
    expect(facts()).toEqual([[12, true, false, 1500, 1000]]);
  });

  test("[SW101] that no longer hints at one leaves it unlocated", () => {
    const table = new SegmentTable();
    const track = trackOf(table, 10, 12);
    table.list(1000, track, [...listing(10, 12), ...listing(12, 13).map((entry) => ({ ...entry, hinted: true }))]);
    table.list(1500, track, listing(10, 12));
    expect([...table.all()].at(-1)).toMatchObject({ listed: false, located: false });
  });

  test("whose numbering begins anew replaces segments of the same number, and only those", () => {
    const table = new SegmentTable();
    const track = trackOf(table, 10, 13);
    const { replaced } = table.list(1000, track, listing(11, 13, { tag: 7 }));
    expect(sequences(replaced)).toEqual([11, 12]);
    expect(replaced.map((segment) => table.get(segment.id))).toEqual([undefined, undefined]);
    expect(track.bySequence.get(11)?.name.tag).toBe(7);
    expect(sequences(table.all())).toEqual([10, 11, 12]);
  });

  test("of one track says nothing about another", () => {
    const table = new SegmentTable();
    const video = trackOf(table, 10, 12);
    trackOf(table, 10, 12, { id: AUDIO });
    expect([video.slot, table.track(AUDIO).slot, table.track(VIDEO).slot]).toEqual([0, 1, 0]);
    expect(video.listed.every((segment) => segment.listed)).toBe(true);
    expect([...table.all()]).toHaveLength(4);
  });
});

test("what a peer has said before it was known is found at a segment", () => {
  const alice = aPeer("alice");
  alice.setAvailable(VIDEO, { segment: nameOf(11), byteLength: CHUNK_BYTES });
  const table = new SegmentTable(new Map([[alice.id, alice]]));
  const [first, second] = trackOf(table, 10, 12).listed;
  expect([first?.holders.length, second?.holders.length]).toEqual([0, 1]);
});

describe("a live segment that peers have and our playlist has not", () => {
  test.each([
    ["the next one", 14, true],
    ["the one after", 15, true],
    ["one further ahead", 16, false],
    ["one that is listed", 13, false],
    ["one that has gone by", 9, false],
  ])("[SW51] %s is foreseen: %s", (_, sequence, foreseen) => {
    const table = new SegmentTable();
    const track = trackOf(table, 10, 14);
    expect(table.foresee(0, track, nameOf(sequence)) !== undefined).toBe(foreseen);
  });

  test("[SW51] starts where the playlist will go on, and is not listed before the playlist says so", () => {
    const table = new SegmentTable();
    const track = trackOf(table, 10, 14);
    const [later, next] = [table.foresee(100, track, nameOf(15)), table.foresee(100, track, nameOf(14))];
    expect([next?.start, later?.start, next?.duration, next?.listed]).toEqual([56, 60, 4, false]);
    expect(table.foresee(200, track, nameOf(14))).toBeUndefined();
    table.list(300, track, listing(11, 15));
    expect(track.listed.at(-1)).toBe(next);
    expect([next?.listed, next?.knownAt]).toEqual([true, 100]);
  });

  test("[SW51] that turns out to be another is replaced", () => {
    const table = new SegmentTable();
    const track = trackOf(table, 10, 14);
    const invented = table.foresee(100, track, nameOf(14, 666));
    expect(table.list(200, track, listing(11, 15)).replaced).toEqual([invented]);
    expect(table.get(segmentIdOf(VIDEO, nameOf(14)))?.listed).toBe(true);
  });

  test("is not foreseen in VOD, nor before there is a playlist", () => {
    const table = new SegmentTable();
    expect(table.foresee(0, trackOf(table, 10, 14, { live: false }), nameOf(14))).toBeUndefined();
    expect(table.foresee(0, table.track(AUDIO), nameOf(0))).toBeUndefined();
  });
});

describe("the size to expect", () => {
  test("is that of the last five segments, by length", () => {
    const track = trackOf(new SegmentTable(), 10, 11);
    expect(track.estimateChunks(4)).toBe(0);
    track.learnRate(40 * CHUNK_BYTES, 4);
    expect([track.estimateChunks(4), track.estimateChunks(2), track.estimateChunks(0.01)]).toEqual([40, 20, 1]);
    for (let i = 0; i < 5; i++) track.learnRate(8 * CHUNK_BYTES, 4);
    expect(track.estimateChunks(4)).toBe(8);
  });

  test("ignores segments without length, and never outgrows the wire", () => {
    const track = trackOf(new SegmentTable(), 10, 11);
    track.learnRate(1000, 0);
    expect(track.bytesPerSecond).toBe(0);
    track.learnRate(1e9, 1);
    expect(track.estimateChunks(60)).toBe(SEGMENT_CHUNKS_MAX);
  });
});
