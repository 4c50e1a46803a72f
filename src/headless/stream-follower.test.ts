/** The follower against real origins: the sample stream, low latency, and small servers that misbehave. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { createLowLatencyOrigin } from "../../testkit/origin/low-latency.mjs";
import { createOrigin } from "../../testkit/origin/origin.mjs";
import { SILENT } from "../base/logger.ts";
import { partTrackOf, swarmIdFor } from "../playlist/stream-names.ts";
import type { SegmentId } from "../protocol/ids.ts";
import type { OriginAnswer, OriginOutcome } from "../swarm/io/origin.ts";
import { openStream, type PlaylistUpdate, type StreamFollower, type StreamFollowerOptions } from "./stream-follower.ts";

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function sampleOrigin(options: Parameters<typeof createOrigin>[0] = {}) {
  const origin = await createOrigin({ pictures: "light", vodSeconds: 12, ...options });
  closers.push(() => origin.close());
  return origin;
}

/** A server of answers by path; `undefined` never answers. */
async function serve(answer: (path: string, request: IncomingMessage, response: ServerResponse) => string | undefined) {
  const asked: string[] = [];
  const server: Server = createServer((request, response) => {
    const path = request.url ?? "";
    asked.push(path);
    const body = answer(path, request, response);
    if (body !== undefined) response.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked, server };
}

/** Follows, and lets one wait for updates. */
async function follow(urls: readonly string[], options: Partial<StreamFollowerOptions> = {}) {
  const follower = await openStream({ urls, logger: SILENT, ...options });
  closers.push(() => {
    follower.close();
  });
  const updates: PlaylistUpdate[] = [];
  const ended: string[] = [];
  let listener = (): void => undefined;
  follower.start({
    playlist: (update) => {
      updates.push(update);
      listener();
    },
    ended: (track) => ended.push(track),
  });
  const until = (met: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      listener = () => {
        if (met()) resolve();
      };
      listener();
    });
  return { follower, updates, ended, until };
}

interface Got {
  readonly bytes: Buffer;
  readonly opened: readonly OriginAnswer[];
  readonly outcome: OriginOutcome;
}

const get = ({ origin }: StreamFollower, segment: SegmentId, from = 0, to?: number): Promise<Got> =>
  new Promise((resolve) => {
    const pieces: Uint8Array[] = [];
    const opened: OriginAnswer[] = [];
    origin.fetch(
      { segment, from, to },
      {
        opened: (answer) => opened.push(answer),
        data: (bytes) => pieces.push(bytes),
        closed: (outcome) => {
          resolve({ bytes: Buffer.concat(pieces), opened, outcome });
        },
      },
    );
  });

const vod = (count: number, uri = (n: number) => `s${n}.ts`): string =>
  `#EXTM3U\n#EXT-X-TARGETDURATION:2\n${Array.from({ length: count }, (_, n) => `#EXTINF:2,\n${uri(n)}\n`).join("")}#EXT-X-ENDLIST\n`;
const live = (first: number, count: number): string =>
  `#EXTM3U\n#EXT-X-TARGETDURATION:20\n#EXT-X-MEDIA-SEQUENCE:${first}\n${Array.from({ length: count }, (_, n) => `#EXTINF:1,\ns${first + n}.ts\n`).join("")}`;

