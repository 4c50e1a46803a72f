import { describe, expect, test } from "vitest";
import { createTrackerStage, OTHER_SWARM } from "../../../testkit/tracker-stage.ts";
import type { TrackId, SwarmId } from "../../protocol/ids.ts";
import { ENDED_STREAMS_MAX, EndedStreams, KEPT_MS } from "./ended-streams.ts";
import { StreamSavings, addStreams } from "./stream-savings.ts";
import { reportStream } from "./stream-report.ts";

const HIGH = "00000000000000aa" as TrackId;
const LOW = "00000000000000bb" as TrackId;
const MB = 1e6;

type Stage = ReturnType<typeof createTrackerStage>;
const reportOf = (stage: Stage) => {
  const report = stage.stream();
  if (!report) throw new Error("nothing is known of the stream");
  return report;
};

describe("figures of a stream", () => {
  test("[TK50] a stream that nobody came to is unknown", () => {
    expect(createTrackerStage().stream()).toBeUndefined();
  });

  test("[TK50] add up over everybody who ever reported, those who left included", () => {
    const stage = createTrackerStage();
    const [alice, bob] = [stage.viewer(), stage.viewer()];
    stage.wait(60_000);
    alice.report(0, 10 * MB, {
      originReceivedBytes: 11 * MB,
      playedMs: 50_000,
      stalls: 1,
      stalledMs: 2000,
      startUpMs: 900,
    });
    bob.report(9 * MB, MB, { playedMs: 55_000, startUpMs: 700 });
    bob.say({ type: "leave" });
    const report = reportOf(stage);
    expect(report).toMatchObject({
      selfReported: true,
      viewers: 1,
      peak: 2,
      sessions: 2,
      ageMs: 60_000,
      offload: 0.45,
    });
    expect(report.totals).toMatchObject({ peerBytes: 9 * MB, originBytes: 11 * MB, originReceivedBytes: 12 * MB });
    expect(report.totals).toMatchObject({ playedMs: 105_000, stalls: 1, stalledMs: 2000 });
    expect(report.savedBytes.origin).toBe(8 * MB);
    expect(stage.stream(OTHER_SWARM)).toBeUndefined();
  });

  test("[TK51] what the tracker itself sent is taken off what was saved", () => {
    const stage = createTrackerStage();
    const [alice, bob] = [stage.viewer(), stage.viewer()];
    const { tracker: before } = reportOf(stage).savedBytes;
    bob.signal(alice.id, "x".repeat(500));
    const { origin, tracker, seeders, net } = reportOf(stage).savedBytes;
    expect(tracker - before).toBe(500);
    expect(net).toBe(origin - tracker - seeders);
  });

  test("[TK51] what seeders upload is taken off too, and they count as nobody who watches", () => {
    const stage = createTrackerStage({ holdOutShare: 1 });
    const seeder = stage.viewer({ seeder: true });
    stage.wait(30_000);
    seeder.say({ type: "report", peerBytes: 0, originBytes: 0, uploadedBytes: 5 * MB, wastedBytes: 0, peers: 1 });
    expect(reportOf(stage)).toMatchObject({ viewers: 0, seeders: 1, heldOut: 0, sessions: 0 });
    expect(reportOf(stage).savedBytes).toEqual({ origin: 0, tracker: 0, seeders: 5 * MB, net: -5 * MB });
  });

  test("[TK52] the ceiling counts viewers and renditions for as long as they were there", () => {
    const stage = createTrackerStage();
    const alice = stage.viewer({ track: HIGH });
    expect(reportOf(stage).ceiling).toBe(0);
    stage.wait(10_000); // alone
    const others = [stage.viewer({ track: HIGH }), stage.viewer({ track: HIGH })];
    stage.wait(10_000); // three
    others[0]?.say({ type: "update", uplink: 1, track: LOW });
    stage.wait(20_000); // two and one
    alice.drop();
    others[0]?.say({ type: "leave" });
    others[1]?.say({ type: "leave" });
    stage.wait(50_000); // nobody
    const viewerSeconds = 10 + 30 + 60;
    const renditionSeconds = 10 + 10 + 40;
    expect(reportOf(stage).viewersPerRendition).toBeCloseTo(viewerSeconds / renditionSeconds, 9);
    expect(reportOf(stage).ceiling).toBeCloseTo(1 - renditionSeconds / viewerSeconds, 9);
  });

  test("[TK52] copies are what the origin sent of what one viewer played", () => {
    const stage = createTrackerStage();
    const viewers = Array.from({ length: 4 }, () => stage.viewer({ track: HIGH }));
    stage.wait(100_000);
    for (const viewer of viewers) viewer.report(7 * MB, 3 * MB);
    expect(reportOf(stage).copies).toBeCloseTo(4 * 0.3, 9);
  });

  test("[TK53] the figures of a stream that ended are there for a day, and go on when it begins again", () => {
    const stage = createTrackerStage();
    const alice = stage.viewer();
    stage.wait(10_000);
    alice.report(MB, MB);
    alice.say({ type: "leave" });
    stage.wait(KEPT_MS - 1);
    expect(reportOf(stage)).toMatchObject({ viewers: 0, sessions: 1, totals: { peerBytes: MB } });
    const bob = stage.viewer();
    stage.wait(10_000);
    bob.report(MB, MB);
    expect(reportOf(stage)).toMatchObject({ viewers: 1, sessions: 2, totals: { peerBytes: 2 * MB } });
    bob.say({ type: "leave" });
    stage.wait(KEPT_MS);
    expect(stage.stream()).toBeUndefined();
  });

  test("[TK53] of the streams that ended the last thousand are kept", () => {
    const ended = new EndedStreams();
    const idOf = (index: number): SwarmId => `stream-${String(index).padStart(12, "0")}` as SwarmId;
    for (let index = 0; index <= ENDED_STREAMS_MAX; index++) ended.add(index, idOf(index), new StreamSavings());
    expect(ended.get(2000, idOf(0))).toBeUndefined();
    expect(ended.get(2000, idOf(1))).toBeDefined();
  });

  test("[TK54] figures of two trackers add up to those of one", () => {
    const [here, there] = [new StreamSavings(), new StreamSavings()];
    const before = { ...ZERO };
    for (const [savings, viewers] of [
      [here, 3],
      [there, 1],
    ] as const) {
      savings.attend(0, { viewers, seeders: 1, heldOut: 1, tracks: 1 });
      savings.began(false);
      savings.grew(false, before, { ...ZERO, peerBytes: 6 * MB, originBytes: MB, playedMs: 1000 });
    }
    const both = addStreams(here.sums(1000), there.sums(1000));
    expect(reportStream(both)).toMatchObject({
      ...{ viewers: 4, seeders: 2, heldOut: 2, sessions: 2, viewersPerRendition: 2, ceiling: 0.5 },
      totals: { peerBytes: 12 * MB, originBytes: 2 * MB, playedMs: 2000 },
    });
  });
});

