import { expect, test } from "vitest";
import { figuresOf, nextPeers, stageFigures, type Reading, type StageFigures } from "./figures.ts";

const MB = 1e6;
const reading = (seconds: number, more: Partial<Reading> = {}): Reading => ({
  at: seconds * 1000,
  cpuSeconds: 0,
  rssBytes: 80 * MB,
  originSentBytes: 0,
  peerReceivedBytes: 0,
  originReceivedBytes: 0,
  links: 0,
  stalls: 0,
  ...more,
});
const stage = (more: Partial<StageFigures>): StageFigures => ({
  ...stageFigures({ peers: 2, before: reading(0), after: reading(10, { peerReceivedBytes: 2.5 * MB }) }, MB),
  ...more,
});

test("of ten seconds of a stream of 1 Mbit/s: what came before does not count", () => {
  const before = reading(100, {
    ...{ originSentBytes: 7 * MB, peerReceivedBytes: 5 * MB, originReceivedBytes: MB, stalls: 1 },
    ...{ cpuSeconds: 2, rssBytes: 80 * MB },
  });
  const after = reading(110, {
    ...{ originSentBytes: 8.5 * MB, peerReceivedBytes: 14.75 * MB, originReceivedBytes: 1.25 * MB, stalls: 1 },
    ...{ links: 8, cpuSeconds: 2.195, rssBytes: 84 * MB },
  });
  expect(stageFigures({ peers: 8, before, after }, MB)).toEqual({
    peers: 8,
    links: 8,
    wantedMbps: 8,
    mbps: 7.8,
    cpuSecondsPerGb: expect.closeTo(20) as number,
    cores: expect.closeTo(0.0195) as number,
    cdnCopies: 1.2,
    offload: 0.85,
    peersCdnShare: 0.025,
    stalls: 0,
    rssBytes: 84 * MB,
  });
});

test("the last stage that was sustained counts, and memory beyond that of the first", () => {
  const stages = [
    stage({ peers: 2, wantedMbps: 2, mbps: 2, rssBytes: 80 * MB }),
    stage({ peers: 12, wantedMbps: 12, mbps: 11.9, rssBytes: 90 * MB, cpuSecondsPerGb: 18, cdnCopies: 1.1 }),
    stage({ peers: 18, wantedMbps: 18, mbps: 15, rssBytes: 200 * MB }),
  ];
  expect(figuresOf(stages, 0.5, undefined)).toEqual({
    ...{ peers: 12, mbps: 11.9, cpuSecondsPerGb: 18, bytesPerPeer: MB, cdnCopies: 1.1 },
    ...{ nginxCpuSecondsPerGb: 0.5, timesNginx: 36, stages },
  });
  expect(figuresOf(stages.slice(0, 1), 0.5, undefined)).toMatchObject({ peers: 2, bytesPerPeer: null });
  expect(figuresOf(stages, 0.5, 18)).toMatchObject({ peers: 18, mbps: 15 });
});

test("peers are tried until the seeder falls behind, or as many as were asked for after a few", () => {
  const sustained = (peers: number): StageFigures => stage({ peers, wantedMbps: peers, mbps: peers });
  const late = stage({ peers: 5, wantedMbps: 5, mbps: 4 });
  expect(nextPeers([], undefined, 512)).toBe(2);
  expect(nextPeers([sustained(2)], undefined, 512)).toBe(4);
  expect(nextPeers([sustained(2), sustained(4), late], undefined, 512)).toBeUndefined();
  expect(nextPeers([sustained(400)], undefined, 512)).toBe(512);
  expect(nextPeers([sustained(512)], undefined, 512)).toBeUndefined();
  expect(nextPeers([], 1, 512)).toBe(1);
  expect(nextPeers([late], 10, 512)).toBe(10);
  expect(nextPeers([sustained(10)], 10, 512)).toBeUndefined();
});
