import Hls, { type LevelDetails } from "hls.js";
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { openPlayer, standInForBrowser, type Playlists } from "../../testkit/headless-player.ts";
import { ScriptedDriver } from "../../testkit/scripted-driver.ts";
import { partTrackOf, trackIdFor } from "../playlist/stream-names.ts";
import { PlaylistMonitor } from "./playlist-monitor.ts";
import { SegmentCatalogue } from "./segment-catalogue.ts";

const MASTER = "https://cdn.example/live/master.m3u8";
const LOW = "https://cdn.example/live/low/index.m3u8";
const HIGH = "https://cdn.example/live/high/index.m3u8";
const AUDIO = "https://cdn.example/live/audio/index.m3u8";

const master = `#EXTM3U
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="English",LANGUAGE="en",DEFAULT=YES,AUTOSELECT=YES,URI="audio/index.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=300000,RESOLUTION=320x180,AUDIO="a"
low/index.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=3000000,RESOLUTION=1280x720,AUDIO="a"
high/index.m3u8
`;

function media(first: number, count: number, live = true): string {
  let text = `#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-MEDIA-SEQUENCE:${String(first)}\n`;
  for (let n = first; n < first + count; n++) text += `#EXTINF:4,\ns${String(n)}.m4s\n`;
  return live ? text : `${text}#EXT-X-ENDLIST\n`;
}

const variant = (bandwidth: string, resolution: string, playlistUrl: string) =>
  trackIdFor({
    kind: "main",
    attributes: { BANDWIDTH: bandwidth, RESOLUTION: resolution },
    playlistUrl,
    sourceUrl: MASTER,
  });
const TRACKS = {
  low: variant("300000", "320x180", LOW),
  high: variant("3000000", "1280x720", HIGH),
  audio: trackIdFor({
    kind: "audio",
    attributes: { NAME: "English", LANGUAGE: "en" },
    playlistUrl: AUDIO,
    sourceUrl: MASTER,
  }),
};

interface Stage {
  readonly hls: Hls;
  readonly playlists: Playlists;
  watch(): { readonly port: ScriptedDriver; readonly monitor: PlaylistMonitor };
}

async function stage(live = true): Promise<Stage> {
  const playlists: Playlists = new Map([
    [MASTER, master],
    [LOW, media(10, 4, live)],
    [HIGH, media(10, 4, live)],
    [AUDIO, media(10, 4, live)],
  ]);
  const hls = await passing(openPlayer(playlists, MASTER, { startLevel: 0 }));
  const watch = () => {
    const port = new ScriptedDriver({
      locate: () => false,
      hashes: () => Promise.resolve(undefined),
      fetch: () => ({ abort: () => undefined }),
    });
    const guard = (listener: () => void): void => {
      listener();
    };
    const monitor = new PlaylistMonitor({ hls, port, guard }, new SegmentCatalogue());
    monitor.start();
    return { port, monitor };
  };
  return { hls, playlists, watch };
}

const sequences = ({ playlists }: ScriptedDriver) =>
  playlists.map(({ track, segments }) => [
    Object.entries(TRACKS).find(([, id]) => id === track)?.[0],
    ...segments.map(({ name }) => name.sequence),
  ]);

const next = (hls: Hls, event: "hlsAudioTrackUpdated" | "hlsLevelUpdated"): Promise<void> =>
  new Promise((resolve) => {
    hls.once(event as Parameters<Hls["once"]>[0], () => {
      resolve();
    });
  });

/** Lets time pass in which what was begun happens: longer than a live playlist lasts. */
async function passing<Result>(begun: Promise<Result>): Promise<Result> {
  await vi.advanceTimersByTimeAsync(8000);
  return begun;
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});
beforeAll(standInForBrowser);

