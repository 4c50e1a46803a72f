import { describe, expect, test } from "vitest";
import { createTrackerStage, SWARM } from "../../../testkit/tracker-stage.ts";

describe("asking for more", () => {
  test("need brings strangers, and at most once in five seconds", () => {
    const stage = createTrackerStage();
    stage.viewer();
    const bob = stage.viewer({ peersWanted: 1 });
    stage.viewer({ peersWanted: 0 });
    bob.say({ type: "need", peersWanted: 4, connected: 1 });
    expect(bob.last("peers")).toMatchObject({ viewers: 3, peers: [{ peer: "peer-00003" }] });
    stage.wait(4_000);
    bob.say({ type: "need", peersWanted: 4, connected: 1 });
    expect(bob.last("error")).toMatchObject({ code: "rate-limited", retryInMs: 1_000 });
    stage.wait(1_000);
    bob.say({ type: "need", peersWanted: 4, connected: 1 });
    expect(bob.received("peers")).toHaveLength(2);
  });

  test("nobody learns a whole swarm by asking on and on", () => {
    const stage = createTrackerStage({ upgradesPerAddress: { burst: 1_000, perSecond: 1 } });
    for (let n = 0; n < 250; n++) stage.viewer({ peersWanted: 0 });
    const harvester = stage.viewer({ peersWanted: 16 });
    const learnt = new Set(harvester.last("joined").peers.map(({ peer }) => peer));
    for (let minute = 0; minute < 60; minute++) {
      stage.wait(1_000);
      harvester.say({ type: "need", peersWanted: 16, connected: 0 });
      for (const { peer } of harvester.received("peers").at(-1)?.peers ?? []) learnt.add(peer);
      stage.wait(4_000);
    }
    // Five minutes: 48 at once, then 24 a minute.
    expect(learnt.size).toBeLessThanOrEqual(48 + 5 * 24);
  });

  test("a viewer whose uplink changed is introduced accordingly", () => {
    const stage = createTrackerStage();
    const alice = stage.viewer({ uplink: 0 });
    expect(stage.viewer({ uplink: 0 }).last("joined").peers).toEqual([]);
    alice.say({ type: "update", uplink: 1 });
    expect(stage.viewer({ uplink: 0 }).last("joined").peers).toEqual([{ peer: alice.id, uplink: 1 }]);
  });
});

describe("reports", () => {
  test("add up over those who are here and those who left", () => {
    const stage = createTrackerStage();
    const alice = stage.viewer();
    const bob = stage.viewer();
    alice.report(100, 100);
    alice.report(700, 100);
    bob.report(50, 150);
    alice.say({ type: "leave" });
    expect(stage.stats().swarms).toMatchObject([{ reported: { peerBytes: 750, originBytes: 250 }, offload: 0.75 }]);
    expect(stage.stats()).toMatchObject({ reported: { peerBytes: 750, originBytes: 250 }, offload: 0.75 });
  });

  test("a counter that goes back is refused, and named", () => {
    const stage = createTrackerStage();
    const alice = stage.viewer();
    alice.report(100, 50);
    alice.report(200, 49);
    expect(alice.last("error")).toMatchObject({ code: "bad-message", field: "originBytes" });
    expect(stage.stats().reported).toMatchObject({ peerBytes: 100, originBytes: 50 });
  });

  test("[TR14] go on over a resume: nothing is counted twice", () => {
    const stage = createTrackerStage();
    const alice = stage.viewer();
    alice.report(100, 100);
    alice.drop();
    stage.viewer({ resume: alice.last("joined").resume }).report(150, 100);
    expect(stage.stats().reported).toMatchObject({ peerBytes: 150, originBytes: 100 });
  });

  test("show neither ids to join with nor addresses", () => {
    const stage = createTrackerStage();
    const alice = stage.connect("203.0.113.7").join();
    const shown = JSON.stringify(stage.stats());
    expect(stage.stats().swarms[0]?.swarm).toBe(SWARM.slice(0, 8));
    for (const secret of [SWARM, alice.id, alice.last("joined").resume, "203.0.113.7"])
      expect(shown).not.toContain(secret);
  });
});

