/** Seeders in what an operator reads: beside the viewers, never among them. */
import { describe, expect, test } from "vitest";
import { createClusterStage } from "../../../testkit/cluster-stage.ts";
import { createTrackerStage } from "../../../testkit/tracker-stage.ts";
import type { TrackId } from "../../protocol/ids.ts";
import { ANSWER_MS } from "./far-viewers.ts";
import { SWARM_SIZE_BOUNDS } from "./stats.ts";

const TRACK = "00000000000000aa" as TrackId;
const SEEDER = { seeder: true, peersWanted: 16, tracks: [TRACK] } as const;

describe("[TK99] an operator", () => {
  test("reads viewers and seeders apart, in all and of each swarm", () => {
    const stage = createTrackerStage();
    stage.viewer(SEEDER);
    stage.viewer({ ...SEEDER, uplink: 0 });
    stage.viewer({ track: TRACK });
    stage.viewer({ track: TRACK, uplink: 0 });
    const stats = stage.stats();
    expect(stats).toMatchObject({ viewers: 2, seeders: 2, swarms: [{ viewers: 2, seeders: 2, givers: 1 }] });
    expect(stats.swarmSizes).toEqual(SWARM_SIZE_BOUNDS.map((bound) => Number(bound >= 2)));
    expect(stage.stream()).toMatchObject({ viewers: 2, seeders: 2, sessions: 2, peak: 2 });
  });

  test("finds a swarm of seeders alone without viewers", () => {
    const stage = createTrackerStage();
    stage.viewer(SEEDER);
    expect(stage.stats()).toMatchObject({ viewers: 0, seeders: 1, swarmCount: 1 });
    expect(stage.stats().swarmSizes.every((swarms) => swarms === 1)).toBe(true);
  });

  test("finds no seeder in a region, or anywhere else, where viewers are counted by region", () => {
    const stage = createTrackerStage();
    stage.connect("here", undefined, { prefixKey: "here", region: "DE" }).join();
    stage.connect("there", undefined, { prefixKey: "there", region: "FR" }).join(SEEDER);
    expect(stage.stats().viewersByRegion).toEqual({ DE: 1 });
  });

  test("has the right count after a seeder changed, dropped, resumed and left", () => {
    const stage = createTrackerStage();
    const seeder = stage.viewer(SEEDER);
    const { resume } = seeder.last("joined");
    seeder.say({ type: "update", uplink: 0, tracks: [TRACK] });
    expect(stage.stats()).toMatchObject({ viewers: 0, seeders: 1 });
    seeder.drop();
    expect(stage.stats()).toMatchObject({ viewers: 0, seeders: 0, held: 1 });
    const back = stage.viewer({ ...SEEDER, resume });
    expect(stage.stats()).toMatchObject({ viewers: 0, seeders: 1, held: 0 });
    stage.viewer({ ...SEEDER, resume }); // before its old socket was seen to be dead
    expect(stage.stats()).toMatchObject({ viewers: 0, seeders: 1, held: 0 });
    back.drop();
    stage.viewer(SEEDER).say({ type: "leave" });
    expect(stage.stats()).toMatchObject({ viewers: 0, seeders: 1 });
  });

  test("is told the same of the other processes", () => {
    const stage = createClusterStage();
    const [one, two] = [stage.start("AA"), stage.start("BB")];
    stage.wait(100);
    one.viewer(SEEDER);
    one.viewer({ track: TRACK });
    stage.wait(2_100);
    expect(two.tracker.nodes()[1]).toMatchObject({ node: "AA", viewers: 1, seeders: 1 });
  });
});

describe("[TK99] peers are told how many they are together", () => {
  test("at one process", () => {
    const stage = createTrackerStage();
    stage.viewer(SEEDER);
    expect(stage.viewer().last("joined").viewers).toBe(2);
  });

  test("at two", () => {
    const stage = createClusterStage();
    const [one, two] = [stage.start("AA"), stage.start("BB")];
    stage.wait(100);
    one.viewer(SEEDER);
    const viewer = two.viewer({ track: TRACK });
    stage.wait(ANSWER_MS);
    expect(viewer.received("peers")).toMatchObject([{ viewers: 2 }]);
  });
});
