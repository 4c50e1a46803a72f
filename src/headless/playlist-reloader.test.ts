/** When a playlist is loaded again, on a clock that the test moves. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { SILENT } from "../base/logger.ts";
import type { MediaPlaylist } from "../playlist/media-playlist.ts";
import { parsePlaylist } from "../playlist/parse.ts";
import { HttpError } from "./http-client.ts";
import { PlaylistReloader, type ReloaderOptions } from "./playlist-reloader.ts";
import type { Loaded } from "./playlist-source.ts";
import { Upstream } from "./upstreams.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const UPSTREAM = new Upstream("https://cdn.example/index.m3u8");

/** Of three segments of at most 4 s. */
function window(first: number, ...tags: readonly string[]): Loaded<MediaPlaylist> {
  const lines = ["#EXTM3U", "#EXT-X-TARGETDURATION:4", `#EXT-X-MEDIA-SEQUENCE:${first}`];
  for (let n = first; n < first + 3; n++) lines.push("#EXTINF:4,", `s${n}.ts`);
  const text = [...lines, ...tags, ""].join("\n");
  const playlist = parsePlaylist(text, UPSTREAM.url);
  if (playlist.kind !== "media") throw new Error("not a media playlist");
  return { playlist, text, upstream: UPSTREAM };
}

