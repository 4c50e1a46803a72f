import Hls from "hls.js";
import { beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { openPlayer, standInForBrowser } from "../../testkit/headless-player.ts";
import { ScriptedDriver, type PlaybackState } from "../../testkit/scripted-driver.ts";
import { PlaybackMonitor } from "./playback-monitor.ts";

const URL = "https://cdn.example/live/index.m3u8";
const PLAYLIST = "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\ns0.ts\n#EXTINF:4,\ns1.ts\n#EXT-X-ENDLIST\n";

/** As much of a media element as is read. */
class FakeMedia extends EventTarget {
  currentTime = 0;
  readyState = 0;
  paused = true;
  ended = false;
  playbackRate = 1;
  seeking = false;
  ranges: [start: number, end: number][] = [];

  get buffered(): TimeRanges {
    const { ranges } = this;
    return {
      length: ranges.length,
      start: (index) => ranges[index]![0],
      end: (index) => ranges[index]![1],
    };
  }
  say(event: string, change: Partial<FakeMedia> = {}): void {
    Object.assign(this, change);
    this.dispatchEvent(new Event(event));
  }
}

beforeAll(standInForBrowser);

let hls: Hls;
let media: FakeMedia;
let port: ScriptedDriver;
let monitor: PlaybackMonitor;

/** hls.js without a MediaSource attaches nothing: the test says that it has. */
function attach(): void {
  Object.defineProperty(hls, "media", { get: () => media, configurable: true });
  hls.trigger(Hls.Events.MEDIA_ATTACHED, { media: media as unknown as HTMLMediaElement });
}
const last = (): PlaybackState | undefined => port.playbacks.at(-1);

beforeEach(async () => {
  hls = await openPlayer(new Map([[URL, PLAYLIST]]), URL);
  media = new FakeMedia();
  port = new ScriptedDriver({
    locate: () => false,
    hashes: () => Promise.resolve(undefined),
    fetch: () => ({ abort: () => undefined }),
  });
  const guard = (listener: () => void): void => {
    listener();
  };
  monitor = new PlaybackMonitor({ hls, port, guard });
  monitor.start();
  return () => {
    hls.destroy();
  };
});

describe("position", () => {
  test("is unknown without a media element", () => {
    expect(last()).toEqual({ bufferedEnd: 0, rate: 0, bufferAheadMax: 30 });
  });

  test("is unknown until there is something to show, for a live player starts at 0 and jumps", () => {
    attach();
    media.say("play", { paused: false });
    expect(last()).toMatchObject({ bufferedEnd: 0, rate: 1, bufferAheadMax: 30 });
    expect(last()).not.toHaveProperty("position");
    media.say("timeupdate", { ranges: [[100, 104]] });
    expect(last()).not.toHaveProperty("position");
    media.say("seeking", { currentTime: 101 });
    expect(last()).not.toHaveProperty("position");
    media.say("loadeddata", { readyState: 2 });
    expect(last()).toMatchObject({ position: 101, bufferedEnd: 104, rate: 1, bufferAheadMax: 30 });
  });

  test("is known through seeks and stalls from then on", () => {
    attach();
    media.say("loadeddata", { readyState: 4, ranges: [[0, 8]], currentTime: 1 });
    media.say("seeking", { readyState: 1, currentTime: 60 });
    expect(last()).toMatchObject({ position: 60, bufferedEnd: 60 });
    media.say("waiting", { currentTime: 61 });
    expect(last()).toMatchObject({ position: 61 });
  });

  test("is unknown again with another media element", () => {
    attach();
    media.say("loadeddata", { readyState: 4, ranges: [[0, 8]] });
    expect(last()).toHaveProperty("position");
    hls.trigger(Hls.Events.MEDIA_DETACHING, {});
    expect(last()).not.toHaveProperty("position");
    const before = media;
    media = new FakeMedia();
    attach();
    before.say("timeupdate");
    expect(last()).not.toHaveProperty("position");
  });
});

test.each<[string, [number, number][], number, number]>([
  ["nothing", [], 5, 5],
  ["what lies ahead of the position", [[0, 8]], 5, 8],
  ["nothing of what lies elsewhere", [[20, 30]], 5, 5],
  ["nothing of what is behind", [[0, 4]], 5, 5],
  [
    "over holes that hls.js jumps",
    [
      [0, 8],
      [8.05, 12],
    ],
    5,
    12,
  ],
  [
    "not over larger ones",
    [
      [0, 8],
      [9, 12],
    ],
    5,
    8,
  ],
])("buffered: %s", (_, ranges, currentTime, end) => {
  attach();
  media.say("timeupdate", { ranges, currentTime, readyState: 4 });
  expect(last()?.bufferedEnd).toBe(end);
});

test.each<[string, Partial<FakeMedia>, number]>([
  ["plays", { paused: false }, 1],
  ["plays fast", { paused: false, playbackRate: 1.5 }, 1.5],
  ["is paused", { paused: true }, 0],
  ["has ended", { paused: false, ended: true }, 0],
  ["runs backwards", { paused: false, playbackRate: -1 }, 0],
])("rate of a player that %s", (_, change, rate) => {
  attach();
  media.say("ratechange", change);
  expect(last()?.rate).toBe(rate);
});

test.each<[string, () => void, number]>([
  ["hls.js's default", () => undefined, 30],
  [
    "what the bitrate lets into the buffer",
    () => Object.defineProperty(hls.levels[0], "maxBitrate", { value: 4_000_000 }),
    120,
  ],
  ["never more than its limit", () => Object.defineProperty(hls.levels[0], "maxBitrate", { value: 100_000 }), 600],
  ["as ever where it loads parts", () => Object.assign(hls.levels[0]!.details!, { live: true, partList: [{}] }), 30],
  ["nothing while buffering is paused", () => hls.pauseBuffering(), 0],
  ["nothing once loading has been stopped", () => hls.stopLoad(), 0],
])("buffers ahead: %s", (_, prepare, expected) => {
  prepare();
  attach();
  expect(last()?.bufferAheadMax).toBe(expected);
});

test.each(["timeupdate", "seeking", "seeked", "waiting", "playing", "play", "pause", "ratechange"])(
  "tells on %s",
  (event) => {
    attach();
    const before = port.playbacks.length;
    media.say(event);
    expect(port.playbacks).toHaveLength(before + 1);
  },
);

describe("[TR40] what is counted", () => {
  let now = 0;
  beforeEach(() => {
    now = 5000;
    vi.spyOn(performance, "now").mockImplementation(() => now);
    return () => {
      vi.restoreAllMocks();
    };
  });
  /** Something happens after a while. */
  const later = (ms: number, event: string, change: Partial<FakeMedia> = {}): void => {
    now += ms;
    media.say(event, change);
  };
  const start = (): void => {
    attach();
    media.say("play", { paused: false });
    later(700, "loadeddata", { readyState: 4, ranges: [[0, 20]] });
  };

  test("the wait for the first picture is the start-up, also when the viewer has not clicked yet", () => {
    attach();
    later(400, "timeupdate");
    later(500, "loadeddata", { readyState: 4, ranges: [[0, 8]] });
    later(60_000, "play", { paused: false });
    expect(last()?.played).toEqual({ startUpMs: 900, playedMs: 0, stalls: 0, stalledMs: 0 });
  });

  test("playing, stalls and pauses are told apart", () => {
    start();
    later(3000, "waiting", { readyState: 2 });
    later(250, "timeupdate");
    later(1250, "playing", { readyState: 4 });
    later(2000, "pause", { paused: true });
    later(60_000, "play", { paused: false });
    later(1000, "ended", { ended: true, readyState: 2 });
    later(9000, "timeupdate");
    expect(last()?.played).toEqual({ startUpMs: 700, playedMs: 6000, stalls: 1, stalledMs: 1500 });
  });

  test("a seek is no stall, and neither is the wait after it until it is over", () => {
    start();
    later(3000, "seeking", { seeking: true, readyState: 1, currentTime: 60 });
    later(800, "seeked", { seeking: false, readyState: 4 });
    later(1000, "timeupdate");
    expect(last()?.played).toEqual({ startUpMs: 700, playedMs: 4000, stalls: 0, stalledMs: 0 });
  });

  test("a player that was met while it played has no start-up", () => {
    Object.assign(media, { readyState: 4, paused: false, ranges: [[0, 20]], currentTime: 10 });
    attach();
    later(1000, "timeupdate");
    expect(last()?.played).toMatchObject({ startUpMs: 0, playedMs: 1000 });
  });

  test("an element that was taken out and put back has stalled meanwhile", () => {
    start();
    later(2000, "timeupdate");
    hls.trigger(Hls.Events.MEDIA_DETACHING, {});
    Object.assign(media, { readyState: 0, ranges: [] });
    attach();
    later(300, "loadeddata", { readyState: 4, ranges: [[0, 20]] });
    expect(last()?.played).toMatchObject({ startUpMs: 700, stalls: 1, stalledMs: 300 });
  });
});

test("a closed monitor is silent and lets the element go", () => {
  attach();
  monitor.close();
  const before = port.playbacks.length;
  media.say("timeupdate");
  hls.trigger(Hls.Events.MEDIA_DETACHING, {});
  expect(port.playbacks).toHaveLength(before);
});
