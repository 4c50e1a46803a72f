import { describe, expect, test } from "vitest";
import { harvest, WITHOUT_RATIONS } from "../../../testkit/adversaries/harvester.ts";
import { createTrackerStage } from "../../../testkit/tracker-stage.ts";
import type { PeerId } from "../../protocol/ids.ts";
import type { ViewerToTracker } from "../../protocol/tracker-message.ts";
import { TRACKER_LIMITS } from "./options.ts";
import { Ration } from "./ration.ts";

const RULE = { burst: 10, perSecond: 1, more: 4, viewersMax: 3 };

describe("a ration", () => {
  test("[TK85] is there at once, and comes back with time", () => {
    const ration = new Ration(0, "net", RULE);
    for (let n = 0; n < 10; n++) ration.take(0);
    expect(ration.available(0)).toBe(0);
    expect(ration.available(3_000)).toBe(3);
    expect(ration.available(100_000)).toBe(10);
  });

  test("[TK85] grows with the viewers there are, up to a bound, and forgets nothing when they go", () => {
    const ration = new Ration(0, "net", RULE);
    ration.open = 2;
    for (let n = 0; n < 14; n++) ration.take(0);
    expect(ration.available(0)).toBe(0);
    expect(ration.available(1_000)).toBe(2); // one a second for each of them
    ration.open = 50;
    expect(ration.available(1_000)).toBe(6);
    ration.open = 1;
    expect(ration.available(1_000)).toBe(0);
  });

  test("[TK85] keeps its second half for what the viewer asks for itself", () => {
    const ration = new Ration(0, "net", RULE);
    for (let n = 0; n < 6; n++) ration.take(0);
    expect([ration.isOpen(0), ration.available(0)]).toEqual([false, 4]);
    expect(ration.isOpen(1_000)).toBe(true);
  });
});

/** What one ration lets through in so many minutes. */
const quotaOf = (minutes: number): number => {
  const { burst, perSecond } = TRACKER_LIMITS.introductionsPerTicket;
  return burst + perSecond * minutes * 60;
};
const PLAN = { viewers: 400, sessionMs: 600_000, minutes: 10, addresses: 1, hasTickets: true };

describe("[T10] who wants the addresses of a swarm", () => {
  test("[TK86] gets with one ticket no more than its ration, from however many addresses", () => {
    for (const addresses of [1, 10, 100]) {
      const { learnt, linksMin } = harvest({ ...PLAN, addresses });
      expect(learnt.at(-1)).toBeLessThanOrEqual(quotaOf(PLAN.minutes));
      expect(linksMin).toBeGreaterThanOrEqual(6); // and the others have what they want
    }
  });

  test("[TK85] gets without tickets no more than the ration of each network that it comes from", () => {
    const { learnt } = harvest({ ...PLAN, hasTickets: false });
    // Two sockets there: 8 more at once, and twice as many later.
    expect(learnt.at(-1)).toBeLessThanOrEqual(
      TRACKER_LIMITS.introductionsPerPrefix.burst + 8 + 2 * (quotaOf(10) - quotaOf(0)),
    );
  });

  test("would have nearly all without rations", () => {
    const { learnt, viewers } = harvest({ ...PLAN, limits: WITHOUT_RATIONS });
    expect(learnt.at(-1)).toBeGreaterThan(0.9 * viewers);
  });

  test("no message is answered with a list of the swarm", () => {
    const stage = createTrackerStage({
      connectionsPerAddressMax: 1_000,
      upgradesPerAddress: { burst: 1_000, perSecond: 1 },
    });
    const crowd = Array.from({ length: 200 }, () => stage.viewer({ peersWanted: 0 }));
    const [peer] = crowd.map(({ id }) => id);
    if (peer === undefined) throw new Error("a crowd");
    const track = "00000000000000aa" as never;
    // One of each, so that a message that is added here has to be added there.
    const all: { readonly [Type in ViewerToTracker["type"]]: Extract<ViewerToTracker, { type: Type }> } = {
      join: {
        type: "join",
        version: 1,
        versionMin: 1,
        swarm: "the-swarm-of-tests" as never,
        peersWanted: 16,
        uplink: 2,
      },
      need: { type: "need", peersWanted: 16, connected: 0 },
      signal: { type: "signal", to: peer, signal: "o" },
      update: { type: "update", uplink: 2, track },
      report: { type: "report", peerBytes: 0, originBytes: 0, uploadedBytes: 0, wastedBytes: 0, peers: 0 },
      hashes: { type: "hashes", track, sequence: 1, tag: 1, byteLength: 1, from: 0, hashes: "00".repeat(16) },
      accuse: { type: "accuse", peer },
      leave: { type: "leave" },
    };
    const asker = stage.connect();
    const told = new Set<PeerId>();
    const ids = crowd.map(({ id }) => id);
    for (const message of Object.values(all)) {
      asker.say(message);
      const news = JSON.stringify(asker.news());
      const named = ids.filter((id) => news.includes(id));
      expect(named.length).toBeLessThanOrEqual(16);
      for (const id of named) told.add(id);
    }
    expect(told.size).toBeGreaterThan(16);
    expect(told.size).toBeLessThanOrEqual(TRACKER_LIMITS.introductions.burst);
  });
});

describe("honest viewers", () => {
  test("[TK85] a school behind one address has peers enough, in it and beyond", () => {
    const stage = createTrackerStage({ connectionsPerAddressMax: 1_000 });
    for (let n = 0; n < 1_000; n++) stage.connect(`home-${String(n)}`).join({ peersWanted: 0 });
    const inSchool = new Set<PeerId>();
    const pupils = Array.from({ length: 300 }, () => {
      stage.wait(100); // half a minute for all of them, as the bell rings
      const pupil = stage.connect("school").join({ peersWanted: 8 });
      inSchool.add(pupil.id);
      return pupil;
    });
    const peers = pupils.map((pupil) => pupil.last("joined").peers.map(({ peer }) => peer));
    expect(Math.min(...peers.slice(8).map((list) => list.length))).toBe(8);
    const beyond = peers.flat().filter((peer) => !inSchool.has(peer)).length;
    expect(beyond / pupils.length).toBeGreaterThan(3);
  });

  test("[TK87] neighbours in one network cost no ration", () => {
    const stage = createTrackerStage({ introductionsPerPrefix: { burst: 1, perSecond: 0.001 } });
    const three = [1, 2, 3].map(() => stage.connect("house").join());
    expect(three.map((viewer) => viewer.last("joined").peers.length)).toEqual([0, 1, 2]);
  });

  test("[TK86] a viewer that comes back, or moves, draws on the ration of its ticket as before", () => {
    const limits = { introductionsPerTicket: { burst: 6, perSecond: 0.001 } };
    const stage = createTrackerStage(limits, {}, (jti) => ({
      claims: { jti, exp: 1, swarms: ["the-swarm-of-tests" as never] },
      expiresInMs: 1_000_000,
    }));
    for (let n = 0; n < 50; n++) stage.connect(`home-${String(n)}`).join({ ticket: `v${String(n)}`, peersWanted: 0 });
    const first = stage.connect("here").join({ ticket: "mine", peersWanted: 4 });
    expect(first.last("joined").peers).toHaveLength(4);
    first.say({ type: "leave" });
    const moved = stage.connect("there").join({ resume: first.last("joined").resume, peersWanted: 4 });
    expect(moved.last("joined").peers).toHaveLength(2);
    expect(stage.connect("anywhere").join({ ticket: "mine", peersWanted: 4 }).last("joined").peers).toHaveLength(0);
  });
});
