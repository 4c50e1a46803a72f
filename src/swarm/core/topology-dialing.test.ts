/** Whom a topology dials, and whom not. */
import { describe, expect, test } from "vitest";
import { dialed, introduce, joined, LIVE, peerId, report, sent } from "../../../testkit/topology-alone.ts";
import type { PeerId } from "../../protocol/ids.ts";
import type { Place } from "../../protocol/tracker-message.ts";
import type { SwarmAction } from "./action.ts";
import type { Topology } from "./topology.ts";
import { DEFAULT_TUNING } from "./tuning.ts";
import type { Surroundings } from "./whereabouts.ts";

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

  test("a peer that has left is not dialed any more", () => {
    const topology = joined(["bob", "carol"]);
    topology.trackerMessage(150, { type: "gone", peer: peerId("bob") });
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

describe("[SW81] a peer that cannot be reached", () => {
  const SECOND = 1000;

  /** When bob is dialed, whom the tracker names all the time; `end` says what comes of each dial, and when. */
  function dialsOf(topology: Topology, untilMs: number, end: (now: number, dials: number) => void): number[] {
    const at: number[] = [];
    for (let now = SECOND; now < untilMs; now += SECOND) {
      introduce(topology, now, ["bob"]);
      if (dialed(topology.evaluate(now, true, LIVE, report)).length === 0) continue;
      at.push(now);
      end(now, at.length);
    }
    return at;
  }
  const gapsOf = (times: readonly number[]): number[] =>
    times.slice(1).map((time, i) => (time - (times[i] ?? 0)) / SECOND);

  test("is left alone for 6 s, then for twice as long each time, up to a minute, whoever names it", () => {
    const topology = joined([]);
    const dials = dialsOf(topology, 280 * SECOND, (now) => {
      topology.closed(now, peerId("bob"));
    });
    expect(gapsOf(dials)).toEqual([6, 12, 24, 48, 60, 60, 60]);
  });

  test("is one like any other once a link to it has opened", () => {
    const topology = joined([]);
    const dials = dialsOf(topology, 70 * SECOND, (now, count) => {
      if (count === 4) topology.opened(peerId("bob"));
      topology.closed(now, peerId("bob"));
    });
    expect(gapsOf(dials)).toEqual([6, 12, 24, 1, 6, 12]);
  });

  test("is one like any other when nobody has named it for a minute", () => {
    const topology = joined(["bob"]);
    const failAt = (now: number): void => {
      expect(dialed(topology.evaluate(now, true, LIVE, report))).toEqual([peerId("bob")]);
      topology.closed(now, peerId("bob"));
    };
    failAt(SECOND);
    introduce(topology, 67 * SECOND, ["bob"]);
    failAt(67 * SECOND);
    introduce(topology, 73 * SECOND, ["bob"]);
    failAt(73 * SECOND);
  });

  test("keeps nobody else waiting", () => {
    const topology = joined(["bob", "carol"]);
    topology.evaluate(100, true, LIVE, report);
    topology.closed(200, peerId("bob"));
    topology.closed(300, peerId("carol"));
    introduce(topology, 6250, ["carol", "bob", "dave"]);
    expect(dialed(topology.evaluate(6250, true, LIVE, report))).toEqual([peerId("bob"), peerId("dave")]);
  });

  test("is asked for as soon as it may be dialed again, however rarely the tracker was asked before", () => {
    const topology = joined(["bob"]);
    topology.evaluate(100, true, LIVE, report);
    topology.opened(peerId("bob"));
    let now = 100;
    for (; now < 300 * SECOND; now += 100)
      if (sent(topology.evaluate(now, true, LIVE, report), "need").length > 0) introduce(topology, now, []);
    topology.closed(now, peerId("bob"));
    expect(topology.nextWakeup()).toBeLessThanOrEqual(now + 6 * SECOND);
    now += 6 * SECOND;
    expect(sent(topology.evaluate(now, true, LIVE, report), "need")).toHaveLength(1);
    introduce(topology, now, ["bob"]);
    topology.evaluate(now, true, LIVE, report);
    topology.closed((now += 10 * SECOND), peerId("bob"));
    expect(sent(topology.evaluate(now + 5999, true, LIVE, report), "need")).toEqual([]);
    expect(sent(topology.evaluate(now + 6 * SECOND, true, LIVE, report), "need")).toHaveLength(1);
  });

  test("stays out for good when it is banned", () => {
    const topology = joined([]);
    topology.ban(peerId("bob"));
    expect(dialsOf(topology, 200 * SECOND, () => undefined)).toEqual([]);
    expect(topology.signalled(peerId("bob"), "ooffer")).toEqual([]);
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