/** A reloader whose server has what `current` says; each load takes 100 ms. */
function stage(options: Partial<ReloaderOptions> = {}) {
  const server: { current: Loaded<MediaPlaylist> | Error } = { current: window(0) };
  const loads: string[] = [];
  const told: number[] = [];
  let stale = 0;
  const reloader = new PlaylistReloader({
    ...{ name: "hd", lowLatency: false, eager: false, logger: SILENT },
    load: async (directives) => {
      loads.push(`${performance.now()}${directives && ` ${directives}`}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
      if (server.current instanceof Error) throw server.current;
      return server.current;
    },
    told: ({ playlist }) => told.push(playlist.mediaSequence),
    stale: () => stale++,
    ...options,
  });
  return { server, reloader, loads, told, staleTimes: () => stale };
}

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);

describe("[SE32] a live playlist", () => {
  test("is loaded again a target duration after the last load began, half of it without news", async () => {
    const { server, reloader, loads, told } = stage();
    const began = performance.now();
    reloader.start();
    await pass(200);
    server.current = window(1);
    await pass(5900); // the second load at 4 s brings news, the third at 8 s does not
    await pass(4500);
    expect(loads.map((load) => Number(load) - began)).toEqual([0, 4000, 8000, 10_000]);
    expect(told).toEqual([0, 1]);
  });

  test("that cannot be loaded is tried again, less and less often", async () => {
    const { server, reloader, loads, told } = stage();
    server.current = new Error("out of order");
    const began = performance.now();
    reloader.start();
    await pass(40_000);
    const waits = loads.map((load) => Math.round((Number(load) - began) / 1000));
    expect(waits).toEqual([0, 1, 3, 7, 15, 31]);
    server.current = window(9);
    await pass(15_100);
    expect(told).toEqual([9]);
  });

  test("is told when it cannot be loaded, once, and when it is again", async () => {
    const lines: string[] = [];
    const say = (_: string, message: () => string): void => void lines.push(message());
    const { server, reloader } = stage({ logger: { ...SILENT, info: say, warn: say } });
    reloader.start(window(0));
    server.current = new HttpError(0, "cdn.example: ECONNREFUSED");
    await pass(30_000);
    server.current = window(9);
    await pass(15_100);
    server.current = new HttpError(403, "cdn.example answers 403");
    await pass(30_000);
    expect(lines).toEqual([
      "the playlist of hd cannot be loaded: HttpError: cdn.example: ECONNREFUSED",
      "the playlist of hd is loaded again",
      "the playlist of hd cannot be loaded: HttpError: cdn.example answers 403",
    ]);
  });

  test("is loaded no more once it has ended", async () => {
    const { server, reloader, loads } = stage();
    server.current = window(5, "#EXT-X-ENDLIST");
    reloader.start();
    await pass(60_000);
    reloader.refresh();
    await pass(60_000);
    expect(loads).toHaveLength(1);
  });

  test("is loaded no more once it is closed", async () => {
    const { reloader, loads, told } = stage();
    reloader.start();
    await pass(50); // in the middle of a load
    reloader.close();
    await pass(60_000);
    expect([loads.length, told]).toEqual([1, []]);
  });
});

describe("[SE32] an eager reader", () => {
  test("finds out when news come, and asks shortly before, until they are there", async () => {
    const { server, reloader, loads } = stage({ eager: true });
    const began = performance.now();
    reloader.start();
    for (const newsAt of [1700, 5700, 9700]) {
      await pass(began + newsAt - performance.now());
      server.current = window((newsAt + 2300) / 4000);
    }
    await pass(300);
    const since = (load: string): number => Number(load) - began;
    // Every half second until it has seen one come; then from an eighth of the segment before the next.
    expect(loads.map(since)).toEqual([0, 500, 1000, 1500, 2000, 5600, 6100, 9700]);
  });

  test("asks as others do once the packager has stopped", async () => {
    const { reloader, loads } = stage({ eager: true });
    reloader.start();
    await pass(8100);
    const before = loads.length;
    await pass(20_000);
    expect(loads.length - before).toBe(10);
  });
});

describe("[SE34] a playlist that is older than what is known", () => {
  test("is not taken: its upstream lags, and is said to", async () => {
    const { server, reloader, told, staleTimes } = stage();
    reloader.start(window(10));
    server.current = window(9);
    await pass(4200);
    expect([told, staleTimes()]).toEqual([[10], 1]);
  });

  test("is the packager's that begins anew, once it stays so, or at once where it lists nothing known", async () => {
    const { server, reloader, told } = stage();
    reloader.start(window(2));
    server.current = window(0);
    await pass(11_000);
    expect(told).toEqual([2]);
    await pass(4000);
    expect(told).toEqual([2, 0]);
    reloader.take(window(1000));
    reloader.take(window(0));
    expect(told).toEqual([2, 0, 1000, 0]);
  });

  test("nor one that has had nothing new for three target durations: its upstream has failed", async () => {
    const { reloader, staleTimes } = stage();
    reloader.start(window(0));
    await pass(11_900);
    expect(staleTimes()).toBe(0);
    await pass(300);
    expect(staleTimes()).toBe(1);
  });
});

describe("[SE33] news", () => {
  const control = "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=3";
  const part = '#EXT-X-PART:DURATION=1,URI="p.mp4"';

  test("are waited for at a server that holds requests back, and no sooner asked for than in half a part", async () => {
    const { server, reloader, loads } = stage({ lowLatency: true });
    const began = performance.now();
    server.current = window(0, control, "#EXT-X-PART-INF:PART-TARGET=1", part);
    reloader.start();
    await pass(150);
    server.current = window(0, control, "#EXT-X-PART-INF:PART-TARGET=1", part, part);
    await pass(700);
    expect(loads.map((load) => load.replace(/^\d+/, (at) => String(Number(at) - began)))).toEqual([
      "0",
      "500 _HLS_msn=3&_HLS_part=1",
    ]);
  });

  test("are not waited for where the server does not, or nobody wants low latency", async () => {
    for (const [lowLatency, tag] of [
      [true, "#EXT-X-PART-INF:PART-TARGET=1"],
      [false, control],
    ] as const) {
      const { server, reloader, loads } = stage({ lowLatency });
      server.current = window(0, tag);
      reloader.start();
      await pass(5000);
      expect(loads).toHaveLength(2);
      expect(loads.join("")).not.toContain("_HLS_");
    }
  });

  test("that somebody tells of are asked for at once, and not by each who tells", async () => {
    const { reloader, loads } = stage();
    reloader.start();
    await pass(1000);
    for (let n = 0; n < 10; n++) reloader.refresh();
    await pass(150);
    for (let n = 0; n < 10; n++) reloader.refresh();
    await pass(50);
    expect(loads).toHaveLength(2);
    await pass(100);
    expect(loads).toHaveLength(3);
  });

  test("that are passed on put off the next load", async () => {
    const { reloader, loads, told } = stage();
    reloader.start();
    await pass(3000);
    reloader.take(window(1));
    await pass(5900);
    expect([loads.length, told]).toEqual([1, [0, 1]]);
    await pass(200);
    expect(loads).toHaveLength(2);
  });

  test("that are passed on put off the next load also when they are known already", async () => {
    const { reloader, loads, told } = stage();
    reloader.start();
    await pass(3000);
    reloader.take(window(0));
    await pass(5900);
    expect([loads.length, told]).toEqual([1, [0]]);
    await pass(200);
    expect(loads).toHaveLength(2);
  });
});
