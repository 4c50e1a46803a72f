/** Who fetches for everybody where somebody says that it is a seeder. */
import { describe, expect, test } from "vitest";
import { aPeer, trackOf } from "../../../testkit/swarm-parts.ts";
import { hash32 } from "../../base/random.ts";
import type { ViewerId } from "../../protocol/ids.ts";
import { CHUNK_BYTES } from "../../protocol/limits.ts";
import type { DealtSeats } from "../../protocol/tracker-message.ts";
import { planElection, weightOf } from "./election.ts";
import { OriginDesk } from "./origin-desk.ts";
import type { Peer } from "./peer.ts";
import { SegmentTable } from "./segment-table.ts";
import type { TrackProof } from "./segment.ts";
import { DEFAULT_TUNING } from "./tuning.ts";

const CHUNKS = 32;

interface Election {
  readonly self?: string;
  readonly isSeeder?: boolean;
  readonly peers?: readonly Peer[];
  readonly seats?: readonly number[];
  readonly isSeeded?: boolean;
  readonly proof?: TrackProof;
  readonly live?: boolean;
}

/** When somebody begins to fetch a segment that it learned of at 0; Infinity for never. */
function fetchesAt(election: Election): number {
  const {
    self = "self",
    isSeeder = false,
    peers = [],
    seats,
    isSeeded = false,
    proof = "none",
    live = true,
  } = election;
  const track = trackOf(new SegmentTable(undefined, proof), 7, 8, { live, now: -10_000 });
  const [segment] = track.listed;
  if (!segment) throw new Error("an empty track");
  const dealt: DealtSeats | undefined = seats && {
    type: "assign",
    track: track.id,
    seats,
    ...(isSeeded && { seeded: true }),
  };
  segment.knownAt = 0;
  segment.learnSize(CHUNKS * CHUNK_BYTES, true);
  for (let now = 0; now < 6000; now += 10) {
    const { ranges } = planElection(now, [{ segment, dueAt: 8000 }], {
      selfHash: hash32(self),
      selfWeight: weightOf(isSeeder ? 2 : 1, isSeeder),
      eligibleAt: 0,
      isAlone: () => false,
      seatsOf: () => dealt,
      peers,
      viewers: peers.length + 1,
      desk: new OriginDesk(),
      tuning: DEFAULT_TUNING,
    });
    if (ranges.length > 0) return now;
  }
  return Infinity;
}

function seeders(count: number): Peer[] {
  return Array.from({ length: count }, (_, i) => {
    const peer = aPeer(`seeder ${String(i)}`);
    peer.introduce(`f00000000000000${String(i)}` as ViewerId, 2, true);
    return peer;
  });
}

const viewers = (count: number): Peer[] => Array.from({ length: count }, (_, i) => aPeer(`viewer ${String(i)}`));
const ALL = Array.from({ length: 32 }, (_, seat) => seat);
/** 300 to 500 ms, of each viewer its own. */
const STEP_MIN = 300;
const STEP_MAX = 510;

describe("[SW104] where the tracker has dealt no seats", () => {
  test.each([true, false])("a seeder fetches at once, whatever lots viewers have drawn (live: %s)", (live) => {
    for (let i = 0; i < 50; i++)
      expect(fetchesAt({ self: `seeder ${String(i)}`, isSeeder: true, peers: viewers(7), live })).toBe(0);
  });

  test.each([1, 2, 7])(
    "a viewer steps in for %i that say that they are seeders after one step, not one for each",
    (count) => {
      for (const live of [true, false]) {
        const at = fetchesAt({ peers: seeders(count), live });
        expect(at).toBeGreaterThanOrEqual(STEP_MIN);
        expect(at).toBeLessThanOrEqual(STEP_MAX);
      }
    },
  );
});

describe("[SW105] behind seeders that hold the seats", () => {
  test("the holder of the first seat steps in one step later", () => {
    expect(fetchesAt({ seats: ALL, peers: viewers(3) })).toBe(0);
    const at = fetchesAt({ seats: ALL, isSeeded: true, peers: viewers(3) });
    expect(at).toBeGreaterThanOrEqual(STEP_MIN);
    expect(at).toBeLessThanOrEqual(STEP_MAX);
  });

  test("where two must find the same, it waits until what the seeder found is signed", () => {
    expect(fetchesAt({ seats: ALL, proof: "attested", peers: viewers(3) })).toBe(0);
    expect(fetchesAt({ seats: ALL, isSeeded: true, proof: "attested", peers: viewers(3) })).toBeGreaterThan(1500);
  });
});
