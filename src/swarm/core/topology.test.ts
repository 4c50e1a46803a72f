import { describe, expect, test } from "vitest";
import { createRng } from "../../base/random.ts";
import { swarmIdOf, trackIdOf, type PeerId } from "../../protocol/ids.ts";
import type { Place, TrackerToViewer } from "../../protocol/tracker-message.ts";
import type { SwarmAction } from "./action.ts";
import { Topology, type Report } from "./topology.ts";
import { DEFAULT_TUNING } from "./tuning.ts";
import type { Surroundings } from "./whereabouts.ts";

const report = (): Report => ({
  ...{ peerBytes: 1, originBytes: 2, originReceivedBytes: 2, uploadedBytes: 3, wastedBytes: 0 },
  ...{ stalls: 0, stalledMs: 0, playedMs: 0, startUpMs: 0 },
  peers: 1,
});
const LIVE: Surroundings = { place: undefined, providers: 0 };
const peerId = (name: string): PeerId => name.padEnd(10, "_") as PeerId;

const HERE = "wss://here.test";

function createTopology(seed = 1, trackers: readonly string[] = [HERE]): Topology {
  return new Topology({
    swarm: swarmIdOf("stream"),
    trackers,
    uplink: 1,
    tuning: DEFAULT_TUNING,
    rng: createRng(seed),
  });
}

/** A viewer that the tracker has let in and given these candidates. */
function joined(candidates: readonly string[], self = "m"): Topology {
  const topology = createTopology();
  topology.evaluate(0, true, LIVE, report);
  topology.trackerOpened(0);
  topology.trackerMessage(100, welcome(candidates, self));
  return topology;
}

const welcome = (candidates: readonly string[], self: string): Extract<TrackerToViewer, { type: "joined" }> => ({
  type: "joined",
  version: 1,
  peer: peerId(self),
  resume: "token",
  viewers: candidates.length + 1,
  reportEveryMs: 10_000,
  peers: candidates.map((name) => ({ peer: peerId(name), uplink: 1 })),
});

const dialed = (actions: readonly SwarmAction[]): string[] =>
  actions.flatMap((action) => (action.type === "open-peer" ? [action.peer] : []));
const sent = (actions: readonly SwarmAction[], type: string) =>
  actions.flatMap((action) => (action.type === "send-tracker" && action.message.type === type ? [action.message] : []));

