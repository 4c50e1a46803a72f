import { describe, expect, test } from "vitest";
import { AUDIO, VIDEO, aPeer, announce, hold, trackOf } from "../../../testkit/swarm-parts.ts";
import { hasBit } from "../../base/bitmap.ts";
import { CHUNK_BYTES } from "../../protocol/limits.ts";
import { encodePeerMessage } from "../../protocol/peer-codec.ts";
import type { SwarmAction } from "./action.ts";
import { Announcer } from "./announcer.ts";
import type { Segment } from "./segment.ts";
import { SegmentTable, type Track } from "./segment-table.ts";

const BATCH_MS = 80;

function scene({ segments = 4, chunks = 4 } = {}): {
  table: SegmentTable;
  track: Track;
  announcer: Announcer;
  first: Segment;
  second: Segment;
} {
  const table = new SegmentTable();
  const track = trackOf(table, 10, 10 + segments);
  for (const segment of track.listed) segment.learnSize(chunks * CHUNK_BYTES, true);
  const [first, second] = track.listed;
  if (!first || !second) throw new Error("an empty track");
  return { table, track, announcer: new Announcer(table), first, second };
}

/** `alice,bob: 10[0 2] 11[all]` a message; each one must cross the wire. */
const print = (actions: readonly SwarmAction[]): string[] =>
  actions.map((action) => {
    if (action.type !== "send" || action.message.type !== "have") return action.type;
    encodePeerMessage(action.message);
    const segments = action.message.segments.map(({ segment, bitmap }) => {
      const chunks = Array.from({ length: (bitmap?.length ?? 0) * 8 }, (_, chunk) => chunk);
      return `${segment.sequence}[${bitmap ? chunks.filter((chunk) => hasBit(bitmap, chunk)).join(" ") : "all"}]`;
    });
    return `${action.peers.map((peer) => peer.replaceAll("_", "")).join()}: ${segments.join(" ")}`;
  });

function gain(announcer: Announcer, segment: Segment, chunks: readonly number[], now = 0): void {
  hold(segment, chunks);
  for (const chunk of chunks) announcer.add(now, segment, chunk, BATCH_MS);
}

