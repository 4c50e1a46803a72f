import { describe, expect, test } from "vitest";
import { createTrackerStage } from "../../../testkit/tracker-stage.ts";
import type { TrackId } from "../../protocol/ids.ts";
import { SESSIONS_MIN } from "./ratio-sums.ts";

const HIGH = "00000000000000aa" as TrackId;
/** A crowd from one address. */
const MANY = { connectionsPerAddressMax: 10_000, upgradesPerAddress: { burst: 10_000, perSecond: 10_000 } };

describe("[TK56] a viewer that is held out", () => {
  test("is drawn by chance, in about the share that was asked for", () => {
    const stage = createTrackerStage({ ...MANY, holdOutShare: 0.2 });
    for (let index = 0; index < 500; index++) stage.viewer();
    expect(stage.stream()?.heldOut).toBeGreaterThan(70);
    expect(stage.stream()?.heldOut).toBeLessThan(130);
    expect(stage.stream()?.viewers).toBe(500 - (stage.stream()?.heldOut ?? 0));
  });

  test("meets nobody, holds no seats and is not counted among those who share", () => {
    const stage = createTrackerStage();
    const held = stage.viewer({ holdOut: true, track: HIGH });
    expect(held.last("joined")).toMatchObject({ holdOut: true, peers: [], viewers: 1 });
    const alice = stage.viewer({ track: HIGH });
    expect(alice.last("joined")).toMatchObject({ viewers: 1, peers: [] });
    expect(alice.last("joined")).not.toHaveProperty("holdOut");
    expect(alice.last("assign").seats).toHaveLength(32);
    held.say({ type: "update", uplink: 2, track: HIGH });
    stage.wait(10_000);
    held.say({ type: "need", peersWanted: 8, connected: 0 });
    expect(held.last("peers").peers).toEqual([]);
    expect(held.received("assign")).toEqual([]);
    held.signal(alice.id);
    expect(held.last("error").code).toBe("not-introduced");
    expect(stage.stats().swarms[0]).toMatchObject({ viewers: 1, heldOut: 1, givers: 1 });
  });

  test("stays in its group over a resume, and at a tracker that never saw it", () => {
    const stage = createTrackerStage({ holdOutShare: 0.5 });
    const groups = Array.from({ length: 40 }, () => {
      const viewer = stage.viewer();
      const { resume, holdOut } = viewer.last("joined");
      viewer.drop();
      const again = stage.viewer({ resume, holdOut });
      const elsewhere = createTrackerStage({ holdOutShare: 0.5 }).viewer({ resume, holdOut });
      return [holdOut, again.last("joined").holdOut, elsewhere.last("joined").holdOut];
    });
    for (const [first, again, elsewhere] of groups) expect([again, elsewhere]).toEqual([first, first]);
    expect(new Set(groups.map(([first]) => first))).toEqual(new Set([true, undefined]));
  });

  test("keeps its swarm alive, and leaves nothing behind", () => {
    const stage = createTrackerStage();
    const held = stage.viewer({ holdOut: true });
    expect(stage.stats().swarmCount).toBe(1);
    held.drop();
    expect(stage.stats().swarmCount).toBe(1); // it may come back
    stage.wait(121_000);
    expect(stage.stats()).toMatchObject({ swarmCount: 0, viewers: 0, held: 0 });
  });
});

describe("[TK57] the comparison", () => {
  /** Every viewer plays 50 s; one in four of those held out stalls, one in eight of the others. */
  const watched = (sessions: number) => {
    const stage = createTrackerStage(MANY);
    const viewers = Array.from({ length: 2 * sessions }, (_, index) => stage.viewer({ holdOut: index % 2 === 0 }));
    stage.wait(60_000);
    for (const [index, viewer] of viewers.entries()) {
      const isHeldOut = index % 2 === 0;
      const stalls = index % (isHeldOut ? 8 : 16) < 2 ? 1 : 0;
      const peerBytes = isHeldOut ? 0 : 8e6;
      viewer.report(peerBytes, 1e7 - peerBytes, {
        playedMs: 50_000,
        stalls,
        stalledMs: 500 * stalls,
        startUpMs: 1000 + (index % 7),
      });
    }
    const report = stage.stream();
    return Object.fromEntries((report?.comparison ?? []).map((row) => [row.figure, row]));
  };

  test("says so where sessions are too few", () => {
    const { stallsPerHour } = watched(SESSIONS_MIN - 1);
    expect(stallsPerHour).toMatchObject({ verdict: "too few sessions", holdOut: { sessions: SESSIONS_MIN - 1 } });
    expect(stallsPerHour).not.toHaveProperty("difference");
    expect(stallsPerHour?.sharing).not.toHaveProperty("margin");
  });

  test("tells a difference from chance", () => {
    const { stallsPerHour, startUpMs, originBytesPerSecond, offload } = watched(400);
    expect(stallsPerHour).toMatchObject({
      verdict: "lower when sharing",
      sharing: { value: expect.closeTo(9, 6) as number },
      holdOut: { value: expect.closeTo(18, 6) as number },
    });
    expect(startUpMs?.verdict).toBe("no difference shown");
    expect(originBytesPerSecond).toMatchObject({
      verdict: "lower when sharing",
      difference: { value: expect.closeTo(-160_000, 3) as number },
    });
    expect(offload).toMatchObject({
      verdict: "higher when sharing",
      sharing: { value: expect.closeTo(0.8, 9) as number },
      holdOut: { value: 0 },
    });
  });
});