describe("reports that cannot be", () => {
  test.each<[string, number, number, Record<string, number>]>([
    ["more bytes than a line brings", 500 * MB, 600 * MB, {}],
    ["more time than has passed", 0, 0, { playedMs: 60_000 }],
    ["a stall longer than the session", 0, 0, { stalledMs: 60_000 }],
    ["thousands of stalls", 0, 0, { stalls: 10_000 }],
    ["a start-up longer than the session", 0, 0, { startUpMs: 60_000 }],
  ])("[TR42] are not counted: %s", (_, peerBytes, originBytes, counts) => {
    const stage = createTrackerStage();
    const liar = stage.viewer();
    stage.wait(20_000);
    liar.report(peerBytes, originBytes, counts);
    expect(liar.last("error")).toMatchObject({ code: "bad-message" });
    expect(stage.stats().refusals).toMatchObject({ "implausible-report": 1 });
    expect(reportOf(stage).totals).toMatchObject({
      peerBytes: 0,
      originBytes: 0,
      playedMs: 0,
      stalls: 0,
      stalledMs: 0,
    });
    expect(liar.closedWith).toBeUndefined();
  });

  test("[TR42] one liar adds no more than one viewer could, however often it reports", () => {
    const stage = createTrackerStage();
    const liar = stage.viewer();
    let playedMs = 0;
    for (let second = 0; second < 100; second++) {
      stage.wait(1000);
      liar.report(0, 0, { playedMs: (playedMs += 15_000) });
    }
    expect(reportOf(stage).totals.playedMs).toBeLessThanOrEqual(100_000 + 20_000);
    expect(reportOf(stage).totals.playedMs).toBeGreaterThan(0);
  });

  test("[TR42] what went on before is left out, and the next report counts again", () => {
    const stage = createTrackerStage();
    const alice = stage.viewer();
    stage.wait(30_000);
    alice.report(0, 9000 * MB, { playedMs: 3_600_000 });
    stage.wait(30_000);
    alice.report(MB, 9001 * MB, { playedMs: 3_630_000 });
    expect(reportOf(stage).totals).toMatchObject({ peerBytes: MB, originBytes: MB, playedMs: 30_000 });
  });

  test("[TR14] a viewer that reported elsewhere before counts from its first report here", () => {
    const stage = createTrackerStage();
    const alice = stage.viewer({ resume: "token-of-another-tracker" });
    stage.wait(30_000);
    alice.report(5 * MB, 5 * MB, { startUpMs: 800 });
    expect(reportOf(stage).totals).toMatchObject({ peerBytes: 0, originBytes: 0 });
    stage.wait(30_000);
    alice.report(7 * MB, 6 * MB, { startUpMs: 800 });
    expect(reportOf(stage).totals).toMatchObject({ peerBytes: 2 * MB, originBytes: MB });
  });
});

const ZERO = {
  ...{ peerBytes: 0, originBytes: 0, originReceivedBytes: 0, uploadedBytes: 0, wastedBytes: 0 },
  ...{ stalls: 0, stalledMs: 0, playedMs: 0, startUpMs: 0 },
};
