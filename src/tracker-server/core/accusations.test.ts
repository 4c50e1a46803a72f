import { describe, expect, test } from "vitest";
import { createClusterStage } from "../../../testkit/cluster-stage.ts";
import { createTrackerStage } from "../../../testkit/tracker-stage.ts";
import type { TrackId } from "../../protocol/ids.ts";
import { ACCUSED_MS } from "./accusations.ts";
import type { Network } from "./network.ts";
import { TRACKER_LIMITS } from "./options.ts";

const VIDEO = "00000000000000aa" as TrackId;

/** A forger, and peers that were introduced to it. */
function createScene() {
  const stage = createTrackerStage();
  const from = (address: string, network: Partial<Network> = {}) =>
    stage.connect(address, undefined, { prefixKey: address, ...network }).join({ track: VIDEO, peersWanted: 16 });
  const forger = from("forger");
  return { stage, from, forger, accuse: (accuser: typeof forger) => accuser.say({ type: "accuse", peer: forger.id }) };
}

describe("[TK75] an accusation", () => {
  test("counts once for all viewers of a network: a fleet of Sybils in one bans nobody", () => {
    const { stage, from, forger, accuse } = createScene();
    for (let n = 0; n < 7; n++) accuse(from("the Sybils' network"));
    for (let n = 0; n < 7; n++) accuse(from("another of theirs"));
    expect(forger.closedWith).toBeUndefined();
    expect(stage.stats().counters.bans).toBe(0);
    accuse(from("somebody else"));
    expect(forger.closedWith).toBe(1008);
  });

  test("is for peers that were introduced, whoever of them asked", () => {
    const { stage, from, forger, accuse } = createScene();
    for (const name of ["a", "b", "c"]) accuse(stage.connect(name).join({ peersWanted: 0 }));
    expect(forger.closedWith).toBeUndefined();
    const [early, asker] = [from("d"), from("e")];
    asker.say({ type: "accuse", peer: early.id });
    early.say({ type: "accuse", peer: asker.id });
    expect([early, asker].flatMap((viewer) => viewer.received("error"))).toEqual([]);
    expect(stage.stats()).toMatchObject({ counters: { accusations: 2 }, refusals: { "not-introduced": 3 } });
  });

  test("is forgotten after ten minutes", () => {
    const { stage, from, forger, accuse } = createScene();
    for (const name of ["a", "b"]) accuse(from(name));
    stage.wait(ACCUSED_MS);
    accuse(from("c"));
    expect(forger.closedWith).toBeUndefined();
  });
});

describe("[TK76] a banned viewer", () => {
  const banned = (network: Partial<Network> = {}) => {
    const scene = createScene();
    const peers = ["a", "b", "c"].map((name) => scene.from(name));
    const forger = scene.from("the forger's", network);
    const token = forger.last("joined").resume;
    for (const peer of peers) peer.say({ type: "accuse", peer: forger.id });
    return { ...scene, peers, token, forger };
  };

  test("is told why and closed, and its neighbours are told that it is gone", () => {
    const { forger, peers, stage } = banned();
    expect(forger.last("error")).toMatchObject({ code: "banned", retryInMs: TRACKER_LIMITS.banMs });
    expect(forger.closedWith).toBe(1008);
    for (const peer of peers) expect(peer.last("gone").peer).toBe(forger.id);
    expect(stage.stats()).toMatchObject({ viewers: 4, held: 0, refusals: { banned: 1 } });
  });

  test("gets no socket for a while, and others do", () => {
    const { stage, from } = banned();
    from("somebody else").last("joined");
    stage.connect("the forger's");
    stage.wait(TRACKER_LIMITS.banMs - 1);
    stage.connect("the forger's");
    expect(stage.refusals.map(({ cause }) => cause)).toEqual(["address-penalty", "address-penalty"]);
    stage.wait(1);
    from("the forger's").last("joined");
  });

  test("at this machine its address says nothing: others of it come in", () => {
    const { from } = banned({ isLoopback: true });
    from("the forger's", { isLoopback: true }).last("joined");
  });

  test("cannot take its id up again, from anywhere", () => {
    const { stage, token, forger } = banned();
    const back = stage.connect("elsewhere").join({ resume: token });
    expect(back.id).not.toBe(forger.id);
    expect(stage.stats().counters).toMatchObject({ staleResumes: 1, resumes: 0, restores: 0 });
  });

  test("that has lost its socket is forgotten with its id", () => {
    const { stage, forger, from, accuse } = createScene();
    const peers = ["a", "b", "c"].map((name) => from(name));
    const [{ id }, token] = [forger, forger.last("joined").resume];
    forger.drop();
    for (const peer of peers) accuse(peer);
    expect(stage.stats()).toMatchObject({ held: 0, counters: { bans: 1 } });
    expect(stage.connect("elsewhere").join({ resume: token }).id).not.toBe(id);
  });
});

test("[TK77] those of other processes accuse, too", () => {
  const cluster = createClusterStage();
  const [one, other] = [cluster.start("aa"), cluster.start("bb")];
  cluster.wait(3_000);
  const forger = one.viewer({ track: VIDEO });
  cluster.wait(3_000);
  const accusers = ["a", "b", "c"].map((name) => other.viewer({ track: VIDEO }, { prefixKey: name }));
  cluster.wait(3_000);
  for (const accuser of accusers) {
    expect(accuser.peers()).toContain(forger.id);
    accuser.say({ type: "accuse", peer: forger.id });
  }
  cluster.forge("n:aa", "bb", { type: "accuse", to: forger.id, from: forger.id, witness: "nobody's" });
  cluster.wait(100);
  expect(forger.received("error").map(({ code }) => code)).toEqual(["banned"]);
  expect(one.stats().counters).toMatchObject({ accusations: 3, bans: 1 });
});
