import { describe, expect, test } from "vitest";
import { createRng } from "../../base/random.ts";
import { swarmIdOf, trackIdOf, type PeerId } from "../../protocol/ids.ts";
import type { SwarmAction } from "./action.ts";
import { Topology, type Report } from "./topology.ts";
import { DEFAULT_TUNING } from "./tuning.ts";

const report = (): Report => ({ peerBytes: 1, originBytes: 2, uploadedBytes: 3, wastedBytes: 0, peers: 1 });
const peerId = (name: string): PeerId => name.padEnd(10, "_") as PeerId;

function createTopology(seed = 1, tracker = true): Topology {
  return new Topology({ swarm: swarmIdOf("stream"), tracker, uplink: 1, tuning: DEFAULT_TUNING, rng: createRng(seed) });
}

/** A viewer that the tracker has let in and given these candidates. */
function joined(candidates: readonly string[], self = "m"): Topology {
  const topology = createTopology();
  topology.evaluate(0, true, report);
  topology.trackerOpened(0);
  topology.trackerMessage(100, {
    type: "joined",
    version: 1,
    peer: peerId(self),
    resume: "token",
    viewers: candidates.length + 1,
    reportEveryMs: 10_000,
    peers: candidates.map((name) => ({ peer: peerId(name), uplink: 1 })),
  });
  return topology;
}

const dialed = (actions: readonly SwarmAction[]): string[] =>
  actions.flatMap((action) => (action.type === "open-peer" ? [action.peer] : []));
const sent = (actions: readonly SwarmAction[], type: string) =>
  actions.flatMap((action) => (action.type === "send-tracker" && action.message.type === type ? [action.message] : []));

describe("the tracker", () => {
  test("is joined with the swarm's name, and again with the token of the last time", () => {
    const topology = joined([]);
    topology.trackerClosed(1000);
    topology.evaluate(60_000, true, report);
    expect(sent(topology.trackerOpened(60_000), "join")).toMatchObject([
      { swarm: swarmIdOf("stream"), resume: "token" },
    ]);
  });

  test("[SW80] is tried again after 0.5 s, doubling to 30 s, at another moment by each viewer", () => {
    const waits = [1, 2, 3, 4].map((seed) => {
      const topology = createTopology(seed);
      let now = 0;
      return Array.from({ length: 10 }, () => {
        expect(topology.evaluate(now, true, report)).toContainEqual({ type: "open-tracker" });
        topology.trackerClosed(now);
        const wait = topology.nextWakeup() - now;
        now = topology.nextWakeup();
        return wait;
      });
    });
    for (const wait of waits) {
      expect(wait[0]).toBeGreaterThanOrEqual(250);
      expect(wait[0]).toBeLessThanOrEqual(500);
      expect(wait[9]).toBeGreaterThanOrEqual(15_000);
      expect(wait[9]).toBeLessThanOrEqual(30_000);
    }
    expect(new Set(waits.map((wait) => wait[9])).size).toBe(4);
  });

  test("that drains is left and found again when it said", () => {
    const topology = joined([]);
    const { actions } = topology.trackerMessage(1000, { type: "drain", reconnectInMs: 7000 });
    expect(actions).toEqual([{ type: "close-tracker" }]);
    expect(topology.evaluate(7999, true, report)).toEqual([]);
    expect(topology.evaluate(8000, true, report)).toEqual([{ type: "open-tracker" }]);
  });

  test("[SW80] that takes the socket and then says nothing is left after 10 s and tried again", () => {
    const topology = createTopology();
    topology.evaluate(0, true, report);
    topology.trackerOpened(40);
    expect(topology.nextWakeup()).toBe(10_040);
    expect(topology.evaluate(10_039, true, report)).toEqual([]);
    expect(topology.evaluate(10_040, true, report)).toEqual([{ type: "close-tracker" }]);
    expect(topology.trackerPhase).toBe("lost");
    expect(topology.evaluate(topology.nextWakeup(), true, report)).toEqual([{ type: "open-tracker" }]);
  });

  test("[SW80] that is full is tried again when it said, even though it closes the socket before", () => {
    const topology = createTopology();
    topology.evaluate(0, true, report);
    topology.trackerOpened(40);
    const full = { type: "error", code: "full", message: "too many", retryInMs: 30_000 } as const;
    expect(topology.trackerMessage(100, full).actions).toEqual([{ type: "close-tracker" }]);
    topology.trackerClosed(110);
    expect(topology.nextWakeup()).toBe(30_100);
    expect(topology.evaluate(30_099, true, report)).toEqual([]);
    expect(topology.evaluate(30_100, true, report)).toEqual([{ type: "open-tracker" }]);
  });

  test("[TR14] is told of every byte once, also when it takes a viewer that comes back for a newcomer", () => {
    const topology = joined([]);
    const bytesAt = (now: number, peerBytes: number): unknown => {
      const told = topology.evaluate(now, true, () => ({ ...report(), peerBytes, originBytes: 2 * peerBytes }));
      return sent(told, "report")[0];
    };
    const comeBack = (now: number, peer: string): void => {
      topology.trackerClosed(now);
      topology.trackerOpened(now);
      const more = { version: 1, resume: "token", viewers: 1, reportEveryMs: 10_000, peers: [] };
      topology.trackerMessage(now, { type: "joined", peer: peerId(peer), ...more });
    };
    expect(bytesAt(20_000, 100)).toMatchObject({ peerBytes: 100, originBytes: 200 });
    comeBack(21_000, "m");
    expect(bytesAt(40_000, 150)).toMatchObject({ peerBytes: 150, originBytes: 300 });
    comeBack(41_000, "n");
    expect(bytesAt(60_000, 180)).toMatchObject({ peerBytes: 30, originBytes: 60 });
  });

  test("of another version is left for good, and so is none at all", () => {
    const topology = joined([]);
    topology.trackerMessage(1000, { type: "error", code: "bad-version", message: "too new" });
    expect(topology.trackerPhase).toBe("off");
    expect(topology.nextWakeup()).toBe(Infinity);
    expect(createTopology(1, false).evaluate(0, true, report)).toEqual([]);
  });

  test("is told the bytes as often as it asked for", () => {
    const topology = joined([]);
    expect(sent(topology.evaluate(10_099, true, report), "report")).toEqual([]);
    expect(sent(topology.evaluate(10_100, true, report), "report")).toEqual([{ type: "report", ...report() }]);
    expect(sent(topology.evaluate(10_200, true, report), "report")).toEqual([]);
  });
});