describe("what is new", () => {
  test("[SW51] is told together, a moment after the first of it", () => {
    const { announcer, first, second } = scene();
    const peers = [aPeer("alice"), aPeer("bob")];
    gain(announcer, first, [0], 1000);
    gain(announcer, second, [3], 1050);
    gain(announcer, first, [2], 1079);
    expect(announcer.flushAt).toBe(1080);
    expect(announcer.flush(1079, peers)).toEqual([]);
    expect(print(announcer.flush(1080, peers))).toEqual(["alice,bob: 10[0 2] 11[3]"]);
    expect([announcer.flushAt, announcer.flush(5000, peers)]).toEqual([Infinity, []]);
  });

  test("[PE12] always names all that is held, so that hearing it twice does no harm", () => {
    const { announcer, first } = scene();
    gain(announcer, first, [0]);
    announcer.flush(100, []);
    gain(announcer, first, [1], 200);
    expect(print(announcer.flush(280, [aPeer("alice")]))).toEqual(["alice: 10[0 1]"]);
    gain(announcer, first, [2, 3], 400);
    expect(print(announcer.flush(480, [aPeer("alice")]))).toEqual(["alice: 10[all]"]);
  });

  test("[PE11] is told to peers that follow the track, in our own slots", () => {
    const { table, announcer, first } = scene();
    const audio = trackOf(table, 30, 31, { id: AUDIO }).listed[0];
    if (!audio) throw new Error("an empty track");
    audio.learnSize(CHUNK_BYTES, true);
    gain(announcer, first, [0]);
    gain(announcer, audio, [0]);
    const peers = [
      aPeer("both", { follows: [VIDEO, AUDIO] }),
      aPeer("deaf", { follows: [AUDIO] }),
      aPeer("idle", { follows: [] }),
    ];
    expect(print(announcer.flush(100, peers))).toEqual(["both: 10[0]", "both,deaf: 30[all]"]);
  });

  test("[SW51] is told at once as soon as any of it is in a hurry", () => {
    const { announcer, first, second } = scene();
    hold(first, [0]);
    announcer.add(1000, first, 0, 200);
    hold(second, [0]);
    announcer.add(1010, second, 0, 30);
    expect(announcer.flushAt).toBe(1040);
    expect(print(announcer.flush(1040, [aPeer("alice")]))).toEqual(["alice: 10[0] 11[0]"]);
  });

  test("[SW51] is not told to who has it already", () => {
    const { announcer, first } = scene();
    const [has, lacks] = [aPeer("has"), aPeer("lacks")];
    announce(has, first, [0, 1]);
    announce(lacks, first, [0]);
    gain(announcer, first, [0]);
    expect(announcer.flush(100, [has, lacks])).toEqual([]);
    gain(announcer, first, [1], 200);
    expect(print(announcer.flush(300, [has, lacks]))).toEqual(["lacks: 10[0 1]"]);
  });

  test("[SW51] is not told to who has it all", () => {
    const { announcer, first, second } = scene();
    const [full, half] = [aPeer("full"), aPeer("half")];
    for (const segment of [first, second]) announce(full, segment, "whole");
    announce(half, first, "whole");
    announce(half, second, [0]);
    gain(announcer, first, [0]);
    expect(announcer.flush(100, [full, half])).toEqual([]);
    gain(announcer, first, [1], 200);
    gain(announcer, second, [1], 200);
    expect(print(announcer.flush(300, [full, half]))).toEqual(["half: 10[0 1] 11[1]"]);
  });

  test("is not told once it is forgotten, or was thrown away", () => {
    const { announcer, first, second } = scene();
    gain(announcer, first, [0]);
    gain(announcer, second, [0]);
    announcer.forget(first);
    second.reset();
    expect(announcer.flush(100, [aPeer("alice")])).toEqual([]);
    expect(announcer.flushAt).toBe(Infinity);
  });

  test("is told with the size, while that is known, and the program date time", () => {
    const { table, announcer, first } = scene();
    const unsized = table.foresee(0, table.track(VIDEO), { sequence: 14, tag: 0 });
    if (!unsized) throw new Error("not foreseen");
    first.startedAtSeconds = 1_700_000_000;
    gain(announcer, first, [0]);
    gain(announcer, unsized, [0]);
    const [action] = announcer.flush(100, [aPeer("alice")]);
    expect(action?.type === "send" && action.message).toMatchObject({
      segments: [{ byteLength: 4 * CHUNK_BYTES, startedAtSeconds: 1_700_000_000 }, { bitmap: Uint8Array.of(1) }],
    });
    expect(JSON.stringify(action)).toMatch(/"sequence":14,"tag":0\},"bitmap"/);
  });
});

describe("whoever comes to follow a track", () => {
  test("[PE27] is told everything that is held of it, and of nothing else", () => {
    const { table, track, announcer, first, second } = scene();
    const audio = trackOf(table, 30, 31, { id: AUDIO });
    for (const segment of audio.listed) hold(segment, [0]);
    hold(first, [0, 1, 2, 3]);
    hold(second, [1]);
    expect(print(announcer.introduce(aPeer("alice"), track))).toEqual(["alice: 10[all] 11[1]"]);
  });

  test("is told nothing when nothing is held", () => {
    const { track, announcer } = scene();
    expect(announcer.introduce(aPeer("alice"), track)).toEqual([]);
  });

  test("[PE9] is told in as many frames as it takes: by count, and by size", () => {
    const many = scene({ segments: 300, chunks: 1 });
    for (const segment of many.track.listed) hold(segment, [0]);
    const counts = (actions: readonly SwarmAction[]): number[] =>
      actions.map((action) =>
        action.type === "send" && action.message.type === "have" ? action.message.segments.length : 0,
      );
    expect(counts(many.announcer.introduce(aPeer("alice"), many.track))).toEqual([128, 128, 44]);

    const large = scene({ segments: 100, chunks: 4000 });
    for (const segment of large.track.listed) hold(segment, [3999]);
    const told = large.announcer.introduce(aPeer("alice"), large.track);
    expect(print(told).length).toBeGreaterThan(1);
    expect(counts(told).reduce((sum, count) => sum + count, 0)).toBe(100);
  });

  test("is not told of a segment too large for the wire", () => {
    const { track, announcer, first } = scene({ chunks: 5000 });
    gain(announcer, first, [0]);
    expect(announcer.introduce(aPeer("alice"), track)).toEqual([]);
    expect(announcer.flush(100, [aPeer("alice")])).toEqual([]);
  });
});