describe("a stream", () => {
  test("[SE32] on demand is loaded once, and ends at once", async () => {
    const origin = await sampleOrigin({ signed: true });
    const { follower, updates, ended, until } = await follow([origin.vodUrl], { userAgent: "hls-viewer/seeder" });
    await until(() => updates.length === 1);
    expect(follower.swarm).toBe(swarmIdFor(origin.vodUrl));
    expect(updates[0]).toMatchObject({ live: false, targetDuration: 2, signed: true });
    expect(updates[0]!.segments.map(({ name, start }) => [name.sequence, start])).toEqual(
      [0, 1, 2, 3, 4, 5].map((n) => [n, 2 * n]),
    );
    expect(ended).toEqual([updates[0]!.track]);
    const { id, root } = updates[0]!.segments[3]!;
    expect((await get(follower, id)).bytes.equals(origin.segment(3))).toBe(true);
    expect((await get(follower, id, 100, 300)).bytes).toEqual(origin.segment(3).subarray(100, 300));
    expect(await follower.origin.hashes(id)).toHaveLength(16 * Math.ceil(root!.byteLength / 32768));
    expect(origin.counters().byViewer.get("seeder")?.rangeRequests).toBe(1);
  });

  test("[SE33] of low latency is waited for at the server, parts and all", async () => {
    const origin = await createLowLatencyOrigin({ windowSegments: 4, signed: true });
    closers.push(() => origin.close());
    const { follower, updates, until } = await follow([origin.liveUrl], { lowLatency: true });
    const [rendition] = follower.renditions;
    const parts = (): PlaylistUpdate[] => updates.filter(({ track }) => track === partTrackOf(rendition!.track));
    await until(() => parts().length === 4);
    const last = parts().map(({ segments }) => segments.at(-1)!);
    expect(last.every(({ hinted }) => hinted)).toBe(true);
    // Told of each part as it was made; every target duration there would be four more.
    const steps = last.slice(1).map(({ name }, at) => name.sequence - last[at]!.name.sequence);
    expect(Math.min(...steps)).toBe(1);
    const made = parts()[0]!.segments.at(-2)!;
    expect((await get(follower, made.id)).bytes).toHaveLength(made.root!.byteLength);
  });

  test("[SE33] whose playlist is passed on is not asked for before its time", async () => {
    const { url, asked } = await serve(() => live(5, 3));
    const { follower, updates, until } = await follow([`${url}/index.m3u8`]);
    await until(() => updates.length === 1);
    const { track } = follower.renditions[0]!;
    follower.take(track, live(6, 3));
    await until(() => updates.length === 2);
    expect(updates[1]!.segments[0]).toMatchObject({ name: { sequence: 6 }, start: 1 });
    expect(follower.text(track)).toMatchObject({ text: live(6, 3), url: `${url}/index.m3u8` });
    follower.take(track, "<html>");
    expect(asked).toHaveLength(1);
    follower.refresh(track); // the server still has the older one, which is not taken
    await expect.poll(() => asked.length).toBe(2);
    expect(follower.text(track)?.text).toBe(live(6, 3));
  });
});

describe("[SE34] of several upstreams", () => {
  const master =
    "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1000000\nhd/index.m3u8\n#EXT-X-STREAM-INF:BANDWIDTH=300000\nsd/index.m3u8\n";
  const whole = (path: string): string =>
    path.endsWith("/live.m3u8")
      ? master
      : path.endsWith("index.m3u8")
        ? vod(3)
        : `bytes of ${path.split("/").slice(-2).join("/")}`;

  test("the next one is taken while the first is out of order, with its own addresses, and the first again after a rest", async () => {
    let isBroken = true;
    const first = await serve((path, _, response) => {
      if (!isBroken) return whole(path);
      response.statusCode = 503;
      return "";
    });
    const second = await serve(whole);
    const { follower, updates, until } = await follow([`${first.url}/a/live.m3u8`, `${second.url}/b/live.m3u8`], {
      choose: (all) => all.slice(0, 1),
    });
    await until(() => updates.length === 1);
    expect(follower.multivariant?.url).toBe(`${second.url}/b/live.m3u8`);
    expect(follower.upstreams().map(({ failures }) => failures > 0)).toEqual([true, false]);
    const ids = updates[0]!.segments.map(({ id }) => id);
    expect(String((await get(follower, ids[0]!)).bytes)).toBe("bytes of hd/s0.ts");
    expect(second.asked.at(-1)).toBe("/b/hd/s0.ts");
    isBroken = false;
    await expect.poll(() => follower.upstreams()[0]?.healthy, { timeout: 5000 }).toBe(true);
    expect(String((await get(follower, ids[1]!)).bytes)).toBe("bytes of hd/s1.ts");
    expect(first.asked.at(-1)).toBe("/a/hd/s1.ts");
  });

  test("the next one goes on where the first broke off in the middle of a segment", async () => {
    const body = Buffer.from(Array.from({ length: 100_000 }, (_, n) => n % 251));
    const first = await serve((path, _, response) => {
      if (path.endsWith(".m3u8")) return vod(2);
      response.writeHead(200, { "content-length": body.length });
      response.write(body.subarray(0, 40_000), () => response.destroy());
      return undefined;
    });
    const second = await serve((path, { headers }, response) => {
      if (path.endsWith(".m3u8")) return vod(2);
      const from = Number(/\d+/.exec(headers.range ?? "0"));
      const range = `bytes ${from}-${body.length - 1}/${body.length}`;
      response.writeHead(from > 0 ? 206 : 200, { "content-range": range, "content-length": body.length - from });
      response.end(body.subarray(from));
      return undefined;
    });
    const { follower, updates, until } = await follow([`${first.url}/x.m3u8`, `${second.url}/x.m3u8`]);
    await until(() => updates.length === 1);
    const { bytes, opened, outcome } = await get(follower, updates[0]!.segments[1]!.id);
    expect(bytes.equals(body)).toBe(true);
    expect(opened).toHaveLength(1);
    expect(outcome).toMatchObject({ outcome: "complete", byteLength: body.length });
    expect(follower.upstreams().map(({ failures }) => failures)).toEqual([1, 0]);
    const received = follower.upstreams()[1]!.bytes;
    expect(received).toBeGreaterThan(0);
    expect(received).toBeLessThan(body.length);
  });

  test("what is not at one is looked for at the next, which is no fault of the first", async () => {
    const first = await serve((path, _, response) => {
      if (path.endsWith(".m3u8")) return whole(path);
      response.statusCode = 404;
      return "";
    });
    const second = await serve(whole);
    const { follower, updates, until } = await follow([`${first.url}/live.m3u8`, `${second.url}/live.m3u8`]);
    await until(() => updates.length === 2);
    expect(String((await get(follower, updates[0]!.segments[2]!.id)).bytes)).toBe("bytes of hd/s2.ts");
    expect(follower.upstreams().map(({ healthy }) => healthy)).toEqual([true, true]);
    second.server.closeAllConnections();
    second.server.close();
    expect((await get(follower, updates[0]!.segments[1]!.id)).outcome).toMatchObject({ outcome: "failed" });
  });
});

