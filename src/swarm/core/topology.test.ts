/** What a topology says to its tracker, and hopes of it. */
import { describe, expect, test } from "vitest";
import {
  createTopology,
  dialed,
  HERE,
  joined,
  LIVE,
  peerId,
  report,
  sent,
  welcome,
} from "../../../testkit/topology-alone.ts";
import { swarmIdOf, trackIdOf } from "../../protocol/ids.ts";
import { DEFAULT_TUNING } from "./tuning.ts";

describe("the tracker", () => {
  test("[TR74] asks for another ticket when one is refused, and is left alone when the next is too", () => {
    const topology = joined([]);
    const refusal = { type: "error", code: "bad-ticket", message: "" } as const;
    expect(topology.trackerMessage(1000, refusal)).toEqual([{ type: "close-tracker" }]);
    topology.evaluate(60_000, true, LIVE, report);
    expect(sent(topology.trackerOpened(60_000), "join")).toMatchObject([{ resume: undefined }]);
    topology.trackerMessage(60_100, refusal);
    expect(topology.trackerPhase).toBe("off");
    expect(topology.nextWakeup()).toBe(Infinity);
  });

  test("[TR74] is called no more once it has banned us", () => {
    const topology = joined([]);
    const actions = topology.trackerMessage(1000, { type: "error", code: "banned", message: "" });
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
    expect(sent(topology.trackerMessage(100, welcome([], "m")), "update")).toMatchObject([{ track }]);
  });

  test("[TR13] hears nothing twice: what `join` has told needs no update", () => {
    const topology = createTopology();
    topology.watch([trackIdOf("video")]);
    topology.evaluate(0, true, LIVE, report);
    expect(sent(topology.trackerOpened(0), "join")).toMatchObject([{ track: trackIdOf("video") }]);
    expect(topology.trackerMessage(100, welcome([], "m"))).toEqual([]);
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
    const actions = topology.trackerMessage(1000, { type: "drain", reconnectInMs: 7000 });
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
    expect(topology.trackerMessage(100, full)).toEqual([{ type: "close-tracker" }]);
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
    expect(topology.trackerMessage(100, redirect)).toEqual([{ type: "close-tracker" }]);
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
