import { describe, expect, test } from "vitest";
import { createRng, hash32 } from "../../base/random.ts";
import { segmentIdOf, trackIdOf, type PeerId, type ViewerId } from "../../protocol/ids.ts";
import { CHUNK_BYTES } from "../../protocol/limits.ts";
import type { UplinkClass } from "../../protocol/peer-message.ts";
import { planElection, type ElectionPlan } from "./election.ts";
import { OriginDesk } from "./origin-desk.ts";
import { Peer } from "./peer.ts";
import { SegmentTable } from "./segment-table.ts";
import type { Segment } from "./segment.ts";
import { DEFAULT_TUNING } from "./tuning.ts";

const TRACK = trackIdOf("video");

/** A live segment of `chunks` that everybody has just learned of at instant 0. */
function freshSegment(sequence: number, chunks: number, live = true): Segment {
  const table = new SegmentTable();
  const track = table.track(TRACK);
  track.live = live;
  track.following = true;
  const name = { sequence, tag: 1 };
  table.list(0, track, [{ id: segmentIdOf(TRACK, name), name, start: 100, duration: 4 }]);
  const segment = track.bySequence.get(sequence);
  if (!segment) throw new Error("not listed");
  if (chunks > 0) segment.learnSize(chunks * CHUNK_BYTES, true);
  return segment;
}

function viewer(name: string, uplink: UplinkClass = 1): Peer {
  const peer = new Peer(name as PeerId, 0, DEFAULT_TUNING);
  peer.introduce(name as ViewerId, uplink, false);
  peer.following.add(TRACK);
  return peer;
}

interface Round {
  readonly now: number;
  readonly chunks?: number;
  readonly segment?: Segment;
  readonly viewers?: number;
  readonly uplink?: UplinkClass;
  readonly ranges?: boolean;
  readonly slackMs?: number;
}

/** What `self` plans in a swarm of `names`, all of them neighbours. */
function plan(self: string, names: readonly string[], round: Round): ElectionPlan {
  const segment = round.segment ?? freshSegment(7, round.chunks ?? 80);
  const desk = new OriginDesk();
  desk.rangesUsable = round.ranges ?? true;
  return planElection(round.now, [{ segment, dueAt: round.slackMs ?? 6000 }], {
    selfHash: hash32(self),
    selfWeight: round.uplink ?? 1,
    peers: names.filter((name) => name !== self).map((name) => viewer(name)),
    viewers: round.viewers ?? names.length,
    desk,
    tuning: DEFAULT_TUNING,
  });
}

const chunksOf = ({ ranges }: ElectionPlan): number[] =>
  ranges.flatMap(({ from, to = 80 }) => Array.from({ length: to - from }, (_, i) => from + i));

describe("[SW30] where everybody is a neighbour", () => {
  test.each([2, 3, 4, 5, 8])("each chunk is fetched at once by exactly one of %i viewers", (count) => {
    for (let swarm = 0; swarm < 50; swarm++) {
      const names = Array.from({ length: count }, (_, i) => `viewer ${String(swarm)} ${String(i)}`);
      const fetched = names.flatMap((name) => chunksOf(plan(name, names, { now: 0 })));
      expect(fetched.sort((a, b) => a - b)).toEqual(Array.from({ length: 80 }, (_, i) => i));
    }
  });

  test("the next in line steps in 400 ms later, unless somebody has it", () => {
    const names = ["alice", "bob", "carol"];
    const at = (now: number): number[] => names.map((name) => chunksOf(plan(name, names, { now, chunks: 4 })).length);
    expect(at(0).filter((count) => count > 0)).toHaveLength(1);
    expect(at(400).filter((count) => count > 0)).toHaveLength(2);
    expect(at(800).filter((count) => count > 0)).toHaveLength(3);
    const segment = freshSegment(7, 4);
    segment.noticeRest(0, 390);
    expect(plan("alice", names, { now: 900, segment }).ranges).toEqual([]);
  });

  test("[SW33] a notice that nothing follows opens the election again", () => {
    const names = ["alice", "bob"];
    const segment = freshSegment(7, 4);
    segment.noticeRest(0, 0);
    const fetching = (now: number): number =>
      names.filter((name) => plan(name, names, { now, segment }).ranges.length > 0).length;
    expect(fetching(2000)).toBe(0);
    expect(fetching(2100 + DEFAULT_TUNING.suppressionMs)).toBe(2);
  });

  test("[SW34] neighbouring stripes of one viewer are one request, and the parts make the whole", () => {
    const names = ["alice", "bob"];
    for (const name of names) {
      const { ranges } = plan(name, names, { now: 0 });
      for (const [i, range] of ranges.entries()) expect(range.from).toBeGreaterThan(ranges[i - 1]?.to ?? -1);
    }
  });

  test("[SW34] one stripe without ranges, and while nothing is known of the size", () => {
    const names = ["alice", "bob", "carol", "dave"];
    for (const round of [{ ranges: false }, { chunks: 0 }])
      expect(names.flatMap((name) => plan(name, names, { now: 0, ...round }).ranges)).toMatchObject([{ from: 0 }]);
  });
});

describe("[SW31] in a swarm too large to know everybody", () => {
  test("about one viewer fires at once, and nobody waits longer than the span", () => {
    const rng = createRng(5);
    let first = 0;
    const swarms = 40;
    for (let swarm = 0; swarm < swarms; swarm++) {
      const segment = freshSegment(swarm, 3);
      for (let i = 0; i < 200; i++) {
        const self = `viewer ${String(rng.next())}`;
        const { ranges, lookAgainAt } = plan(self, [self], { now: 0, segment, viewers: 200 });
        if (ranges.length > 0) first++;
        else expect(lookAgainAt).toBeLessThanOrEqual(DEFAULT_TUNING.suppressionMs);
      }
    }
    expect(first / swarms).toBeGreaterThan(0.5);
    expect(first / swarms).toBeLessThan(1.6);
  });
});

describe("who is not elected", () => {
  test("[SW35] nobody without uplink", () => {
    expect(plan("alice", ["alice", "bob"], { now: 5000, uplink: 0 })).toEqual({ ranges: [], lookAgainAt: Infinity });
  });

  test("nobody for chunks that a neighbour has announced", () => {
    const segment = freshSegment(7, 8);
    const bob = viewer("bob");
    bob.setAvailable(TRACK, { segment: segment.name, byteLength: 8 * CHUNK_BYTES });
    const { ranges } = planElection(5000, [{ segment, dueAt: 9000 }], {
      selfHash: 1,
      selfWeight: 1,
      peers: [bob],
      viewers: 2,
      desk: new OriginDesk(),
      tuning: DEFAULT_TUNING,
    });
    expect(ranges).toEqual([]);
  });

  test("[SW32] in video on demand nobody before the segment is due within 16 s", () => {
    const segment = freshSegment(7, 8, false);
    expect(plan("alice", ["alice", "bob"], { now: 0, segment, slackMs: 30_000 })).toMatchObject({
      ranges: [],
      lookAgainAt: 14_000,
    });
    expect(plan("alice", ["alice", "bob"], { now: 16_000, segment, slackMs: 30_000 }).ranges).toHaveLength(1);
  });
});