describe("[SE36] what cannot be followed is told:", () => {
  test.each([
    ["no URL", [], /name the URL/],
    ["another scheme", ["file:///etc/passwd"], /no http or https URL/],
  ])("%s", async (_, urls, message) => {
    await expect(openStream({ urls, logger: SILENT })).rejects.toThrow(message);
  });

  test("a page instead of a playlist, an error, an endless answer, no rendition, nobody", async () => {
    const { url, server } = await serve((path, _, response) => {
      if (path === "/page") return "<html>";
      if (path === "/vod") return vod(1);
      if (path === "/endless") {
        const write = (): void => void response.write(Buffer.alloc(1 << 20, "#"), write);
        write();
        return undefined;
      }
      response.statusCode = 403;
      return "";
    });
    const open = (path: string, more: Partial<StreamFollowerOptions> = {}) =>
      openStream({ urls: [url + path], logger: SILENT, ...more });
    await expect(open("/page")).rejects.toThrow(`${url}/page: line 1: not #EXTM3U`);
    await expect(open("/closed")).rejects.toThrow(/answers 403/);
    await expect(open("/endless")).rejects.toThrow(/more than/);
    await expect(open("/vod", { choose: () => [] })).rejects.toThrow(/none is chosen of the only rendition/);
    server.closeAllConnections();
    server.close();
    await expect(open("/vod")).rejects.toThrow(
      /no playlist to follow at .*\/vod: 127\.0\.0\.1:\d+: (ECONNREFUSED|other side closed)$/,
    );
  });
});

test("[SE58] of an upstream that fails later the log says no more than its host", async () => {
  const { url, asked } = await serve((_path, _request, response) => {
    if (asked.length === 1) return "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n0.ts\n";
    response.statusCode = 403;
    return "";
  });
  const warning = new Promise<string>((resolve) => {
    const logger = { ...SILENT, warn: (_: string, message: () => string) => resolve(message()) };
    void follow([`${url}/live/index.m3u8?token=secret`], { logger });
  });
  expect(await warning).toMatch(/: HttpError: 127\.0\.0\.1:\d+ answers 403$/);
});

test("[SE30] after a redirection the new address is the playlist's", async () => {
  const { url } = await serve((path, _, response) => {
    if (path.startsWith("/new/deep/")) return path.endsWith("m3u8?t=1") ? vod(1) : "bytes";
    response.writeHead(302, { location: "/new/deep/index.m3u8?t=1" });
    return "";
  });
  const { follower, updates, until } = await follow([`${url}/old.m3u8`]);
  await until(() => updates.length === 1);
  expect(follower.text(updates[0]!.track)?.url).toBe(`${url}/new/deep/index.m3u8?t=1`);
  expect(String((await get(follower, updates[0]!.segments[0]!.id)).bytes)).toBe("bytes");
});
