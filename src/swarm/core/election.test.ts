import { describe, expect, test } from "vitest";
import { dealtSeats } from "../../../testkit/swarm-parts.ts";
import { createRng, hash32 } from "../../base/random.ts";
import { segmentIdOf, trackIdOf, type PeerId, type ViewerId } from "../../protocol/ids.ts";
import { seatOf } from "../../protocol/election-seats.ts";
import { CHUNK_BYTES, ELECTION_SEATS } from "../../protocol/limits.ts";
import type { UplinkClass } from "../../protocol/peer-message.ts";
import { planElection, type ElectionPlan } from "./election.ts";
import { OriginDesk } from "./origin-desk.ts";
import { Peer } from "./peer.ts";
import { SegmentTable } from "./segment-table.ts";
import type { Segment, TrackProof } from "./segment.ts";
import { DEFAULT_TUNING } from "./tuning.ts";

const TRACK = trackIdOf("video");

/** A live segment of `chunks` that everybody has just learned of at instant 0. */
function freshSegment(sequence: number, chunks: number, live = true, proof: TrackProof = "none"): Segment {
  const table = new SegmentTable(undefined, proof);
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
  readonly eligibleAt?: number;
  readonly seats?: readonly number[] | undefined;
  readonly witness?: readonly number[];
  readonly proof?: TrackProof;
  readonly alone?: boolean;
  readonly chunks?: number;
  readonly segment?: Segment;
  readonly viewers?: number;
  readonly uplink?: UplinkClass;
  readonly ranges?: boolean;
  readonly slackMs?: number;
}

const drawnBy = new WeakMap<Segment, string>();

