import { describe, expect, test } from "vitest";
import { createClusterStage, SWARM } from "../../../testkit/cluster-stage.ts";
import type { PeerId, TrackId } from "../../protocol/ids.ts";
import { inboxOf } from "./bus-record.ts";
import { SILENT_MS } from "./cluster.ts";
import { ANSWER_MS } from "./far-viewers.ts";
import { ALL_SEATS } from "./seat-share.ts";

const TRACK = "00000000000000aa" as TrackId;
const OTHER_TRACK = "00000000000000bb" as TrackId;

type Stage = ReturnType<typeof createClusterStage>;
type Viewer = ReturnType<ReturnType<Stage["start"]>["viewer"]>;

/** Processes that know each other, and a bus that works. */
function startAll(stage: Stage, ...ids: string[]) {
  const nodes = ids.map((id) => stage.start(id));
  stage.wait(100);
  return nodes as [ReturnType<Stage["start"]>, ReturnType<Stage["start"]>, ...Array<ReturnType<Stage["start"]>>];
}

const dealt = (viewers: readonly Viewer[], track = TRACK): number[] =>
  viewers.flatMap((viewer) => viewer.seats(track)).sort((a, b) => a - b);

describe("processes on a bus", () => {
  test("[TK30] know each other within milliseconds, and forget who is silent", () => {
    const stage = createClusterStage();
    const [one, two] = startAll(stage, "AA", "BB");
    expect(one.tracker.nodes().map(({ node, publicUrl }) => [node, publicUrl])).toEqual([
      ["AA", "wss://AA.example"],
      ["BB", "wss://BB.example"],
    ]);
    expect(one.stats().cluster).toMatchObject({ nodes: 2, busUp: true, lagMs: 2 });
    two.kill();
    stage.wait(SILENT_MS + 1);
    expect(one.stats().cluster.nodes).toBe(1);
  });

  test("[TK30] tell how many viewers they have, and that they drain", () => {
    const stage = createClusterStage();
    const [one, two] = startAll(stage, "AA", "BB");
    one.viewer();
    stage.wait(2_100);
    expect(two.tracker.nodes()[1]).toMatchObject({ viewers: 1, draining: false });
    one.tell({ type: "drain" });
    stage.wait(10);
    expect(two.tracker.nodes()[1]).toMatchObject({ draining: true });
  });

  test("[TK30] two that drew the same name: one takes another, and both are reached", () => {
    const stage = createClusterStage();
    const first = stage.start("AA", ["CC"]);
    const alice = first.viewer();
    const second = stage.start("AA", ["BB"]);
    const third = stage.start("DD");
    stage.wait(2_500);
    const names = third.tracker.nodes().map(({ node }) => node);
    expect(names.slice(1).sort()).toEqual(["AA", "CC"]); // the one that started first had the lower number
    const bob = second.viewer();
    stage.wait(ANSWER_MS);
    expect(bob.peers()).toEqual([alice.id]);
    bob.say({ type: "signal", to: alice.id, signal: "offer" });
    stage.wait(10);
    expect(alice.received("signal")).toEqual([{ type: "signal", from: bob.id, signal: "offer" }]);
    alice.say({ type: "signal", to: bob.id, signal: "answer" });
    stage.wait(10);
    expect(bob.received("signal")).toHaveLength(1);
  });
});

