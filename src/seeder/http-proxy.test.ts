/** The proxy with a real swarm engine behind it (no peers), real origins before it, and real clients. */
import { createServer, get, type IncomingMessage, type ServerResponse } from "node:http";
import { once } from "node:events";
import { afterEach, describe, expect, test } from "vitest";
import { createOrigin } from "../../testkit/origin/origin.mjs";
import { createLowLatencyOrigin } from "../../testkit/origin/low-latency.mjs";
import { SILENT } from "../base/logger.ts";
import { openHeadlessSwarm } from "../headless/headless-swarm.ts";
import { openStream, type StreamFollowerOptions } from "../headless/stream-follower.ts";
import { listen, stopListening } from "../http/listening.ts";
import { parsePlaylist } from "../playlist/parse.ts";
import { createMemoryStore } from "../swarm/io/memory-store.ts";
import { SeederInterest } from "./core/seeder-interest.ts";
import { createHttpProxy } from "./http-proxy.ts";

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** A seeder's proxy of a stream, on a host of its own, once every rendition has its first playlist. */
async function proxyOf(url: string, options: Partial<StreamFollowerOptions> = {}) {
  const follower = await openStream({ urls: [url], userAgent: "hls-viewer/seeder", logger: SILENT, ...options });
  const store = createMemoryStore();
  const loaded = new Set<string>();
  let ready = (): void => undefined;
  const isReady = new Promise<void>((resolve) => (ready = resolve));
  const driver = openHeadlessSwarm({
    ...{ follower, store, webRtc: undefined, trackers: [], lan: false, upload: true, memoryBytesMax: 100_000_000 },
    ...{ logger: SILENT, seeder: true, interest: new SeederInterest() },
    onPlaylist: ({ track }) => {
      proxy.told();
      if (follower.renditions.some((one) => one.track === track)) loaded.add(track);
      if (loaded.size === follower.renditions.length) ready();
    },
  });
  const proxy = createHttpProxy({ follower, driver, store, logger: SILENT });
  const server = createServer(proxy.handle);
  const host = `http://127.0.0.1:${await listen(server, 0, "127.0.0.1")}`;
  closers.push(async () => {
    driver.close();
    await stopListening(server);
  });
  await isReady;
  return { host, at: (upstream: string) => host + new URL(upstream).pathname, proxy, driver, store };
}

async function sampleOrigin(options: Parameters<typeof createOrigin>[0] = {}) {
  const origin = await createOrigin({ pictures: "light", vodSeconds: 12, ...options });
  closers.push(() => origin.close());
  return origin;
}

/** A server of answers by path; whatever is not there is 404. */
async function serve(files: Record<string, string | ((request: IncomingMessage, response: ServerResponse) => void)>) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? "";
    asked.push(`${path}${request.headers.range ? ` ${request.headers.range}` : ""}`);
    const file = files[path];
    if (typeof file === "function") file(request, response);
    else response.writeHead(file === undefined ? 404 : 200).end(file);
  });
  const url = `http://127.0.0.1:${await listen(server, 0, "127.0.0.1")}`;
  closers.push(() => stopListening(server));
  return { url, asked };
}

const vod = (...lines: readonly string[]): string =>
  ["#EXTM3U", "#EXT-X-TARGETDURATION:2", ...lines, "#EXT-X-ENDLIST", ""].join("\n");
const textOf = async (url: string): Promise<string> => (await fetch(url)).text();
const bytesOf = async (url: string, headers = {}): Promise<Buffer> =>
  Buffer.from(await (await fetch(url, { headers })).arrayBuffer());

describe("[SE40] however many ask for a segment,", () => {
  test("fifty at once cost the upstream one copy, and get it as it comes", async () => {
    const origin = await sampleOrigin({ bitsPerSecond: 1_000_000 });
    const { at, proxy } = await proxyOf(origin.vodUrl);
    origin.setThrottle(1_000_000); // a segment would take two seconds
    const url = at(origin.vodUrl.replace("index.m3u8", "s2.m4s"));
    const answers = await Promise.all(Array.from({ length: 50 }, () => fetch(url)));
    // Headers are here, and so is the first chunk: the origin has not sent all yet.
    expect(origin.counters().totalBytes).toBeLessThan(origin.segment(2).length);
    origin.setThrottle(0);
    const [first] = answers;
    expect(first!.headers.get("content-type")).toBe("video/mp4");
    expect(first!.headers.get("access-control-allow-origin")).toBe("*");
    const bodies = await Promise.all(answers.map(async (answer) => Buffer.from(await answer.arrayBuffer())));
    expect(bodies.every((body) => body.equals(origin.segment(2)))).toBe(true);
    expect(origin.counters().totalBytes).toBe(origin.segment(2).length);
    expect(proxy.state()).toMatchObject({ refusals: 0, sentBytes: 50 * origin.segment(2).length });
    await bytesOf(url); // still in memory
    expect(origin.counters().requests).toBe(1);
  });

  test("what nobody waits for any more is given up", async () => {
    const origin = await sampleOrigin({ bitsPerSecond: 4_000_000 });
    const { at, driver } = await proxyOf(origin.vodUrl);
    origin.setThrottle(2_000_000);
    const request = get(at(origin.vodUrl.replace("index.m3u8", "s1.m4s")));
    const [response] = (await once(request, "response")) as [IncomingMessage];
    await once(response, "data");
    const givenUp = new Promise<void>((resolve) => {
      driver.onChange(() => {
        if (driver.stats().originReceivedBytes > 0) resolve();
      });
    });
    request.destroy();
    await givenUp;
    expect(driver.stats().originReceivedBytes).toBeLessThan(origin.segment(1).length);
  });
});

