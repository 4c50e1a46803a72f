import { describe, expect, test } from "vitest";
import { aPeer, aSegment, announce, nameOf, trackOf, VIDEO } from "../../../testkit/swarm-parts.ts";
import { CHUNK_BYTES, TRACK_SLOTS_MAX } from "../../protocol/limits.ts";
import { trackIdOf } from "../../protocol/ids.ts";
import { SegmentTable } from "./segment-table.ts";
import { DEFAULT_TUNING } from "./tuning.ts";

describe("what a peer has", () => {
  test("is what it has last said", () => {
    const [alice, segment] = [aPeer("alice"), aSegment({ chunks: 4 })];
    announce(alice, segment, [1, 3]);
    expect([0, 1, 2, 3, 4].map((chunk) => alice.has(segment, chunk))).toEqual([false, true, false, true, false]);
    announce(alice, segment, [0]);
    expect([0, 1].map((chunk) => alice.has(segment, chunk))).toEqual([true, false]);
    alice.setGone(VIDEO, segment.name);
    expect(alice.has(segment, 0)).toBe(false);
  });

  test("is found at the segment only while both are there", () => {
    const [table, alice] = [new SegmentTable(), aPeer("alice")];
    const segment = trackOf(table, 10, 11).listed[0];
    if (!segment) throw new Error("an empty track");
    const holders = (): number => segment.holders.length;
    announce(alice, segment, [0]);
    announce(alice, segment, [0, 1]);
    expect(holders()).toBe(1);
    alice.holdsNothing();
    expect([holders(), alice.has(segment, 0)]).toEqual([0, false]);
    announce(alice, segment, [0]);
    table.remove(segment);
    expect(holders()).toBe(0);
  });

  test("of a whole segment is every chunk of its size, and none behind", () => {
    const [alice, segment] = [aPeer("alice"), aSegment()];
    announce(alice, segment, "whole", 2 * CHUNK_BYTES + 1);
    expect([0, 2, 3].map((chunk) => alice.has(segment, chunk))).toEqual([true, true, false]);
  });

  test.each([
    ["the same second", 1000, 1000, true],
    ["within half a target duration", 1000, 1002, true],
    ["further off: an encoder counts anew", 1000, 1003, false],
    ["one side without date", undefined, 1003, true],
  ])("[ID5] is another segment when the program date time says so: %s", (_, ours, theirs, same) => {
    const [alice, segment] = [aPeer("alice"), aSegment({ chunks: 1 })];
    segment.startedAtSeconds = ours;
    alice.setAvailable(VIDEO, { segment: segment.name, byteLength: CHUNK_BYTES, startedAtSeconds: theirs });
    alice.bind(segment);
    expect(alice.has(segment, 0)).toBe(same);
  });

  test("is remembered up to 900 segments of a track; what was first told of goes first", () => {
    const alice = aPeer("alice");
    const say = (sequence: number) => alice.setAvailable(VIDEO, { segment: nameOf(sequence), byteLength: 1 });
    for (let sequence = 0; sequence < 900; sequence++) say(sequence);
    say(900);
    const isKnown = (sequence: number): boolean => {
      const segment = aSegment({ sequence });
      alice.bind(segment);
      return segment.holders.length > 0;
    };
    expect([0, 1, 900].map(isKnown)).toEqual([false, true, true]);
  });

  test("[T15] is remembered up to 1800 segments of all tracks together, so that no peer fills our memory with names", () => {
    const eve = aPeer("eve");
    const tracks = Array.from({ length: TRACK_SLOTS_MAX }, (_, i) => trackIdOf(String(i)));
    for (const track of tracks)
      for (let sequence = 0; sequence < 900; sequence++)
        eve.setAvailable(track, { segment: nameOf(sequence), byteLength: 1 });
    const known = tracks.flatMap((id) => {
      const { listed } = trackOf(new SegmentTable(new Map([[eve.id, eve]])), 0, 900, { id });
      return listed.filter(({ holders }) => holders.length > 0);
    });
    expect(known).toHaveLength(1800);
  });

  test("cannot be asked for in a track beyond the slots of the wire", () => {
    const table = new SegmentTable();
    for (let i = 0; i < TRACK_SLOTS_MAX; i++) table.track(trackIdOf(String(i)));
    const segment = trackOf(table, 10, 11).listed[0];
    const alice = aPeer("alice");
    if (segment) announce(alice, segment, [0], CHUNK_BYTES);
    expect(segment && alice.availability(segment)).toBeUndefined();
  });
});

describe("[SW13] how much is asked of a peer at once", () => {
  test.each([
    ["a short path, slow chunks", 10, 100, 2],
    ["a longer path", 200, 50, 7],
    ["a fast peer far away", 300, 5, 16],
  ])("fills the path: %s", (_, roundTripMs, serviceMs, slots) => {
    const alice = aPeer("alice", { roundTripMs });
    alice.served(serviceMs);
    expect(alice.slotsFree(0, DEFAULT_TUNING)).toBe(slots);
  });

  test("is nothing while it is suspended", () => {
    const alice = aPeer("alice");
    alice.suspendedUntil = 500;
    expect([499, 500].map((now) => alice.slotsFree(now, DEFAULT_TUNING) > 0)).toEqual([false, true]);
  });

  test("chunks that come all at once do not make it infinitely fast", () => {
    const alice = aPeer("alice");
    for (let i = 0; i < 50; i++) alice.served(0);
    expect(alice.serviceMs).toBeGreaterThanOrEqual(1);
  });
});
