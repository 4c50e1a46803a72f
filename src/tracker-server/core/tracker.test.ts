import { describe, expect, test } from "vitest";
import { createTrackerStage, OTHER_SWARM } from "../../../testkit/tracker-stage.ts";
import type { PeerId, TrackId } from "../../protocol/ids.ts";
import { INTRODUCTION_MS } from "./introductions.ts";

const HIGH = "00000000000000aa" as TrackId;
const LOW = "00000000000000bb" as TrackId;

describe("joining", () => {
  test("the first viewer is alone, the second is introduced to the first", () => {
    const stage = createTrackerStage();
    const alice = stage.viewer({ uplink: 1 });
    expect(alice.last("joined")).toMatchObject({ viewers: 1, peers: [], version: 1 });
    const bob = stage.viewer();
    expect(bob.last("joined")).toMatchObject({ viewers: 2, peers: [{ peer: alice.id, uplink: 1 }] });
    expect(alice.news()).toHaveLength(1); // she learns of him by his offer
  });

  test("viewers of different swarms never meet", () => {
    const stage = createTrackerStage();
    stage.viewer();
    expect(stage.viewer({ swarm: OTHER_SWARM }).last("joined")).toMatchObject({ viewers: 1, peers: [] });
  });

  test("a socket joins once", () => {
    const stage = createTrackerStage();
    const alice = stage.viewer().join();
    expect(alice.last("error").code).toBe("already-joined");
    expect(stage.stats().viewers).toBe(1);
  });

  test("a socket that does not join is closed", () => {
    const stage = createTrackerStage();
    const silent = stage.connect();
    stage.wait(9_999);
    expect(silent.closedWith).toBeUndefined();
    stage.wait(1);
    expect(silent.closedWith).toBe(1008);
  });

  test("nothing but a join is listened to before the join", () => {
    const stage = createTrackerStage();
    const early = stage.connect();
    early.say({ type: "need", peersWanted: 1, connected: 0 });
    expect(early.last("error").code).toBe("not-joined");
  });

  test("a full swarm and a full tracker say so, and close", () => {
    const stage = createTrackerStage({ viewersPerSwarmMax: 1, swarmsMax: 1 });
    stage.viewer();
    for (const late of [stage.viewer(), stage.viewer({ swarm: OTHER_SWARM })]) {
      expect(late.last("error")).toMatchObject({ code: "full", retryInMs: 30_000 });
      expect(late.closedWith).toBe(1013);
    }
  });

  test("a version that we do not speak is refused for good", () => {
    const stage = createTrackerStage();
    const old = stage.connect();
    stage.tell({
      type: "bad-message",
      connection: 1,
      code: "bad-version",
      field: "version",
      text: "version must be 1",
    });
    expect(old.last("error").code).toBe("bad-version");
    expect(old.closedWith).toBe(4002);
  });
});

test("[TK3] a viewer that has changed its level is introduced to those of the new one first, and keeps its id", () => {
  const stage = createTrackerStage();
  const low = Array.from({ length: 12 }, () => stage.viewer({ uplink: 1, track: LOW }));
  const high = Array.from({ length: 12 }, () => stage.viewer({ uplink: 1, track: HIGH }));
  const climber = stage.viewer({ uplink: 1, track: LOW, peersWanted: 0 });
  const { id } = climber;
  const metAs = (track: TrackId): readonly PeerId[] => {
    climber.say({ type: "update", uplink: 1, track });
    stage.wait(10_000);
    climber.say({ type: "need", peersWanted: 8, connected: 0 });
    return climber.last("peers").peers.map(({ peer }) => peer);
  };
  // Two of eight come from everywhere (TK4).
  expect(
    metAs(LOW)
      .slice(0, 6)
      .every((peer) => low.some((viewer) => viewer.id === peer)),
  ).toBe(true);
  expect(
    metAs(HIGH)
      .slice(0, 6)
      .every((peer) => high.some((viewer) => viewer.id === peer)),
  ).toBe(true);
  expect(climber.id).toBe(id);
});

describe("signals", () => {
  test("go both ways between two that were introduced, and to nobody else", () => {
    const stage = createTrackerStage();
    const alice = stage.viewer();
    const carol = stage.viewer({ peersWanted: 0 });
    const bob = stage.viewer({ peersWanted: 2 });
    bob.signal(alice.id, "offer");
    alice.signal(bob.id, "answer");
    expect(alice.received("signal")).toEqual([{ type: "signal", from: bob.id, signal: "offer" }]);
    expect(bob.received("signal")).toEqual([{ type: "signal", from: alice.id, signal: "answer" }]);
    expect(carol.received("signal")).toEqual([]);
  });

  test("do not reach anybody the sender was not introduced to", () => {
    const stage = createTrackerStage();
    const alice = stage.viewer();
    const stranger = stage.viewer({ peersWanted: 0 });
    stranger.signal(alice.id);
    stranger.signal(stranger.id);
    stranger.signal("nobody-010" as PeerId);
    expect(stranger.received("error").map(({ code, field }) => [code, field])).toEqual(
      Array.from({ length: 3 }, () => ["not-introduced", "to"]),
    );
    expect(alice.received("signal")).toEqual([]);
    expect(stranger.closedWith).toBeUndefined(); // a late candidate looks like this
  });

  test("an introduction expires", () => {
    const stage = createTrackerStage();
    const alice = stage.viewer();
    const bob = stage.viewer();
    stage.wait(INTRODUCTION_MS);
    bob.signal(alice.id);
    expect(alice.received("signal")).toEqual([]);
    expect(bob.last("error").code).toBe("not-introduced");
  });

  test("to one who has left, or is too slow, come back as gone", () => {
    const stage = createTrackerStage();
    const alice = stage.viewer();
    const bob = stage.viewer();
    bob.signal(alice.id);
    alice.losesWhatIsSent();
    expect(bob.received("gone")).toEqual([{ type: "gone", peer: alice.id }]);
    alice.say({ type: "leave" });
    bob.news();
    bob.signal(alice.id);
    expect(bob.news()).toEqual([{ type: "gone", peer: alice.id }]);
    expect(stage.stats().counters.undelivered).toBe(2);
  });
});

