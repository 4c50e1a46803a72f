/** Seats of seeders, before those of viewers. */
import { describe, expect, test } from "vitest";
import { createTrackerStage } from "../../../testkit/tracker-stage.ts";
import type { TrackId } from "../../protocol/ids.ts";
import { ELECTION_SEATS } from "../../protocol/limits.ts";
import { NEWCOMER_MS } from "./seating.ts";

const HIGH = "00000000000000aa" as TrackId;
const LOW = "00000000000000bb" as TrackId;
const ALL = Array.from({ length: ELECTION_SEATS }, (_, seat) => seat);
const SEEDER = { seeder: true, peersWanted: 16, tracks: [HIGH, LOW] } as const;

type Viewer = ReturnType<ReturnType<typeof createTrackerStage>["viewer"]>;

/** What somebody was told last of a track. */
const told = (viewer: Viewer, track: TrackId) =>
  viewer
    .received("assign")
    .filter((assign) => assign.track === track)
    .at(-1);

/** Seats that all of them hold of a track. */
const union = (viewers: readonly Viewer[], track = HIGH): number[] =>
  viewers.flatMap((viewer) => told(viewer, track)?.seats ?? []).sort((a, b) => a - b);

describe("[TK93] a seeder", () => {
  test("holds every seat of every rendition that it gives, at once; viewers hold them behind it", () => {
    const stage = createTrackerStage();
    const viewer = stage.viewer({ track: HIGH });
    const seeder = stage.viewer(SEEDER);
    expect(told(seeder, HIGH)).toEqual({ type: "assign", track: HIGH, seats: ALL });
    expect(told(seeder, LOW)).toEqual({ type: "assign", track: LOW, seats: ALL });
    expect(told(viewer, HIGH)).toEqual({ type: "assign", track: HIGH, seats: ALL, seeded: true });
  });

  test("shares the seats with other seeders, not with viewers who come later and hear of it", () => {
    const stage = createTrackerStage();
    const seeders = [stage.viewer(SEEDER), stage.viewer(SEEDER), stage.viewer(SEEDER)];
    expect(union(seeders)).toEqual(ALL);
    for (const seeder of seeders) expect(told(seeder, HIGH)?.seats.length).toBeGreaterThanOrEqual(10);
    const viewers = [stage.viewer({ track: HIGH }), stage.viewer({ track: HIGH })];
    stage.wait(NEWCOMER_MS);
    expect(union(viewers)).toEqual(ALL);
    expect(viewers.map((viewer) => told(viewer, HIGH)?.seeded)).toEqual([true, true]);
    expect(union(seeders)).toEqual(ALL);
  });

  test("gives its place to viewers in the instant in which its socket is gone, or its uplink", () => {
    const stage = createTrackerStage();
    const viewer = stage.viewer({ track: HIGH });
    const seeder = stage.viewer(SEEDER);
    const other = stage.viewer(SEEDER);
    seeder.drop();
    expect(told(other, HIGH)?.seats).toEqual(ALL);
    expect(told(viewer, HIGH)?.seeded).toBe(true);
    other.say({ type: "update", uplink: 0, tracks: [HIGH, LOW] });
    expect(told(viewer, HIGH)).toEqual({ type: "assign", track: HIGH, seats: ALL });
  });

  test("may give another rendition instead", () => {
    const stage = createTrackerStage();
    const [high, low] = [stage.viewer({ track: HIGH }), stage.viewer({ track: LOW })];
    const seeder = stage.viewer({ ...SEEDER, tracks: [HIGH] });
    expect([told(high, HIGH)?.seeded, told(low, LOW)?.seeded]).toEqual([true, undefined]);
    seeder.say({ type: "update", uplink: 2, tracks: [LOW] });
    expect([told(high, HIGH)?.seeded, told(low, LOW)?.seeded]).toEqual([undefined, true]);
    expect(told(seeder, HIGH)?.seats).toEqual([]);
  });
});

describe("[TK94] where viewers check what a tracker attests", () => {
  const chunk = { track: HIGH, sequence: 7, tag: 1, byteLength: 1, from: 0, hashes: "a".repeat(32) } as const;

  test("only a seeder that the operator vouches for comes before them: two must agree on what another one fetched", () => {
    const stage = createTrackerStage({}, {}, undefined, () => ({
      claims: { jti: "one", exp: 1, swarms: ["the-swarm-of-tests" as never], role: "trusted" },
      expiresInMs: 300_000,
    }));
    const viewer = stage.viewer({ track: HIGH });
    const stranger = stage.viewer(SEEDER);
    expect(told(viewer, HIGH)?.seeded).toBe(true);
    viewer.say({ type: "hashes", ...chunk });
    expect(told(viewer, HIGH)?.seeded).toBeUndefined();
    expect([told(stranger, HIGH)?.seats, told(stranger, LOW)?.seats]).toEqual([[], ALL]);
    const ours = stage.viewer({ ...SEEDER, ticket: "ours" });
    expect(told(viewer, HIGH)?.seeded).toBe(true);
    expect(told(ours, HIGH)?.seats).toEqual(ALL);
  });
});