describe("[SE41] a range, a HEAD and an error are answered as the upstream would:", () => {
  test("segments whole and in part", async () => {
    const origin = await sampleOrigin({ signed: true });
    const { at } = await proxyOf(origin.vodUrl);
    const url = at(origin.vodUrl.replace("index.m3u8", "s3.m4s"));
    const whole = origin.segment(3);
    const part = await fetch(url, { headers: { range: "bytes=100-199" } });
    expect([part.status, part.headers.get("content-range")]).toEqual([206, `bytes 100-199/${whole.length}`]);
    expect(Buffer.from(await part.arrayBuffer())).toEqual(whole.subarray(100, 200));
    expect((await fetch(url, { headers: { range: `bytes=${whole.length}-` } })).status).toBe(416);
    const head = await fetch(url, { method: "HEAD" });
    expect([head.status, head.headers.get("content-length")]).toEqual([200, String(whole.length)]);
    const post = await fetch(url, { method: "POST" });
    expect([post.status, post.headers.get("allow")]).toEqual([405, "GET, HEAD, OPTIONS"]);
    expect((await fetch(url, { method: "OPTIONS" })).status).toBe(204);
    expect(await bytesOf(`${url}.hashes`)).toHaveLength(16 * Math.ceil(whole.length / 32_768));
    expect(origin.counters().requests).toBe(2); // the segment, and its hashes
  });

  test("segments that are ranges of one file, and what else is in it", async () => {
    const file = Buffer.from(Array.from({ length: 100_000 }, (_, n) => n % 251));
    const { url, asked } = await serve({
      "/x/index.m3u8": vod(
        ...['#EXT-X-MAP:URI="all.mp4",BYTERANGE="700@0"', "#EXTINF:2,", "#EXT-X-BYTERANGE:50000@700", "all.mp4"],
        ...["#EXTINF:2,", "#EXT-X-BYTERANGE:49300", "all.mp4"],
      ),
      "/x/all.mp4": ({ headers }, response) => {
        const [start = 0, end = 0] = (/(\d+)-(\d+)/.exec(headers.range ?? "") ?? []).slice(1).map(Number);
        response.writeHead(206, {
          "content-range": `bytes ${start}-${end}/${file.length}`,
          "content-type": "video/mp4",
        });
        response.end(file.subarray(start, end + 1));
      },
    });
    const { host } = await proxyOf(`${url}/x/index.m3u8`);
    const isRight = async (start: number, end: number): Promise<boolean> =>
      file.subarray(start, end).equals(await bytesOf(`${host}/x/all.mp4`, { range: `bytes=${start}-${end - 1}` }));
    expect(await isRight(700, 50_700)).toBe(true);
    expect(await isRight(50_700, 100_000)).toBe(true);
    expect(await isRight(800, 900)).toBe(true);
    expect(await isRight(0, 700)).toBe(true);
    expect(await isRight(0, 700)).toBe(true);
    expect((await fetch(`${host}/x/all.mp4`)).status).toBe(400);
    const init = asked.filter((line) => line.endsWith(" bytes=0-699"));
    expect(init).toHaveLength(1);
  });

  test("a segment that is not there, and an upstream that is not", async () => {
    const { url } = await serve({
      "/index.m3u8": vod("#EXTINF:2,", "s0.ts", "#EXTINF:2,", "s1.ts", "#EXTINF:2,", "s2.ts"),
      "/s1.ts": (_, response) => response.destroy(),
      "/s2.ts": (_, response) => response.writeHead(403).end(),
    });
    const { host } = await proxyOf(`${url}/index.m3u8`);
    const statuses = await Promise.all([0, 1, 2].map(async (n) => (await fetch(`${host}/s${n}.ts`)).status));
    expect(statuses).toEqual([404, 502, 403]);
  });
});