describe("the tracker", () => {
  test("[TR74] asks for another ticket when one is refused, and is left alone when the next is too", () => {
    const topology = joined([]);
    const refusal = { type: "error", code: "bad-ticket", message: "" } as const;
    expect(topology.trackerMessage(1000, refusal).actions).toEqual([{ type: "close-tracker" }]);
    topology.evaluate(60_000, true, LIVE, report);
    expect(sent(topology.trackerOpened(60_000), "join")).toMatchObject([{ resume: undefined }]);
    topology.trackerMessage(60_100, refusal);
    expect(topology.trackerPhase).toBe("off");
    expect(topology.nextWakeup()).toBe(Infinity);
  });

  test("[TR74] is called no more once it has banned us", () => {
    const topology = joined([]);
    const actions = topology.trackerMessage(1000, { type: "error", code: "banned", message: "" }).actions;
    expect(actions).toEqual([{ type: "close-tracker" }]);
    expect(topology.trackerPhase).toBe("off");
  });

  test("[TR71] links whose description was forged are counted", () => {
    const topology = joined(["a", "b"]);
    topology.evaluate(100, true, LIVE, report);
    topology.closed(200, peerId("a"), "forged signal");
    topology.closed(200, peerId("b"), "connect timeout");
    expect(topology.forgedSignals).toBe(1);
  });

  test("is joined with the swarm's name, and again with the token of the last time", () => {
    const topology = joined([]);
    topology.trackerClosed(1000);
    topology.evaluate(60_000, true, LIVE, report);
    expect(sent(topology.trackerOpened(60_000), "join")).toMatchObject([
      { swarm: swarmIdOf("stream"), resume: "token" },
    ]);
  });

  test("[TR50] may name more peers unasked, soon after it has answered", () => {
    const topology = joined(["a"]);
    expect(dialed(topology.evaluate(100, true, LIVE, report))).toEqual([peerId("a")]);
    topology.trackerMessage(200, { type: "peers", viewers: 40, peers: [{ peer: peerId("far"), uplink: 2 }] });
    expect(dialed(topology.evaluate(200, true, LIVE, report))).toEqual([peerId("far")]);
    expect(topology.viewers).toBe(40);
  });

  test("[TR13] hears of a rendition that became known while it was joined, as soon as it has answered", () => {
    const track = trackIdOf("video");
    const topology = createTopology();
    topology.evaluate(0, true, LIVE, report);
    expect(sent(topology.trackerOpened(0), "join")[0]).not.toHaveProperty("track");
    expect(topology.watch([track])).toEqual([]);
    expect(sent(topology.trackerMessage(100, welcome([], "m")).actions, "update")).toMatchObject([{ track }]);
  });

  test("[TR13] hears nothing twice: what `join` has told needs no update", () => {
    const topology = createTopology();
    topology.watch([trackIdOf("video")]);
    topology.evaluate(0, true, LIVE, report);
    expect(sent(topology.trackerOpened(0), "join")).toMatchObject([{ track: trackIdOf("video") }]);
    expect(topology.trackerMessage(100, welcome([], "m")).actions).toEqual([]);
  });

  test("[SW80] is tried again after 0.5 s, doubling to 30 s, at another moment by each viewer", () => {
    const waits = [1, 2, 3, 4].map((seed) => {
      const topology = createTopology(seed);
      let now = 0;
      return Array.from({ length: 10 }, () => {
        expect(topology.evaluate(now, true, LIVE, report)).toContainEqual({ type: "open-tracker", url: HERE });
        topology.trackerClosed(now);
        const wait = topology.nextWakeup() - now;
        now = topology.nextWakeup();
        return wait;
      });
    });
    for (const wait of waits) {
      expect(wait[0]).toBeLessThanOrEqual(500);
      expect(wait[3]).toBeLessThanOrEqual(4_000);
      expect(Math.max(...wait)).toBeGreaterThan(15_000);
      expect(Math.max(...wait)).toBeLessThanOrEqual(30_000);
    }
    expect(new Set(waits.map((wait) => wait[9])).size).toBe(4);
  });

  test("that drains is left and found again when it said", () => {
    const topology = joined([]);
    const { actions } = topology.trackerMessage(1000, { type: "drain", reconnectInMs: 7000 });
    expect(actions).toEqual([{ type: "close-tracker" }]);
    expect(topology.evaluate(7999, true, LIVE, report)).toEqual([]);
    expect(topology.evaluate(8000, true, LIVE, report)).toEqual([{ type: "open-tracker", url: HERE }]);
  });

  test("[SW80] that takes the socket and then says nothing is left after 10 s and tried again", () => {
    const topology = createTopology();
    topology.evaluate(0, true, LIVE, report);
    topology.trackerOpened(40);
    expect(topology.nextWakeup()).toBe(10_040);
    expect(topology.evaluate(10_039, true, LIVE, report)).toEqual([]);
    expect(topology.evaluate(10_040, true, LIVE, report)).toEqual([{ type: "close-tracker" }]);
    expect(topology.trackerPhase).toBe("lost");
    expect(topology.evaluate(topology.nextWakeup(), true, LIVE, report)).toEqual([{ type: "open-tracker", url: HERE }]);
  });

  test("[SW80] that is full is tried again when it said, even though it closes the socket before", () => {
    const topology = createTopology();
    topology.evaluate(0, true, LIVE, report);
    topology.trackerOpened(40);
    const full = { type: "error", code: "full", message: "too many", retryInMs: 30_000 } as const;
    expect(topology.trackerMessage(100, full).actions).toEqual([{ type: "close-tracker" }]);
    topology.trackerClosed(110);
    expect(topology.evaluate(30_099, true, LIVE, report)).toEqual([]);
    expect(topology.nextWakeup()).toBeLessThanOrEqual(30_600);
    expect(topology.evaluate(topology.nextWakeup(), true, LIVE, report)).toEqual([{ type: "open-tracker", url: HERE }]);
  });

  test("[TR14] is told what was counted since the session began, whichever tracker it is", () => {
    const topology = joined([]);
    const bytesAt = (now: number, peerBytes: number): unknown =>
      sent(
        topology.evaluate(now, true, LIVE, () => ({ ...report(), peerBytes })),
        "report",
      )[0];
    expect(bytesAt(20_000, 100)).toMatchObject({ peerBytes: 100 });
    topology.trackerClosed(21_000);
    topology.trackerOpened(21_000);
    const more = { version: 1, resume: "token", viewers: 1, reportEveryMs: 10_000, peers: [] };
    topology.trackerMessage(21_000, { type: "joined", peer: peerId("n"), ...more });
    expect(bytesAt(40_000, 150)).toMatchObject({ peerBytes: 150 });
  });

  test("[TR43] is told at once when the session may end, and nothing when it has not been joined", () => {
    const topology = joined([]);
    expect(sent(topology.report(200, report()), "report")).toEqual([{ type: "report", ...report() }]);
    expect(topology.nextWakeup()).toBeGreaterThan(200);
    topology.trackerClosed(300);
    expect(topology.report(400, report())).toEqual([]);
  });

  test("[TR41] that holds this viewer out hears reports, no needs, and its group on every further join", () => {
    const topology = createTopology();
    topology.evaluate(0, true, LIVE, report);
    expect(sent(topology.trackerOpened(10), "join")).not.toMatchObject([{ holdOut: true }]);
    const more = { version: 1, resume: "token", viewers: 1, reportEveryMs: 10_000, peers: [] };
    topology.trackerMessage(20, { type: "joined", peer: peerId("m"), ...more, holdOut: true });
    const said: unknown[] = [];
    for (let now = 20; now <= 60_020; now = Math.max(now + 100, topology.nextWakeup()))
      said.push(...topology.evaluate(now, true, LIVE, report).map((action) => "message" in action && action.message));
    expect(said).toHaveLength(6);
    expect(said).toEqual(Array.from({ length: 6 }, () => expect.objectContaining({ type: "report" }) as unknown));
    topology.trackerClosed(61_000);
    expect(sent(topology.trackerOpened(62_000), "join")[0]).toMatchObject({ holdOut: true, resume: "token" });
  });

  test("[TR34] that is joined again hears how many links live, and introduces only whom we lack", () => {
    const topology = joined(["a", "b", "c"]);
    for (const name of dialed(topology.evaluate(200, true, LIVE, report))) topology.opened(peerId(name));
    topology.trackerClosed(1000);
    const [join] = sent(topology.trackerOpened(2000), "join");
    expect(join).toMatchObject({ links: 3, peersWanted: DEFAULT_TUNING.peersWanted - 3 });
    topology.trackerMessage(2100, welcome(["a", "b", "c", "d"], "m"));
    expect(dialed(topology.evaluate(2200, true, LIVE, report))).toEqual([peerId("d")]);
  });

  test("[TR32] that sends us on is left at once for the one it names", () => {
    const topology = createTopology();
    topology.evaluate(0, true, LIVE, report);
    const redirect = { type: "redirect", trackers: ["wss://there.test"] } as const;
    expect(topology.trackerMessage(100, redirect).actions).toEqual([{ type: "close-tracker" }]);
    expect(topology.evaluate(100, true, LIVE, report)).toEqual([{ type: "open-tracker", url: "wss://there.test" }]);
  });

  test("of another version is left for good, and so is none at all", () => {
    const topology = joined([]);
    topology.trackerMessage(1000, { type: "error", code: "bad-version", message: "too new" });
    expect(topology.trackerPhase).toBe("off");
    expect(topology.nextWakeup()).toBe(Infinity);
    expect(createTopology(1, []).evaluate(0, true, LIVE, report)).toEqual([]);
  });

  test("is told the bytes as often as it asked for", () => {
    const topology = joined([]);
    expect(sent(topology.evaluate(10_099, true, LIVE, report), "report")).toEqual([]);
    expect(sent(topology.evaluate(10_100, true, LIVE, report), "report")).toEqual([{ type: "report", ...report() }]);
    expect(sent(topology.evaluate(10_200, true, LIVE, report), "report")).toEqual([]);
  });
});

