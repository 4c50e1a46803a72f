import { LoaderContextType, LoadStats, type FragmentLoaderContext } from "hls.js";
import { afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { openPlayer, standInForBrowser } from "../../testkit/headless-player.ts";
import { ScriptedDriver } from "../../testkit/scripted-driver.ts";
import { trackIdOf } from "../protocol/ids.ts";
import { HlsOrigin } from "./hls-origin.ts";
import { OriginRate } from "./load-stats.ts";
import { SegmentCatalogue } from "./segment-catalogue.ts";
import { SwarmLoad } from "./swarm-load.ts";

const PLAYLIST_URL = "https://cdn.example/vod/index.m3u8";
const PLAYLIST = "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\ns0.ts\n#EXT-X-ENDLIST\n";
const MBIT = 1_000_000;
const SEGMENT_BYTES = 1_000_000;

let now = 1000;
let sharedAt = -Infinity;
beforeAll(standInForBrowser);
beforeEach(() => {
  now = 1000;
  sharedAt = -Infinity;
  vi.spyOn(performance, "now").mockImplementation(() => now);
});
afterEach(() => {
  vi.restoreAllMocks();
});

interface Story {
  readonly load: SwarmLoad;
  readonly stats: LoadStats;
  /** Peers and the origin have brought so much by then. */
  at(ms: number, peerBytes: number, originBytes: number): void;
  /** Bits per second, as hls.js makes it of the finished load. */
  finish(ms: number, peerBytes: number): number;
}

/** A load of 4 s of video that began at 1000, with a CDN known to do 8 Mbit/s. */
async function begin(): Promise<Story> {
  vi.restoreAllMocks(); // hls.js goes by the real clock
  const hls = await openPlayer(new Map([[PLAYLIST_URL, PLAYLIST]]), PLAYLIST_URL);
  vi.spyOn(performance, "now").mockImplementation(() => now);
  const details = hls.levels[0]?.details;
  const frag = details?.fragments[0];
  if (!details || !frag) throw new Error("no playlist");
  const catalogue = new SegmentCatalogue();
  catalogue.update(trackIdOf("video"), details);
  const segment = catalogue.of(frag);
  if (!segment) throw new Error("no segment");
  const origin = new HlsOrigin({ config: hls.config, catalogue, rate: new OriginRate(), loader: () => undefined });
  const stats = new LoadStats();
  const context: FragmentLoaderContext = {
    ...{ type: LoaderContextType.MEDIA_FRAGMENT, frag, part: null, responseType: "arraybuffer", url: frag.url },
    ...{ headers: {}, rangeStart: 0, rangeEnd: 0 },
  };
  const loadPolicy = { maxTimeToFirstByteMs: 1e4, maxLoadTimeMs: 1e5, timeoutRetry: null, errorRetry: null };
  const load = new SwarmLoad({
    ...{ port: new ScriptedDriver(origin), origin, segment, context, stats },
    config: { loadPolicy, timeout: 0, maxRetry: 0, retryDelay: 0, maxRetryDelay: 0, highWaterMark: 0 },
    callbacks: { onSuccess: () => undefined, onError: () => undefined, onTimeout: () => undefined },
    rates: () => ({ ...{ origin: 8 * MBIT, player: MBIT, ladder: [], peerShare: 0.5, sharedAt, firstByteMs: 50 } }),
    unsuitable: () => undefined,
    ended: () => undefined,
  });
  load.start();
  return {
    load,
    stats,
    at: (ms, peerBytes, originBytes) => {
      now = ms;
      load.progress(peerBytes, originBytes, SEGMENT_BYTES);
    },
    finish: (ms, peerBytes) => {
      now = ms;
      load.complete({ bytes: new Uint8Array(SEGMENT_BYTES), peerBytes, originBytes: SEGMENT_BYTES - peerBytes });
      return (stats.loaded * 8000) / (stats.loading.end - stats.loading.first);
    },
  };
}

test("[AB8] while peers alone feed a load hls.js sees its size and nothing else", async () => {
  const { stats, at } = await begin();
  at(3000, 400_000, 0);
  expect(stats).toMatchObject({ loaded: 0, total: SEGMENT_BYTES, loading: { start: 1000, first: 0 } });
});

test("[AB8] once the CDN has answered it sees what comes from then on, and at once if half the time is over", async () => {
  const { load, stats, at } = await begin();
  at(3000, 400_000, 0);
  now = 8000;
  load.asked();
  now = 8050;
  load.answered(null);
  at(8500, 450_000, 50_000);
  expect(stats).toMatchObject({ loaded: 100_000, total: 600_000 });
  // 4 s of video: hls.js looks at a load 2 s after its start.
  expect(stats.loading).toMatchObject({ start: 6000, first: 8050 });
});

test("[AB2] what the CDN alone brought after a wait for peers is timed from when the CDN was asked", async () => {
  const { load, stats, at, finish } = await begin();
  now = 6000;
  load.asked();
  now = 6050;
  load.answered(null);
  at(7000, 0, SEGMENT_BYTES / 2);
  expect(finish(8050, 0) / MBIT).toBeCloseTo(4, 5);
  expect(stats.loading).toEqual({ start: 6000, first: 6050, end: 8050 });
});

test("[AB2] what shared the line with another request was as slow as both together: that is no time of its own", async () => {
  const { load, at, finish } = await begin();
  load.asked();
  now = 1050;
  load.answered(null);
  at(2000, 0, SEGMENT_BYTES / 2);
  sharedAt = 1500;
  expect(finish(3050, 0) / MBIT).toBeCloseTo(8, 5);
});

test("[AB3] a load of both is reported at the rate that they sustain", async () => {
  const { load, at, finish } = await begin();
  at(3000, 800_000, 0);
  load.asked();
  now = 3050;
  load.answered(null);
  at(3100, 900_000, 100_000);
  expect(finish(3100, 900_000) / MBIT).toBeCloseTo(8, 5);
});

test("[AB9] the CDN took longer than the load plays: reported as slow as it was", async () => {
  const { load, at, finish } = await begin();
  at(2000, 500_000, 0);
  load.asked();
  now = 2100;
  load.answered(null);
  at(6000, 500_000, 400_000);
  // 1,000,000 bytes in 8 s.
  expect(finish(9000, 500_000) / MBIT).toBeCloseTo(1, 5);
});

test("[AB9] peers took long over what the CDN had a small part in: that is theirs to do", async () => {
  const { load, at, finish } = await begin();
  load.asked();
  now = 1050;
  load.answered(null);
  at(1200, 0, 100_000);
  expect(finish(7000, 900_000) / MBIT).toBeCloseTo(8, 5);
});