describe("introductions across processes", () => {
  test("[TK31] a viewer who is alone at its process meets those elsewhere, and they can signal both ways", () => {
    const stage = createClusterStage();
    const [one, two] = startAll(stage, "AA", "BB");
    const alice = one.viewer();
    const bob = two.viewer({ uplink: 1 });
    expect(bob.peers()).toEqual([]); // answered at once
    stage.wait(ANSWER_MS);
    expect(bob.received("peers")).toEqual([{ type: "peers", viewers: 2, peers: [{ peer: alice.id, uplink: 2 }] }]);
    bob.say({ type: "signal", to: alice.id, signal: "offer" });
    stage.wait(10);
    expect(alice.received("signal")).toEqual([{ type: "signal", from: bob.id, signal: "offer" }]);
    alice.say({ type: "signal", to: bob.id, signal: "answer" });
    stage.wait(10);
    expect(bob.received("signal")).toEqual([{ type: "signal", from: alice.id, signal: "answer" }]);
  });

  test("[TK31] processes that asked before either could hear the other find each other a second later", () => {
    const stage = createClusterStage();
    const [one, two] = startAll(stage, "AA", "BB");
    stage.cut();
    const alice = one.viewer();
    const bob = two.viewer();
    stage.wait(ANSWER_MS);
    stage.heal();
    stage.wait(6_000 - ANSWER_MS);
    expect(bob.peers()).toEqual([]);
    bob.say({ type: "need", peersWanted: 8, connected: 0 });
    stage.wait(ANSWER_MS);
    expect(bob.peers()).toEqual([alice.id]);
  });

  test("[TK31] two crowds of thirty are one mesh", () => {
    const stage = createClusterStage();
    const [one, two] = startAll(stage, "AA", "BB");
    const crowd: Viewer[] = [];
    for (let i = 0; i < 30; i++) {
      for (const node of [one, two]) {
        crowd.push(node.viewer({ track: TRACK }));
        stage.wait(250);
      }
    }
    for (const viewer of crowd.slice(2)) {
      const elsewhere = viewer.peers().filter((peer) => !peer.startsWith(viewer.id.slice(0, 2)));
      expect(elsewhere.length).toBeGreaterThanOrEqual(1);
      expect(new Set(viewer.peers()).size).toBeGreaterThanOrEqual(Math.min(8, crowd.indexOf(viewer)));
    }
    const far = crowd.flatMap((v) => v.peers().filter((peer) => !peer.startsWith(v.id.slice(0, 2)))).length;
    const all = crowd.flatMap((v) => v.peers()).length;
    expect(far / all).toBeGreaterThan(0.35); // half of them are elsewhere
  });

  test("[TK31] without an answer the rest comes from here", () => {
    const stage = createClusterStage();
    const [one, two] = startAll(stage, "AA", "BB");
    for (let i = 0; i < 12; i++) one.viewer();
    two.viewer();
    stage.wait(1_000);
    two.kill();
    const late = one.viewer();
    stage.wait(ANSWER_MS);
    expect(new Set(late.peers()).size).toBe(8);
  });

  test("[TK32] nobody is signalled over the bus without an introduction", () => {
    const stage = createClusterStage();
    const [one, two] = startAll(stage, "AA", "BB");
    const alice = one.viewer();
    const bob = two.viewer({ peersWanted: 0 });
    stage.wait(500);
    bob.say({ type: "signal", to: alice.id, signal: "offer" });
    expect(bob.received("error")[0]?.code).toBe("not-introduced");
    stage.forge(inboxOf("AA"), "BB", { type: "signal", to: alice.id, from: bob.id, signal: "offer" });
    stage.wait(10);
    expect(alice.received("signal")).toEqual([]);
    expect(one.stats().cluster.dropped).toBe(1);
  });

  test("[TK33] whoever leaves is reported to its neighbours elsewhere, and a signal to nobody is answered", () => {
    const stage = createClusterStage();
    const [one, two] = startAll(stage, "AA", "BB");
    const alice = one.viewer();
    const bob = two.viewer();
    stage.wait(ANSWER_MS);
    alice.drop();
    stage.wait(10);
    expect(bob.received("gone")).toEqual([{ type: "gone", peer: alice.id }]);
    bob.say({ type: "signal", to: alice.id, signal: "offer" });
    stage.wait(10);
    expect(bob.received("gone")).toHaveLength(2);
  });

  test("records of no use change nothing", () => {
    const stage = createClusterStage();
    const [one] = startAll(stage, "AA", "BB");
    const alice = one.viewer();
    stage.wait(ANSWER_MS);
    const nobody = "ZZ00000001" as PeerId;
    stage.forge(inboxOf("AA"), "ZZ", { type: "signal", to: "AA99999999" as PeerId, from: nobody, signal: "x" });
    stage.forge(inboxOf("AA"), "ZZ", { type: "gone", to: alice.id, peer: nobody });
    for (let i = 0; i < 1_000; i++)
      stage.forge(inboxOf("AA"), "ZZ", {
        type: "answer",
        query: i,
        peers: [{ peer: nobody, uplink: 2, prefixKey: "there" }],
      });
    stage.wait(10);
    expect(alice.peers()).toEqual([]);
    expect(alice.received("gone")).toEqual([]);
    expect(one.stats().cluster.dropped).toBe(1_001);
  });
});