describe("dialing", () => {
  const twelve = Array.from({ length: 12 }, (_, i) => `peer${String(i)}`);

  test("[SW81] goes to eight candidates, and to the next ones when some cannot be reached", () => {
    const topology = joined(twelve);
    const first = dialed(topology.evaluate(100, true, LIVE, report));
    expect(first).toHaveLength(8);
    topology.closed(5000, first[0] as PeerId);
    const next = dialed(topology.evaluate(5000, true, LIVE, report));
    expect(next).toHaveLength(1);
    expect(first).not.toContain(next[0]);
  });

  test("[SW81] more are asked for while there are too few, ever more rarely", () => {
    const topology = joined(["bob"]);
    const asked: number[] = [];
    for (let now = 100; now < 300_000; now += 100) {
      const needs = sent(topology.evaluate(now, true, LIVE, report), "need");
      if (needs.length === 0) continue;
      asked.push(now);
      topology.trackerMessage(now, { type: "peers", viewers: 2, peers: [] });
    }
    const gaps = asked.slice(1).map((at, i) => at - (asked[i] ?? 0));
    expect(gaps.every((gap) => gap >= 5000)).toBe(true);
    expect(gaps.at(-1)).toBeGreaterThanOrEqual(45_000);
    expect(gaps.at(-1)).toBeLessThanOrEqual(75_000);
  });

  test("[SW83] both offered: the lower id's offer stands", () => {
    const lower = joined(["z"], "m");
    lower.evaluate(100, true, LIVE, report);
    expect(lower.signalled(peerId("z"), "ooffer")).toEqual([]);

    const higher = joined(["a"], "m");
    higher.evaluate(100, true, LIVE, report);
    expect(higher.signalled(peerId("a"), "ooffer")).toEqual([
      { type: "close-peer", peer: peerId("a"), reason: "duplicate" },
      { type: "open-peer", peer: peerId("a"), initiator: false },
      { type: "signal-peer", peer: peerId("a"), signal: "offer" },
    ]);
  });

  test("[SW81] a stranger's offer is answered while there is room; a late answer is not", () => {
    const topology = joined([]);
    expect(dialed(topology.signalled(peerId("new"), "ooffer"))).toEqual([peerId("new")]);
    expect(topology.signalled(peerId("ghost"), "aanswer")).toEqual([]);
    for (let i = 0; i < 40; i++) topology.signalled(peerId(`p${String(i)}`), "ooffer");
    expect(topology.dialing.size).toBe(DEFAULT_TUNING.peersMax);
  });

  test("signals say which side they come from", () => {
    const topology = joined(["bob"]);
    topology.evaluate(100, true, LIVE, report);
    topology.signalled(peerId("carol"), "ooffer");
    const relayed = (name: string) => sent(topology.relay(peerId(name), "x"), "signal");
    expect(relayed("bob")).toMatchObject([{ to: peerId("bob"), signal: "ox" }]);
    expect(relayed("carol")).toMatchObject([{ to: peerId("carol"), signal: "ax" }]);
    expect(relayed("nobody")).toEqual([]);
  });

  test("a peer that could not be reached is left alone for a minute, whoever names it", () => {
    const topology = joined(["bob"]);
    topology.evaluate(100, true, LIVE, report);
    topology.closed(10_000, peerId("bob"));
    const introduced = (now: number): string[] => {
      topology.trackerMessage(now, { type: "peers", viewers: 2, peers: [{ peer: peerId("bob"), uplink: 1 }] });
      return dialed(topology.evaluate(now, true, LIVE, report));
    };
    expect(introduced(69_999)).toEqual([]);
    expect(introduced(70_000)).toEqual([peerId("bob")]);
  });

  test("a peer that has left is not dialed any more", () => {
    const topology = joined(["bob", "carol"]);
    expect(topology.trackerMessage(150, { type: "gone", peer: peerId("bob") }).gone).toBe(peerId("bob"));
    expect(dialed(topology.evaluate(200, true, LIVE, report))).toEqual([peerId("carol")]);
  });

  test("[SW81] a link that closes is made up for by the next candidate, or by asking within 6 s", () => {
    const topology = joined(["bob"]);
    topology.evaluate(100, true, LIVE, report);
    topology.opened(peerId("bob"));
    for (let now = 100; now < 60_000; now += 100) topology.evaluate(now, true, LIVE, report);
    topology.closed(60_000, peerId("bob"));
    const asked = Array.from({ length: 100 }, (_, i) => 60_000 + i * 100).find(
      (now) => sent(topology.evaluate(now, true, LIVE, report), "need").length > 0,
    );
    expect(asked).toBe(66_000);
  });

  test("[SW83] an open link stands against any offer", () => {
    const topology = joined(["a", "z"], "m");
    topology.evaluate(100, true, LIVE, report);
    for (const name of ["a", "z"]) {
      topology.opened(peerId(name));
      expect(topology.signalled(peerId(name), "ooffer")).toEqual([]);
    }
  });

  test("candidates are kept to dial later, the newest ones, and never without end", () => {
    const topology = joined(twelve);
    for (let i = 0; i < 30; i++)
      topology.trackerMessage(200 + i, {
        type: "peers",
        viewers: 500,
        peers: Array.from({ length: 16 }, (_, j) => ({ peer: peerId(`x${String(i)}x${String(j)}`), uplink: 1 })),
      });
    const all = new Set<string>();
    for (let now = 1000; now < 20_000; now += 100)
      for (const peer of dialed(topology.evaluate(now, true, LIVE, report))) {
        all.add(peer);
        topology.closed(now, peer as PeerId);
      }
    expect(all.size).toBe(64);
    expect(all.has(peerId("x29x15"))).toBe(true);
  });

  test("a tracker that asks for patience is not asked for candidates before", () => {
    const topology = joined(["bob"]);
    topology.trackerMessage(200, { type: "error", code: "rate-limited", message: "slowly", retryInMs: 20_000 });
    const asked = Array.from({ length: 300 }, (_, i) => 200 + i * 100).find(
      (now) => sent(topology.evaluate(now, true, LIVE, report), "need").length > 0,
    );
    expect(asked).toBe(20_200);
  });
});