describe("dialing", () => {
  const twelve = Array.from({ length: 12 }, (_, i) => `peer${String(i)}`);

  test("[SW81] goes to eight candidates, and to the next ones when some cannot be reached", () => {
    const topology = joined(twelve);
    const first = dialed(topology.evaluate(100, true, report));
    expect(first).toHaveLength(8);
    topology.closed(5000, first[0] as PeerId);
    const next = dialed(topology.evaluate(5000, true, report));
    expect(next).toHaveLength(1);
    expect(first).not.toContain(next[0]);
  });

  test("[SW81] more are asked for while there are too few, ever more rarely", () => {
    const topology = joined(["bob"]);
    const asked: number[] = [];
    for (let now = 100; now < 300_000; now += 100) {
      const needs = sent(topology.evaluate(now, true, report), "need");
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
    lower.evaluate(100, true, report);
    expect(lower.signalled(peerId("z"), "ooffer")).toEqual([]);

    const higher = joined(["a"], "m");
    higher.evaluate(100, true, report);
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
    topology.evaluate(100, true, report);
    topology.signalled(peerId("carol"), "ooffer");
    const relayed = (name: string) => sent(topology.relay(peerId(name), "x"), "signal");
    expect(relayed("bob")).toMatchObject([{ to: peerId("bob"), signal: "ox" }]);
    expect(relayed("carol")).toMatchObject([{ to: peerId("carol"), signal: "ax" }]);
    expect(relayed("nobody")).toEqual([]);
  });

  test("a peer that could not be reached is left alone for a minute, whoever names it", () => {
    const topology = joined(["bob"]);
    topology.evaluate(100, true, report);
    topology.closed(10_000, peerId("bob"));
    const introduced = (now: number): string[] => {
      topology.trackerMessage(now, { type: "peers", viewers: 2, peers: [{ peer: peerId("bob"), uplink: 1 }] });
      return dialed(topology.evaluate(now, true, report));
    };
    expect(introduced(69_999)).toEqual([]);
    expect(introduced(70_000)).toEqual([peerId("bob")]);
  });

  test("a peer that has left is not dialed any more", () => {
    const topology = joined(["bob", "carol"]);
    expect(topology.trackerMessage(150, { type: "gone", peer: peerId("bob") }).gone).toBe(peerId("bob"));
    expect(dialed(topology.evaluate(200, true, report))).toEqual([peerId("carol")]);
  });

  test("[SW81] a link that closes is made up for by the next candidate, or by asking within 6 s", () => {
    const topology = joined(["bob"]);
    topology.evaluate(100, true, report);
    topology.opened(peerId("bob"));
    for (let now = 100; now < 60_000; now += 100) topology.evaluate(now, true, report);
    topology.closed(60_000, peerId("bob"));
    const asked = Array.from({ length: 100 }, (_, i) => 60_000 + i * 100).find(
      (now) => sent(topology.evaluate(now, true, report), "need").length > 0,
    );
    expect(asked).toBe(66_000);
  });

  test("[SW83] an open link stands against any offer", () => {
    const topology = joined(["a", "z"], "m");
    topology.evaluate(100, true, report);
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
      for (const peer of dialed(topology.evaluate(now, true, report))) {
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
      (now) => sent(topology.evaluate(now, true, report), "need").length > 0,
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
    expect(createTopology(1, false).hopeUntil(1000)).toBe(1000);
    expect(joined([]).hopeUntil(5000)).toBeLessThanOrEqual(5000);
    const topology = createTopology();
    topology.hopeUntil(0);
    topology.trackerClosed(700);
    expect(topology.hopeUntil(800)).toBeLessThanOrEqual(800);
  });
});

describe("[SW37] election seats", () => {
  const VIDEO = trackIdOf("video");
  const assign = (topology: Topology, now: number, seats: readonly number[]): void => {
    topology.trackerMessage(now, { type: "assign", track: VIDEO, seats });
  };
  const comeBack = (topology: Topology, now: number, self: string): void => {
    topology.trackerOpened(now);
    const more = { version: 1, resume: "token", viewers: 1, reportEveryMs: 10_000, peers: [] };
    topology.trackerMessage(now, { type: "joined", peer: peerId(self), ...more });
  };

  test("are ours until others are dealt, be it none", () => {
    const topology = joined([]);
    expect(topology.seatsOf(100, VIDEO)).toBeUndefined();
    assign(topology, 200, [3, 8]);
    expect(topology.seatsOf(60_000, VIDEO)).toEqual([3, 8]);
    expect(topology.seatsOf(60_000, trackIdOf("audio"))).toBeUndefined();
    assign(topology, 60_000, []);
    expect(topology.seatsOf(60_000, VIDEO)).toEqual([]);
  });

  test("are kept for 5 s after the tracker is lost, however often it is tried again", () => {
    const topology = joined([]);
    assign(topology, 200, [3]);
    topology.trackerClosed(1000);
    topology.trackerClosed(3000);
    expect([topology.seatsOf(5999, VIDEO), topology.seatsOf(6000, VIDEO)]).toEqual([[3], undefined]);
  });

  test("are kept for 5 s when it drains", () => {
    const topology = joined([]);
    assign(topology, 200, [3]);
    topology.trackerMessage(1000, { type: "drain", reconnectInMs: 60_000 });
    expect([topology.seatsOf(5999, VIDEO), topology.seatsOf(6000, VIDEO)]).toEqual([[3], undefined]);
  });

  test("are still ours after a short absence, and not after a long one, or as a newcomer", () => {
    const again = (backAt: number, self: string): readonly number[] | undefined => {
      const topology = joined([]);
      assign(topology, 200, [3]);
      topology.trackerClosed(1000);
      comeBack(topology, backAt, self);
      return topology.seatsOf(backAt, VIDEO);
    };
    expect([again(3000, "m"), again(9000, "m"), again(3000, "n")]).toEqual([[3], undefined, undefined]);
  });
});