describe("[SE42] a playlist is changed in nothing but hosts:", () => {
  test("absolute addresses of the stream lead to the proxy, everything else stays", async () => {
    const other = await serve({ "/media/s1.ts?t=1": "one", "/key": "key" });
    const { url } = await serve({
      "/live/master.m3u8": [
        ...["#EXTM3U", "#EXT-X-INDEPENDENT-SEGMENTS"],
        '#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="t",NAME="English",URI="text/en.m3u8"',
        ...['#EXT-X-STREAM-INF:BANDWIDTH=1000000,SUBTITLES="t"', "/live/hd/index.m3u8", ""],
      ].join("\r\n"),
      "/live/hd/index.m3u8": vod(
        `#EXT-X-KEY:METHOD=AES-128,URI="${other.url}/key"`,
        ...['#EXT-X-SESSION-DATA:DATA-ID="x",VALUE="https://site.example/about"', "#EXTINF:2,https://title.example/"],
        ...["s0.ts", "#EXTINF:2,", `${other.url}/media/s1.ts?t=1`],
      ),
      "/live/hd/s0.ts": "zero",
      "/live/text/en.m3u8": (_, response) => response.writeHead(302, { location: "/live/text/v2/en.m3u8" }).end(),
      "/live/text/v2/en.m3u8": vod("#EXTINF:2,", "/live/text/v2/0.vtt"),
      "/live/text/v2/0.vtt": "WEBVTT",
    });
    const { host } = await proxyOf(`${url}/live/master.m3u8`);
    expect(await textOf(`${host}/live/master.m3u8`)).toBe(await textOf(`${url}/live/master.m3u8`));
    const media = await textOf(`${host}/live/hd/index.m3u8`);
    expect(media).toBe((await textOf(`${url}/live/hd/index.m3u8`)).replaceAll(other.url, ""));
    expect(await textOf(`${host}/live/hd/s0.ts`)).toBe("zero");
    expect(await textOf(`${host}/media/s1.ts?t=1`)).toBe("one");
    expect(await textOf(`${host}/key`)).toBe("key");
    const text = await fetch(`${host}/live/text/en.m3u8`);
    expect([text.url, await text.text()]).toEqual([
      `${host}/live/text/v2/en.m3u8`,
      vod("#EXTINF:2,", "/live/text/v2/0.vtt"),
    ]);
    expect(await textOf(`${host}/live/text/v2/0.vtt`)).toBe("WEBVTT");
  });

  test("nothing but the stream is there", async () => {
    const { url, asked } = await serve({ "/live/index.m3u8": vod("#EXTINF:2,", "s0.ts"), "/secret": "secret" });
    const { host, proxy } = await proxyOf(`${url}/live/index.m3u8`);
    const before = asked.length;
    for (const path of [
      "/secret",
      "/live/../secret",
      "/live/s1.ts",
      "/",
      "//evil.example/s0.ts",
      "/live/%2e%2e/secret",
    ])
      expect((await fetch(host + path)).status).toBe(404);
    const request = get({ port: new URL(host).port, host: "127.0.0.1", path: `${url}/secret` }); // as of an open proxy
    const [response] = (await once(request, "response")) as [IncomingMessage];
    expect(response.statusCode).toBe(404);
    response.resume();
    expect(asked).toHaveLength(before);
    expect(proxy.state().refusals).toBe(7);
  });
});

describe("[SE43] a live playlist", () => {
  test("is the follower's newest, whoever asks however often", async () => {
    const live = "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\ns0.ts\n";
    const { url, asked } = await serve({ "/index.m3u8": live });
    const { host } = await proxyOf(`${url}/index.m3u8`);
    const texts = await Promise.all(Array.from({ length: 20 }, () => textOf(`${host}/index.m3u8`)));
    expect(new Set(texts)).toEqual(new Set([live]));
    expect(asked).toHaveLength(1);
  });

  test("is waited for by those who say for what, parts too", async () => {
    const origin = await createLowLatencyOrigin({ windowSegments: 4 });
    closers.push(() => origin.close());
    const { at } = await proxyOf(origin.liveUrl, { lowLatency: true });
    const url = at(origin.liveUrl);
    const read = async (query = "") => {
      const playlist = parsePlaylist(await textOf(url + query), url);
      if (playlist.kind !== "media") throw new Error("not a media playlist");
      return playlist;
    };
    const { open, preloadHint } = await read();
    const next = await read(`?_HLS_msn=${open.sequence}&_HLS_part=${open.parts.length}`);
    const made = next.open.sequence > open.sequence ? next.segments.at(-1)! : next.open;
    expect(made.parts[open.parts.length]?.url).toBe(preloadHint?.url);
    expect(await bytesOf(preloadHint!.url)).toHaveLength(75_000);
    expect((await fetch(`${url}?_HLS_msn=${open.sequence + 9}`)).status).toBe(400);
  });
});