describe("hope for peers", () => {
  test("[SW2] lasts two seconds from the start, and two more when somebody was introduced", () => {
    const topology = createTopology();
    expect(topology.hopeUntil(1000)).toBe(3000);
    expect(topology.hopeUntil(1500)).toBe(3000);
    expect(joined(["bob"]).hopeUntil(100)).toBe(2100);
  });

  test("[SW2] is given up without tracker, without anybody else there, and when the tracker is lost", () => {
    expect(createTopology(1, []).hopeUntil(1000)).toBe(1000);
    expect(joined([]).hopeUntil(5000)).toBeLessThanOrEqual(5000);
    const topology = createTopology();
    topology.hopeUntil(0);
    topology.trackerClosed(700);
    expect(topology.hopeUntil(800)).toBeLessThanOrEqual(800);
  });
});

describe("in recorded video", () => {
  const place = (position: number, behind = 0): Place => ({ position, ahead: 0, behind, playing: true });
  /** At second `now` of the title, which began with the clock; everything has been held since. */
  const onward = (now: number, providers: number): Surroundings => ({
    place: place(now / 1000, now / 1000),
    providers,
  });
  const names = (count: number, letter = "p"): string[] =>
    Array.from({ length: count }, (_, i) => `${letter}${String(i)}`);
  const introduce = (topology: Topology, now: number, peers: readonly string[]): void => {
    const introduced = peers.map((name) => ({ peer: peerId(name), uplink: 1 as const }));
    topology.trackerMessage(now, { type: "peers", viewers: 99, peers: introduced });
  };
  const places = (actions: readonly SwarmAction[]): unknown[] =>
    actions.flatMap((action) =>
      action.type === "send-tracker" && "place" in action.message
        ? [[action.message.type, action.message.place?.position]]
        : [],
    );

  test("[SW90] followers do not count against the peers that are dialed, nor providers against those who dial us", () => {
    const topology = joined([]);
    topology.evaluate(100, true, onward(100, 0), report);
    for (const name of names(26, "f")) topology.signalled(peerId(name), "ooffer");
    expect(topology.dialing.size).toBe(DEFAULT_TUNING.peersMax + DEFAULT_TUNING.peersWanted);
    for (const name of names(10, "f")) topology.closed(200, peerId(name));
    introduce(topology, 300, names(12));
    expect(dialed(topology.evaluate(300, true, onward(300, 0), report))).toHaveLength(8);
    expect(dialed(topology.evaluate(400, true, onward(400, 0), report))).toEqual([]);
  });

  test("[SW90] no more than 26 links in all are held or made", () => {
    const topology = joined([]);
    topology.evaluate(100, true, onward(100, 0), report);
    for (const name of names(22, "f")) topology.signalled(peerId(name), "ooffer");
    introduce(topology, 300, names(12));
    expect(dialed(topology.evaluate(300, true, onward(300, 0), report))).toHaveLength(4);
  });

  test("[SW91] with fewer than six providers the tracker is asked within 6 s, ever more rarely while that brings none", () => {
    const topology = joined([]);
    const needs: number[] = [];
    for (let now = 100; now < 200_000; now += 100) {
      const needed = sent(topology.evaluate(now, true, onward(now, now < 50_000 ? 6 : 5), report), "need");
      if (needed.length > 0) needs.push(now);
    }
    expect(needs[0]).toBe(50_000);
    const gaps = needs.slice(1).map((at, i) => at - (needs[i] ?? 0));
    expect(gaps.slice(0, 4)).toEqual([6000, 12_000, 24_000, 30_000]);
  });

  test("[SW91] a dial that is not answered within 2.5 s is not waited for", () => {
    const topology = joined([]);
    topology.evaluate(100, true, onward(100, 6), report);
    introduce(topology, 200, names(8));
    topology.evaluate(200, true, onward(200, 0), report);
    expect(topology.hopeUntil(300)).toBe(2700);
    expect(sent(topology.evaluate(2600, true, onward(2600, 0), report), "need")).toEqual([]);
    expect(sent(topology.evaluate(2700, true, onward(2700, 0), report), "need")).toMatchObject([{ peersWanted: 8 }]);
  });

  test("[SW91] a tracker that asks for patience is not asked before", () => {
    const topology = joined([]);
    topology.evaluate(100, true, onward(100, 6), report);
    topology.trackerMessage(200, { type: "error", code: "rate-limited", message: "slowly", retryInMs: 20_000 });
    const asked = Array.from({ length: 300 }, (_, i) => 200 + i * 100).find(
      (now) => sent(topology.evaluate(now, true, onward(now, 0), report), "need").length > 0,
    );
    expect(asked).toBe(20_200);
  });

  test("[SW92] the tracker hears of a jump at once, and of playing on only when what is kept has doubled", () => {
    const topology = joined([]);
    const told: unknown[] = [];
    const at = (now: number, surroundings: Surroundings): void => {
      const said = places(topology.evaluate(now, true, surroundings, report));
      if (said.length > 0) told.push([now, ...said]);
    };
    for (let now = 1000; now <= 100_000; now += 1000) at(now, onward(now, 6));
    at(100_500, { place: place(700), providers: 0 });
    at(107_000, { place: place(706.5, 6.5), providers: 6 });
    expect(told).toEqual([
      [1000, ["update", 1]],
      [11_000, ["update", 11]],
      [31_000, ["update", 31]],
      [71_000, ["update", 71]],
      [100_500, ["need", 700]],
    ]);
  });

  test("[SW92] candidates for where we were are forgotten after a jump", () => {
    const topology = joined([]);
    topology.evaluate(100, true, onward(100, 8), report);
    introduce(topology, 200, names(4));
    expect(dialed(topology.evaluate(200, true, onward(200, 8), report))).toEqual([]);
    expect(dialed(topology.evaluate(300, true, { place: place(500), providers: 0 }, report))).toEqual([]);
  });

  test("[SW92] a place that becomes known after joining forgets nobody: the tracker would not name them again so soon", () => {
    const topology = joined(["alice", "bob"]);
    expect(dialed(topology.evaluate(200, true, { place: place(0), providers: 0 }, report))).toHaveLength(2);
  });

  test("[SW92] join tells it as well, so that the first peers are ahead already", () => {
    const topology = joined([]);
    topology.evaluate(100, true, onward(100, 6), report);
    topology.trackerClosed(200);
    expect(places(topology.trackerOpened(60_000))).toEqual([["join", 0.1]]);
  });
});