describe("bad behaviour", () => {
  test("a wrong message is answered with the field, and forgiven", () => {
    const stage = createTrackerStage();
    const alice = stage.viewer();
    alice.speakNonsense();
    expect(alice.last("error")).toEqual({
      type: "error",
      code: "bad-message",
      message: "swarm must be a swarm",
      field: "swarm",
    });
    for (let n = 0; n < 20; n++) {
      stage.wait(2_500);
      alice.speakNonsense();
    }
    expect(alice.closedWith).toBeUndefined();
    expect(stage.stats().refusals).toEqual({ "bad-field": 21 });
  });

  test("the fifth within ten seconds closes the socket, and nothing counts after that", () => {
    const stage = createTrackerStage();
    const alice = stage.viewer();
    for (let n = 0; n < 4; n++) alice.speakNonsense();
    expect(alice.closedWith).toBeUndefined();
    alice.speakNonsense();
    expect(alice.closedWith).toBe(1008);
    alice.speakNonsense();
    expect(alice.received("error")).toHaveLength(5);
  });

  test("too many messages are refused, and a flood closes the socket", () => {
    const stage = createTrackerStage();
    const alice = stage.viewer();
    const bob = stage.viewer();
    for (let n = 0; n < 299; n++) bob.signal(alice.id);
    expect(alice.received("signal")).toHaveLength(299);
    bob.signal(alice.id);
    expect(bob.last("error")).toMatchObject({ code: "rate-limited", retryInMs: 20 });
    expect(alice.received("signal")).toHaveLength(299);
    for (let n = 0; n < 4; n++) bob.ping();
    expect(bob.closedWith).toBe(4008);
    expect(alice.last("gone").peer).toBe(bob.id);
  });

  test("[TK61] a large message counts for several", () => {
    const stage = createTrackerStage({ messages: { burst: 11, perSecond: 1 } });
    const alice = stage.viewer();
    const bob = stage.viewer();
    for (let n = 0; n < 3; n++) bob.signal(alice.id, "x".repeat(8_000));
    expect(alice.received("signal")).toHaveLength(2);
    expect(bob.last("error")).toMatchObject({ code: "rate-limited", retryInMs: 2_000 });
  });

  test("[TK62] the sockets of one address have a rate together, and others have theirs", () => {
    const stage = createTrackerStage({ messagesPerAddress: { burst: 10, perSecond: 1 } });
    const alice = stage.connect("elsewhere").join();
    const office = [1, 2, 3, 4].map(() => stage.connect("office").join());
    for (const viewer of office) for (let n = 0; n < 2; n++) viewer.signal(alice.id);
    expect(alice.received("signal")).toHaveLength(6);
    expect(office.flatMap((viewer) => viewer.received("error"))).toMatchObject([
      { code: "rate-limited", retryInMs: 1_000 },
      { code: "rate-limited", retryInMs: 1_000 },
    ]);
    alice.signal(office[0]?.id ?? alice.id);
    expect(office[0]?.received("signal")).toHaveLength(1);
  });

  test("[TK63] a flood costs its address new sockets for half a minute, and nobody else", () => {
    const stage = createTrackerStage({ messages: { burst: 10, perSecond: 1 } });
    const flooder = stage.viewer();
    const neighbour = stage.viewer();
    for (let n = 0; n < 20; n++) flooder.ping();
    expect(flooder.closedWith).toBe(4008);
    flooder.drop();
    stage.connect();
    expect(stage.refusals).toMatchObject([{ status: 429, cause: "address-penalty" }]);
    expect(neighbour.closedWith).toBeUndefined();
    stage.connect("elsewhere");
    stage.wait(30_000);
    stage.connect();
    expect(stage.refusals).toHaveLength(1);
    expect(stage.stats().refusals).toMatchObject({ "rate-limited": 5, "address-penalty": 1 });
  });

  test("[TK64] of too many sockets that do not join the oldest are closed", () => {
    const stage = createTrackerStage({ handshakesMax: 3 });
    const alice = stage.viewer();
    const idle = [1, 2, 3, 4, 5].map(() => stage.connect());
    expect(idle.map((socket) => socket.closedWith)).toEqual([1013, 1013, undefined, undefined, undefined]);
    idle[4]?.join();
    expect(idle[4]?.last("joined").viewers).toBe(2);
    expect(alice.closedWith).toBeUndefined();
    expect(stage.stats().refusals).toEqual({ "handshakes-full": 2 });
  });

  test("[TK65] short of memory nobody new comes in, and those who are in go on", () => {
    const stage = createTrackerStage({ memoryBytesMax: 1_000_000 });
    const alice = stage.viewer();
    const bob = stage.viewer();
    stage.tell({ type: "memory-measured", bytes: 950_000 });
    expect(stage.stats().shortOfMemory).toBe(true);
    stage.connect();
    expect(stage.refusals).toMatchObject([{ status: 503, cause: "memory-full" }]);
    bob.signal(alice.id);
    expect(alice.received("signal")).toHaveLength(1);
    stage.tell({ type: "memory-measured", bytes: 700_000 });
    stage.viewer();
    expect(stage.stats()).toMatchObject({ viewers: 3, shortOfMemory: false });
  });

  test("too many sockets of one address are refused before they are any", () => {
    const stage = createTrackerStage({ connectionsPerAddressMax: 2 });
    stage.connect("office");
    stage.connect("office");
    stage.connect("office");
    stage.connect("home");
    expect(stage.refusals).toMatchObject([{ status: 429, reason: expect.stringContaining("--trust-proxy") as string }]);
    expect(stage.stats()).toMatchObject({ connections: 3, refusals: { "address-full": 1 } });
  });

  test("what the io side gave up for is counted", () => {
    const stage = createTrackerStage();
    stage.viewer().drop("silent");
    stage.viewer().drop("too-large");
    expect(stage.stats().refusals).toEqual({ silent: 1, "too-large": 1 });
  });
});

describe("draining", () => {
  test("everybody is told when to come back, spread out, and closed; nobody new comes in", () => {
    const stage = createTrackerStage({
      connectionsPerAddressMax: 1_000,
      upgradesPerAddress: { burst: 1_000, perSecond: 1 },
    });
    const viewers = Array.from({ length: 500 }, () => stage.viewer());
    const joining = stage.connect();
    stage.tell({ type: "drain" });
    stage.tell({ type: "drain" });
    expect(stage.stats().draining).toBe(true);
    stage.connect();
    expect(stage.refusals).toMatchObject([{ status: 503 }]);
    stage.wait(1_000);

    const waits = viewers.map((viewer) => viewer.last("drain").reconnectInMs);
    expect(Math.min(...waits)).toBeLessThan(500);
    expect(Math.max(...waits)).toBeGreaterThan(4_500);
    expect(Math.max(...waits)).toBeLessThan(5_000);
    for (const viewer of [...viewers, joining]) expect(viewer.closedWith).toBe(1012);
    // Links between viewers live on: nobody is said to be gone.
    expect(viewers.flatMap((viewer) => viewer.received("gone"))).toEqual([]);
  });
});