describe("leaving, dropping, coming back", () => {
  test("a leave is told to neighbours, and nothing remains", () => {
    const stage = createTrackerStage();
    const alice = stage.viewer();
    const bob = stage.viewer();
    alice.say({ type: "leave" });
    expect(alice.closedWith).toBe(1000);
    expect(bob.received("gone")).toEqual([{ type: "gone", peer: alice.id }]);
    alice.drop();
    expect(stage.stats()).toMatchObject({ viewers: 1, held: 0, connections: 1 });
  });

  test("a dropped socket is told to neighbours at once, and the viewer may resume id and all", () => {
    const stage = createTrackerStage();
    const alice = stage.viewer();
    const bob = stage.viewer();
    const { peer, resume } = alice.last("joined");
    alice.drop();
    expect(bob.received("gone")).toEqual([{ type: "gone", peer }]);
    expect(stage.viewer().last("joined").peers).toEqual([{ peer: bob.id, uplink: 2 }]); // nobody meets the absent
    stage.wait(1_000);
    bob.news();
    const back = stage.viewer({ resume, peersWanted: 0 });
    expect(back.last("joined")).toMatchObject({ peer, resume, viewers: 3 });
    expect(bob.news()).toEqual([]);
    bob.signal(peer, "restart");
    expect(back.last("signal")).toEqual({ type: "signal", from: bob.id, signal: "restart" });
    expect(stage.stats().counters).toMatchObject({ joins: 3, resumes: 1, drops: 1 });
  });

  test("a viewer may come back before its old socket was seen to be dead", () => {
    const stage = createTrackerStage();
    const alice = stage.viewer();
    const bob = stage.viewer();
    const { peer, resume } = alice.last("joined");
    const back = stage.viewer({ resume });
    expect(alice.closedWith).toBe(4001);
    alice.drop();
    expect(back.id).toBe(peer);
    expect(bob.received("gone")).toEqual([]);
    expect(stage.stats()).toMatchObject({ viewers: 2, held: 0 });
  });

  test("[TK43] a token is worth nothing in another swarm, or made up; who comes with one is counted, and is a newcomer", () => {
    const stage = createTrackerStage();
    const { peer, resume } = stage.viewer().last("joined");
    expect(stage.viewer({ resume: "made up" }).id).not.toBe(peer);
    expect(stage.viewer({ resume, swarm: OTHER_SWARM }).id).not.toBe(peer);
    expect(stage.stats().counters).toMatchObject({ resumes: 0, restores: 0, staleResumes: 2, joins: 3 });
  });

  test("[TK43] after two minutes the viewer is forgotten, and has its id back all the same", () => {
    const stage = createTrackerStage();
    const alice = stage.viewer();
    const { peer, resume } = alice.last("joined");
    alice.drop();
    stage.wait(120_000);
    expect(stage.viewer({ resume }).id).toBe(peer);
    expect(stage.stats().counters).toMatchObject({ resumes: 0, restores: 1, expired: 1 });
  });

  test("[TK44] a restarted tracker gives ids back, and introduces whom a viewer still lacks", () => {
    const before = createTrackerStage();
    const [alice, bob] = [before.viewer(), before.viewer()];
    const after = createTrackerStage();
    const backAlice = after.viewer({ resume: alice.last("joined").resume, links: 1, peersWanted: 7 });
    const backBob = after.viewer({ resume: bob.last("joined").resume, links: 1, peersWanted: 0 });
    const carol = after.viewer();
    expect([backAlice.id, backBob.id]).toEqual([alice.id, bob.id]);
    expect(backBob.last("joined").peers).toEqual([]);
    expect([alice.id, bob.id]).not.toContain(carol.id);
    expect(after.stats().counters).toMatchObject({ joins: 3, restores: 2, introductions: 2 });
  });

  test("no more viewers are held than the bound; the oldest go first", () => {
    const stage = createTrackerStage({ heldMax: 1 });
    const [alice, bob] = [stage.viewer(), stage.viewer()];
    const tokens = [alice, bob].map((viewer) => viewer.last("joined").resume);
    alice.drop();
    bob.drop();
    expect(stage.stats().held).toBe(1);
    for (const resume of tokens) stage.viewer({ resume });
    expect(stage.stats().counters).toMatchObject({ restores: 1, resumes: 1, expired: 1 });
  });

  test("a thousand viewers come and go, and nothing is left", () => {
    const stage = createTrackerStage({ upgradesPerAddress: { burst: 1_000, perSecond: 10 } });
    for (let n = 0; n < 1_000; n++) {
      const viewer = stage.viewer();
      if (n % 2) viewer.say({ type: "leave" });
      viewer.drop();
    }
    stage.wait(200_000);
    expect(stage.stats()).toMatchObject({
      connections: 0,
      viewers: 0,
      held: 0,
      swarmCount: 0,
      addresses: 0,
      swarms: [],
    });
  });
});

test("the same events and the same seed give the same introductions", () => {
  const run = (): unknown[] => {
    const stage = createTrackerStage();
    return Array.from({ length: 60 }, (_, n) => stage.viewer({ uplink: n % 3 === 0 ? 0 : 2 }).last("joined").peers);
  };
  expect(run()).toEqual(run());
});