/** What `self` plans in a swarm of `names`, all of them neighbours. */
function plan(self: string, names: readonly string[], round: Round): ElectionPlan {
  const segment = round.segment ?? freshSegment(7, round.chunks ?? 80, true, round.proof);
  const desk = new OriginDesk();
  desk.rangesUsable = round.ranges ?? true;
  // Several viewers of a story share one segment: each draws lots of its own.
  if (drawnBy.get(segment) !== self) segment.draw = undefined;
  drawnBy.set(segment, self);
  return planElection(round.now, [{ segment, dueAt: round.slackMs ?? 6000 }], {
    selfHash: hash32(self),
    selfWeight: round.uplink ?? 1,
    eligibleAt: round.eligibleAt ?? 0,
    isAlone: () => round.alone ?? false,
    seatsOf: () => round.seats && dealtSeats(round.seats, round.witness),
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

  test("the next in line steps in 300 to 500 ms later, unless somebody has it", () => {
    const names = ["alice", "bob", "carol"];
    const at = (now: number): number[] => names.map((name) => chunksOf(plan(name, names, { now, chunks: 4 })).length);
    expect(at(299).filter((count) => count > 0)).toHaveLength(1);
    expect(at(500).filter((count) => count > 0)).toHaveLength(2);
    expect(at(1000).filter((count) => count > 0)).toHaveLength(3);
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
    expect(fetching(2099)).toBe(0);
    expect(fetching(2100)).toBe(1);
    expect(fetching(2600)).toBe(2);
  });

  test("[SW33] notices that are repeated without end do not keep it closed for longer", () => {
    const names = ["alice", "bob"];
    const segment = freshSegment(7, 4);
    const fetching = (now: number): number => {
      // Each comes just when the one before counts no longer.
      segment.noticeRest(0, Math.floor(now / 2100) * 2100);
      return names.filter((name) => plan(name, names, { now, segment }).ranges.length > 0).length;
    };
    expect([0, 2099, 2100, 2600, 4200].map(fetching)).toEqual([0, 0, 1, 2, 2]);
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

/** Who holds which seats, dealt round robin. */
const dealt = (names: readonly string[]): ReadonlyMap<string, readonly number[]> =>
  new Map(
    names.map((name, turn) => [
      name,
      Array.from({ length: ELECTION_SEATS }, (_, seat) => seat).filter((seat) => seat % names.length === turn),
    ]),
  );

describe("[SW37] where the tracker has dealt seats", () => {
  test.each([1, 2, 5, 10, 20, 32])("each chunk is fetched at once by exactly one of %i viewers", (count) => {
    const names = Array.from({ length: count }, (_, i) => `viewer ${String(i)}`);
    const seats = dealt(names);
    for (let sequence = 0; sequence < 40; sequence++) {
      const segment = freshSegment(sequence, 80);
      const fetched = names.flatMap((name) => chunksOf(plan(name, names, { now: 0, segment, seats: seats.get(name) })));
      expect(fetched.sort((a, b) => a - b)).toEqual(Array.from({ length: 80 }, (_, i) => i));
    }
  });

  /** When a viewer with these seats fetches the only stripe of a segment. */
  function fetchesAt(self: string, sequence: number, seats: readonly number[], viewers = 100): number {
    const segment = freshSegment(sequence, 4);
    const { ranges, lookAgainAt } = plan(self, [self, "bob"], { now: 0, segment, seats, viewers });
    return ranges.length > 0 ? 0 : lookAgainAt;
  }

  test("the holder of the second seat steps in 300 to 500 ms later, that of the third as much later again", () => {
    const rng = createRng(7);
    for (let sequence = 0; sequence < 50; sequence++) {
      const self = `viewer ${String(rng.next())}`;
      const waits = [0, 1, 2].map((rank) => fetchesAt(self, sequence, [seatOf(sequence, 0, rank)]));
      const [first = NaN, second = NaN, third = NaN] = waits;
      expect(first).toBe(0);
      expect(second).toBeGreaterThanOrEqual(300);
      expect(second).toBeLessThanOrEqual(500);
      expect(third).toBeCloseTo(2 * second);
    }
  });

  test("the steps of one viewer differ from segment to segment: no playlist's rhythm meets them every time", () => {
    const steps = Array.from({ length: 50 }, (_, sequence) => fetchesAt("alice", sequence, [seatOf(sequence, 0, 1)]));
    expect(new Set(steps).size).toBeGreaterThan(45);
  });

  test("all others with uplink wait for three steps and their timers", () => {
    for (let sequence = 0; sequence < 50; sequence++) {
      const waitMs = fetchesAt("alice", sequence, []);
      expect(waitMs).toBeGreaterThanOrEqual(900);
      expect(waitMs).toBeLessThanOrEqual(1500 + DEFAULT_TUNING.suppressionMs);
    }
  });

  test("seats dealt in the meantime count at once", () => {
    const segment = freshSegment(7, 4);
    const names = ["alice", "bob"];
    expect(plan("alice", names, { now: 0, segment, seats: [] }).ranges).toEqual([]);
    expect(plan("alice", names, { now: 10, segment, seats: [seatOf(7, 0, 0)] }).ranges).toHaveLength(1);
  });

  test("[SW61] one stripe without ranges, so one seat", () => {
    const names = Array.from({ length: 8 }, (_, i) => `viewer ${String(i)}`);
    const seats = dealt(names);
    const planned = names.flatMap(
      (name) => plan(name, names, { now: 0, ranges: false, seats: seats.get(name) }).ranges,
    );
    expect(planned).toMatchObject([{ from: 0 }]);
  });

  test("[SW33] whoever comes next after a notice that nothing follows does so in the same order", () => {
    const segment = freshSegment(7, 4);
    segment.noticeRest(0, 0);
    const seats = [seatOf(7, 0, 1)];
    const at = (now: number): number => plan("alice", ["alice", "bob"], { now, segment, seats }).ranges.length;
    expect([at(2100), at(2399), at(2600)]).toEqual([0, 0, 1]);
  });
});

/** By chunk, how many fetch it. */
const copiesOf = (plans: readonly ElectionPlan[]): number[] => {
  const copies = Array.from({ length: 80 }, () => 0);
  for (const chunk of plans.flatMap(chunksOf)) copies[chunk] = (copies[chunk] ?? 0) + 1;
  return copies;
};

describe("[IN30] where two must find the same", () => {
  const proof = "attested";

  test.each([2, 3, 5, 20, 32])("each chunk is fetched at once by exactly two of %i viewers with seats", (count) => {
    const names = Array.from({ length: count }, (_, i) => `viewer ${String(i)}`);
    const seats = dealt(names);
    const witnesses = (turn: number): readonly number[] | undefined => seats.get(names[(turn + 1) % count] ?? "");
    for (let sequence = 0; sequence < 40; sequence++) {
      const segment = freshSegment(sequence, 80, true, proof);
      // Whoever has begun already keeps nobody from it.
      segment.noticeRest(0, 0);
      const plans = names.map((name, turn) =>
        plan(name, names, { now: 0, segment, seats: seats.get(name), witness: witnesses(turn) ?? [] }),
      );
      expect(new Set(copiesOf(plans))).toEqual(new Set([2]));
    }
  });

  test.each([2, 3, 4, 5])("and of %i viewers that draw lots", (count) => {
    for (let swarm = 0; swarm < 50; swarm++) {
      const names = Array.from({ length: count }, (_, i) => `viewer ${String(swarm)} ${String(i)}`);
      expect(new Set(copiesOf(names.map((name) => plan(name, names, { now: 0, proof }))))).toEqual(new Set([2]));
    }
  });

  test("in a crowd whose viewers do not all know each other nearly always by two, and not by many", () => {
    const rng = createRng(5);
    const span = DEFAULT_TUNING.suppressionMs;
    const fetchers = Array.from({ length: 40 }, (_, sequence) => {
      const segment = freshSegment(sequence, 3, true, proof);
      segment.noticeRest(0, span); // the first of them has said so
      return Array.from({ length: 200 }, () => `viewer ${String(rng.next())}`).filter(
        (self) => plan(self, [self], { now: span, segment, viewers: 200 }).ranges.length > 0,
      ).length;
    });
    expect(fetchers.filter((count) => count < 2).length).toBeLessThanOrEqual(2);
    expect(fetchers.reduce((sum, count) => sum + count, 0) / fetchers.length).toBeLessThan(8);
  });

  test("what is proven already is left to whoever fetches it or has it", () => {
    const segment = freshSegment(7, 4, true, proof);
    const duty = { now: 10, segment, seats: [], witness: [seatOf(7, 0, 0)] };
    segment.noticeRest(0, 0);
    segment.learnHashes(1, 3);
    expect(chunksOf(plan("alice", ["alice", "bob"], duty))).toEqual([0, 3]);
  });

  test("the second seat stands in for one of them about two seconds later, whatever was noticed since", () => {
    const segment = freshSegment(7, 4, true, proof);
    const at = (now: number): number[] => {
      segment.noticeRest(0, now);
      return chunksOf(plan("alice", ["alice", "bob"], { now, segment, seats: [seatOf(7, 0, 1)] }));
    };
    expect([at(1499), at(2500)]).toEqual([[], [0, 1, 2, 3]]);
  });

  test("a duty is done once: what proves to be of the stripe later is left to those who fetch it", () => {
    const segment = freshSegment(7, 8, true, proof);
    const duty = { now: 0, segment, seats: [seatOf(7, 0, 0)] };
    expect(chunksOf(plan("alice", ["alice"], duty))).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    segment.fetch(0, 6);
    segment.noticeRest(0, 0);
    expect(chunksOf(plan("alice", ["alice"], { ...duty, now: 100 }))).toEqual([]);
  });

  test("a witness is nobody special where roots or nothing are what chunks are checked against", () => {
    for (const other of ["roots", "none", "origin"] as const) {
      const round = { now: 0, chunks: 4, seats: [], witness: [seatOf(7, 0, 0)], proof: other };
      expect(plan("alice", ["alice", "bob"], round).ranges).toEqual([]);
    }
  });
});

describe("[SW38] a stripe of which chunks are open", () => {
  test("is fetched as far as it is open, and never what is held, coming or announced", () => {
    const segment = freshSegment(7, 10);
    segment.fetch(2, 3);
    segment.notice(5, 0);
    const { ranges } = plan("alice", ["alice"], { now: 0, segment, seats: [seatOf(7, 0, 0)] });
    expect(ranges.map(({ from, to }) => [from, to])).toEqual([
      [0, 2],
      [3, 5],
      [6, 10],
    ]);
  });
});

describe("who is not elected", () => {
  test("[SW35] a newcomer, whose turn comes as if the segment had come when it became eligible", () => {
    const segment = freshSegment(7, 4);
    const seats = [seatOf(7, 0, 1)];
    const at = (now: number): ElectionPlan =>
      plan("alice", ["alice", "bob"], { now, segment, seats, eligibleAt: 2000 });
    expect(at(1000)).toEqual({ ranges: [], lookAgainAt: 2000 });
    expect(at(2000).ranges).toEqual([]);
    expect(at(2500).ranges).toHaveLength(1);
  });

  test("[SW39] whoever has just come to the rendition, although it has long been playing", () => {
    const segment = freshSegment(7, 8, false);
    Object.assign(segment.track, { followedAt: 20_000 });
    const at = (now: number): ElectionPlan => plan("alice", ["alice", "bob"], { now, segment, slackMs: 30_000 });
    expect(at(20_100)).toEqual({ ranges: [], lookAgainAt: 22_000 });
    expect(at(23_000).ranges).toHaveLength(1);
  });

  test("[SW35] whoever is alone", () => {
    expect(plan("alice", ["alice"], { now: 5000, alone: true }).ranges).toEqual([]);
  });

  test("[SW36] nobody for a segment whose address is not known; located is as good as listed", () => {
    const segment = freshSegment(7, 4);
    segment.listed = false;
    expect(plan("alice", ["alice"], { now: 5000, segment }).ranges).toEqual([]);
    segment.located = true;
    expect(plan("alice", ["alice"], { now: 5000, segment }).ranges).toHaveLength(1);
  });

  test("[IN8] nobody for a segment that only peers list so far, where it could not be proven without its root", () => {
    const segment = freshSegment(7, 4, true, "roots");
    segment.listed = false;
    segment.located = true;
    expect(plan("alice", ["alice"], { now: 5000, segment }).ranges).toEqual([]);
    segment.root = { hash: "", byteLength: 1, label: "" };
    expect(plan("alice", ["alice"], { now: 5000, segment }).ranges).toHaveLength(1);
  });

  test("[SW36] but somebody for a part that our own playlist hints at: its root comes with it", () => {
    const segment = freshSegment(7, 4, true, "roots");
    segment.listed = false;
    segment.located = true;
    segment.hintedUntil = Infinity;
    expect(plan("alice", ["alice"], { now: 5000, segment }).ranges).toHaveLength(1);
  });

  test("[SW35] nobody without uplink", () => {
    expect(plan("alice", ["alice", "bob"], { now: 5000, uplink: 0 })).toEqual({ ranges: [], lookAgainAt: Infinity });
  });

  test.each([true, false])("[SW38] nobody for chunks that a neighbour has announced, live: %s", (live) => {
    const segment = freshSegment(7, 8, live);
    const bob = viewer("bob");
    bob.setAvailable(TRACK, { segment: segment.name, byteLength: 8 * CHUNK_BYTES });
    bob.bind(segment);
    const at = (now: number): ElectionPlan => plan("alice", ["alice", "bob"], { now, segment });
    // It has never brought anything: in live video that is believed for one term.
    expect(at(2099)).toEqual({ ranges: [], lookAgainAt: live ? 2100 : Infinity });
    expect(at(5000).ranges).toHaveLength(live ? 1 : 0);
    bob.lastChunkAt = 10;
    expect(at(5000)).toEqual({ ranges: [], lookAgainAt: Infinity });
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