describe("playlists", () => {
  test("that were loaded before are told to a monitor that comes late", async () => {
    const { hls, watch } = await stage();
    const { port } = watch();
    expect(sequences(port)[0]).toEqual(["low", 10, 11, 12, 13]);
    expect(port.playlists[0]).toMatchObject({ live: true, targetDuration: 4 });
    hls.destroy();
  });

  test("are told again whenever the player loads them", async () => {
    const { hls, watch, playlists } = await stage();
    const { port } = watch();
    playlists.set(LOW, media(11, 4));
    await passing(next(hls, "hlsLevelUpdated"));
    expect(sequences(port)).toContainEqual(["low", 11, 12, 13, 14]);
    hls.destroy();
  });

  test("of alternate audio are told as tracks of their own", async () => {
    const { hls, watch } = await stage();
    const { port } = watch();
    expect(sequences(port)).toContainEqual(["audio", 10, 11, 12, 13]);
    hls.destroy();
  });

  test("that are complete are told as such", async () => {
    const { hls, watch } = await stage(false);
    expect(watch().port.playlists[0]?.live).toBe(false);
    hls.destroy();
  });

  test("whose timeline moved are told again, unless it hardly did", async () => {
    const { hls, watch } = await stage();
    const { port } = watch();
    const details = hls.levels[0]!.details!;
    const frag = details.fragments[0]!;
    const move = (seconds: number): void => {
      for (const each of details.fragments) each.start += seconds;
      hls.trigger(Hls.Events.LEVEL_PTS_UPDATED, {
        ...{ details, frag, level: hls.levels[0]!, type: "video", drift: seconds, part: null, start: 0, end: 4 },
      });
    };
    const before = port.playlists.length;
    move(0.05);
    expect(port.playlists).toHaveLength(before);
    move(1);
    expect(port.playlists).toHaveLength(before + 1);
    expect(port.playlists.at(-1)?.segments[0]?.start).toBeCloseTo(1.05);
    hls.destroy();
  });

  test("that hls.js holds and has not told of are found by fragment, once", async () => {
    const { hls, watch } = await stage();
    const { port, monitor } = watch();
    const [level] = hls.levels;
    const details = Object.assign(Object.create(level!.details!) as LevelDetails, {});
    Object.assign(level!, { details });
    const before = port.playlists.length;
    monitor.reread(details.fragments[0]!);
    monitor.reread(details.fragments[0]!);
    expect(port.playlists).toHaveLength(before + 1);
    hls.destroy();
  });
});

describe("renditions", () => {
  test("that play are followed, and a switch is told at once", async () => {
    const { hls, watch } = await stage();
    const { port } = watch();
    expect(port.followed).toEqual([TRACKS.low, TRACKS.audio]);
    hls.nextLoadLevel = 1;
    hls.loadLevel = 1;
    expect(port.followed).toEqual([TRACKS.high, TRACKS.audio]);
    await passing(next(hls, "hlsLevelUpdated"));
    expect(sequences(port)).toContainEqual(["high", 10, 11, 12, 13]);
    hls.destroy();
  });
});

describe("[SW100] parts", () => {
  const inParts = (first: number): string =>
    media(first, 4).replace("#EXTM3U\n", "#EXTM3U\n#EXT-X-PART-INF:PART-TARGET=2\n") +
    `#EXT-X-PART:DURATION=2,URI="s${String(first + 4)}.0.m4s",INDEPENDENT=YES\n` +
    `#EXT-X-PRELOAD-HINT:TYPE=PART,URI="s${String(first + 4)}.1.m4s"\n`;
  const LOW_PARTS = partTrackOf(TRACKS.low);

  async function stageOfParts() {
    const { hls, watch, playlists } = await stage();
    playlists.set(LOW, inParts(11));
    await passing(next(hls, "hlsLevelUpdated"));
    return { hls, ...watch() };
  }

  test("are told as a track of their own, and followed instead of the segments", async () => {
    const { hls, port } = await stageOfParts();
    const update = port.playlists.find(({ track }) => track === LOW_PARTS);
    expect(update).toMatchObject({ live: true, targetDuration: 2 });
    expect(update?.segments.map(({ name, hinted }) => [name.sequence, hinted])).toEqual([
      [30, undefined],
      [31, true],
    ]);
    expect(port.followed).toEqual([LOW_PARTS, TRACKS.audio]);
    hls.destroy();
  });

  test("are not followed while hls.js loads whole segments", async () => {
    const { hls, port, monitor } = await stageOfParts();
    const frag = hls.levels[0]!.details!.fragments[0]!;
    monitor.loads(frag, false);
    expect(port.followed).toEqual([TRACKS.low, TRACKS.audio]);
    monitor.loads(frag, true);
    expect(port.followed).toEqual([LOW_PARTS, TRACKS.audio]);
    hls.destroy();
  });

  test("are left alone where the player does not want low latency", async () => {
    const { hls, watch, playlists } = await stage();
    hls.config.lowLatencyMode = false;
    playlists.set(LOW, inParts(11));
    await passing(next(hls, "hlsLevelUpdated"));
    const { port } = watch();
    expect(port.playlists.some(({ track }) => track === LOW_PARTS)).toBe(false);
    expect(port.followed).toEqual([TRACKS.low, TRACKS.audio]);
    hls.destroy();
  });
});

test("a closed monitor is silent", async () => {
  const { hls, watch } = await stage();
  const { port, monitor } = watch();
  monitor.close();
  const before = port.playlists.length;
  await passing(next(hls, "hlsLevelUpdated"));
  expect(port.playlists).toHaveLength(before);
  hls.destroy();
});