describe("election seats across processes", () => {
  test("[TK34] each is held by exactly one viewer, wherever viewers come and go", () => {
    const stage = createClusterStage();
    const [one, two, three] = startAll(stage, "AA", "BB", "CC");
    const viewers = new Set<Viewer>();
    const check = (): void => {
      stage.wait(20);
      expect(dealt([...viewers])).toEqual(ALL_SEATS);
    };
    const come = (node: typeof one, count: number): Viewer[] =>
      Array.from({ length: count }, () => {
        const viewer = node.viewer({ track: TRACK });
        viewers.add(viewer);
        return viewer;
      });
    const go = (leaving: Viewer[]): void => {
      for (const viewer of leaving) {
        viewer.drop();
        viewers.delete(viewer);
      }
    };
    const first = come(one, 3);
    check();
    const second = come(two, 10);
    check();
    come(three!, 40);
    check();
    stage.wait(60_000); // newcomers are admitted, the duty goes round
    check();
    go(second.slice(0, 7));
    check();
    go(first);
    check();
    go(second.slice(7));
    check();
    come(one, 5);
    check();
  });

  test("[TK34] one viewer beside ninety-nine elsewhere holds few", () => {
    const stage = createClusterStage();
    const [one, two] = startAll(stage, "AA", "BB");
    const alone = one.viewer({ track: TRACK });
    const crowd = Array.from({ length: 99 }, () => two.viewer({ track: TRACK }));
    stage.wait(10_000);
    expect(alone.seats(TRACK).length).toBeLessThanOrEqual(4);
    expect(dealt([alone, ...crowd])).toEqual(ALL_SEATS);
  });

  test("[TK34] tracks are dealt apart", () => {
    const stage = createClusterStage();
    const [one, two] = startAll(stage, "AA", "BB");
    const alice = one.viewer({ track: TRACK });
    const bob = two.viewer({ track: OTHER_TRACK });
    stage.wait(100);
    expect([alice.seats(TRACK), bob.seats(OTHER_TRACK)]).toEqual([ALL_SEATS, ALL_SEATS]);
    bob.say({ type: "update", uplink: 2, track: TRACK });
    stage.wait(100);
    expect(dealt([alice, bob])).toEqual(ALL_SEATS);
    expect(bob.seats(TRACK).length).toBeGreaterThan(0);
  });

  test("[TK35] the seats of a process that died are held again when it is forgotten", () => {
    const stage = createClusterStage();
    const [one, two, three] = startAll(stage, "AA", "BB", "CC");
    const rest = [one, three!, one, three!].map((node) => node.viewer({ track: TRACK }));
    const lost = [two.viewer({ track: TRACK }), two.viewer({ track: TRACK })];
    stage.wait(10_000);
    expect(dealt([...rest, ...lost])).toEqual(ALL_SEATS);
    expect(dealt(lost).length).toBeGreaterThan(0);
    two.kill();
    stage.wait(SILENT_MS + 20);
    expect(dealt(rest)).toEqual(ALL_SEATS);
  });
});

describe("the bus", () => {
  test("[TK36] is gone: everybody goes on with its own; back: all are one again", () => {
    const stage = createClusterStage();
    const [one, two] = startAll(stage, "AA", "BB");
    const alice = one.viewer({ track: TRACK });
    const bob = two.viewer({ track: TRACK });
    stage.wait(1_000);
    stage.cut();
    stage.wait(16_000);
    expect(one.stats().cluster).toMatchObject({ nodes: 1, busUp: false });
    expect(one.renewals()).toBe(1);
    expect([alice.seats(TRACK), bob.seats(TRACK)]).toEqual([ALL_SEATS, ALL_SEATS]);
    const carol = one.viewer({ track: TRACK });
    expect(carol.peers()).toEqual([alice.id]);
    stage.heal();
    stage.wait(1_200);
    expect(one.stats().cluster).toMatchObject({ nodes: 2, busUp: true });
    expect(dealt([alice, bob, carol])).toEqual(ALL_SEATS);
    const dave = one.viewer();
    stage.wait(ANSWER_MS);
    expect(dave.peers()).toContain(bob.id);
  });

  test("[TK37] a tracker without one says nothing to it", () => {
    const stage = createClusterStage();
    const node = stage.start("AA");
    stage.cut();
    const alice = node.viewer();
    const bob = node.viewer();
    expect(bob.received("joined")[0]).toMatchObject({ viewers: 2, peers: [{ peer: alice.id }] });
    expect(SWARM).toBe("the-swarm-of-tests");
  });
});
