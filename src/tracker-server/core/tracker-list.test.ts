import { describe, expect, test } from "vitest";
import { createTrackerStage } from "../../../testkit/tracker-stage.ts";
import { orderTrackers } from "./tracker-list.ts";
import type { TrackerNode } from "./tracker-node.ts";

const node = (name: string, more: Partial<TrackerNode> = {}): TrackerNode => ({
  node: name.slice(0, 2),
  publicUrl: `wss://${name}`,
  region: undefined,
  viewers: 0,
  seeders: 0,
  viewersMax: 100,
  draining: false,
  ...more,
});
const OTHERS = {
  otherTrackers: [{ url: "wss://b", region: "eu" }, { url: "wss://a" }, { url: "wss://c", region: "us" }],
};

describe("[TK40] the list", () => {
  test.each([
    ["the less loaded first", [node("a", { viewers: 90 }), node("b", { viewers: 10 })], undefined, ["b", "a"]],
    [
      "the asker's region before a smaller load",
      [node("a"), node("b", { viewers: 90, region: "eu" })],
      "eu",
      ["b", "a"],
    ],
    ["an unknown region is nobody's", [node("a", { viewers: 50 }), node("b", { region: "eu" })], undefined, ["b", "a"]],
    ["without the full", [node("a", { viewers: 100 }), node("b")], undefined, ["b"]],
    ["seeders are a load too", [node("a", { viewers: 50, seeders: 50 }), node("b")], undefined, ["b"]],
    ["without those that drain", [node("a", { draining: true }), node("b")], undefined, ["b"]],
    ["without those that have no URL", [node("a", { publicUrl: undefined }), node("b")], undefined, ["b"]],
    [
      "workers behind one URL are one, their loads added up",
      [node("a", { viewers: 100 }), node("a", { viewers: 20 }), node("b", { viewers: 50 })],
      undefined,
      ["b", "a"],
    ],
    [
      "a worker that drains takes its load along",
      [node("a", { viewers: 90, draining: true }), node("a", { viewers: 20 }), node("b", { viewers: 50 })],
      undefined,
      ["a", "b"],
    ],
  ])("%s", (_, nodes, region, expected) => {
    expect(orderTrackers(nodes, region, 0)).toEqual(expected.map((name) => `wss://${name}`));
  });

  test("has at most eight, and among equals everybody gets another first", () => {
    const nodes = Array.from({ length: 12 }, (_, n) => node(String.fromCharCode(97 + n)));
    const lists = Array.from({ length: 12 }, (_, turn) => orderTrackers(nodes, undefined, turn));
    expect(new Set(lists.map((list) => list[0])).size).toBe(12);
    for (const list of lists) expect(new Set(list).size).toBe(8);
  });

  test("of a tracker among others that its operator named: itself by its load, they by half", () => {
    const stage = createTrackerStage({ connectionsMax: 4 }, { publicUrl: "wss://here", region: "eu", ...OTHERS });
    expect(stage.trackersFor("eu")).toEqual(["wss://here", "wss://b", "wss://a", "wss://c"]);
    for (let n = 0; n < 3; n++) stage.viewer();
    expect(stage.trackersFor("eu")).toEqual(["wss://b", "wss://here", "wss://a", "wss://c"]);
    stage.viewer();
    expect(stage.trackersFor("us")).toEqual(["wss://c", "wss://a", "wss://b"]);
  });
});

describe("[TK41] viewers are told", () => {
  test("the list as they join, this tracker included; nothing when there is no choice", () => {
    const stage = createTrackerStage({}, { publicUrl: "wss://here", ...OTHERS });
    expect(stage.viewer().last("joined").trackers).toHaveLength(4);
    expect(createTrackerStage({}, { publicUrl: "wss://here" }).viewer().last("joined").trackers).toBeUndefined();
  });

  test("where to go when the tracker drains; whoever comes meanwhile is sent on, and later refused", () => {
    const stage = createTrackerStage({}, { publicUrl: "wss://here", ...OTHERS });
    const alice = stage.viewer();
    stage.tell({ type: "drain" });
    const late = stage.connect();
    expect(late.last("redirect").trackers).toHaveLength(3);
    expect(late.closedWith).toBe(1013);
    stage.wait(1_000);
    expect(alice.last("drain").trackers).toHaveLength(3);
    expect(alice.last("drain").trackers).not.toContain("wss://here");
    stage.connect();
    expect(stage.refusals).toMatchObject([{ status: 503 }]);
  });
});

describe("[TK42] a full tracker", () => {
  test("sends whoever asks for a socket on, a bounded number at a time", () => {
    const stage = createTrackerStage({ connectionsMax: 1 }, OTHERS);
    stage.viewer();
    const sent = Array.from({ length: 201 }, () => stage.connect());
    expect(sent[0]?.last("redirect").trackers).toHaveLength(3);
    expect(sent[199]?.closedWith).toBe(1013);
    expect(stage.refusals).toMatchObject([{ status: 503 }]);
    sent[0]?.drop();
    expect(stage.connect().received("redirect")).toHaveLength(1);
    expect(stage.stats()).toMatchObject({ connections: 1, refusals: { "process-full": 202 } });
    expect(stage.stats().counters.redirects).toBe(201);
  });

  test("sends on whoever joins a full swarm, and refuses it when there is nowhere to go", () => {
    const stage = createTrackerStage({ viewersPerSwarmMax: 1 }, OTHERS);
    stage.viewer();
    const bob = stage.viewer();
    expect(bob.last("redirect").trackers).toContain("wss://b");
    expect([bob.received("error"), bob.closedWith]).toEqual([[], 1013]);
    const alone = createTrackerStage({ viewersPerSwarmMax: 1 });
    alone.viewer();
    expect(alone.viewer().last("error")).toMatchObject({ code: "full" });
  });
});

test("[TK45] the more viewers a tracker has, the further those who lose it are told to spread", () => {
  const stage = createTrackerStage({
    connectionsPerAddressMax: 2_000,
    upgradesPerAddress: { burst: 2_000, perSecond: 1 },
  });
  const spans = Array.from({ length: 1_000 }, () => stage.viewer({ peersWanted: 0 }).last("joined").reconnectWithinMs);
  expect([spans[0], spans[499], spans[999]]).toEqual([undefined, undefined, 1_000]);
});
