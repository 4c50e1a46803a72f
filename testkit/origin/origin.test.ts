import { createHash } from "node:crypto";
import { request as httpRequest } from "node:http";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";
import { CHUNK_BYTES } from "../../src/protocol/limits.ts";
import { chunkInput, HASH_BYTES, parseRoot, ROOT_TAG, rootInput } from "../../src/protocol/segment-root.ts";
import { listedAddresses, withoutRoots } from "../../src/signer/signed-playlist.ts";
import { createOrigin } from "./origin.mjs";
import type { OriginOptions, RunningOrigin } from "./origin.d.mts";

/** 24 s: the length of the sample stream. */
const LOOP_SECONDS = 24;
const EPOCH_MS = Date.UTC(2030, 0, 1);
const VIDEO_TRACK = 1;
const VIDEO_TIMESCALE = 12_800;

let opened: RunningOrigin[] = [];
afterEach(async () => {
  await Promise.all(opened.map((origin) => origin.close()));
  opened = [];
});

async function open(options: OriginOptions = {}): Promise<RunningOrigin> {
  const origin = await createOrigin(options);
  opened.push(origin);
  return origin;
}

/** A live origin `seconds` after its first segment began. */
const openAt = (seconds: number, options: OriginOptions = {}) =>
  open({ epochMs: EPOCH_MS, clock: { now: () => EPOCH_MS + seconds * 1000 }, windowSegments: 4, ...options });

const getText = async (url: string) => (await fetch(url)).text();
const segmentsIn = (playlist: string) => [...playlist.matchAll(/^s(\d+)\.m4s$/gm)].map((match) => Number(match[1]));
const tagIn = (playlist: string, tag: string) => new RegExp(`^#${tag}:(.*)$`, "m").exec(playlist)?.[1];

async function getRange(origin: RunningOrigin, range: string, segment = 0) {
  const response = await fetch(`${origin.url}/vod/s${String(segment)}.m4s`, { headers: { range } });
  return { response, bytes: Buffer.from(await response.arrayBuffer()) };
}

/** Decode time and length, in units of the timescale, of each track's run in one fragment: read here on our own. */
function runsOf(segment: Buffer) {
  const runs: { track: number; decodeTime: bigint; duration: bigint }[] = [];
  const walk = (from: number, to: number, visit: (type: string, body: number, end: number) => void) => {
    for (let at = from; at < to; at += segment.readUInt32BE(at))
      visit(segment.toString("latin1", at + 4, at + 8), at + 8, at + segment.readUInt32BE(at));
  };
  walk(0, segment.length, (type, moofBody, moofEnd) => {
    if (type !== "moof") return;
    walk(moofBody, moofEnd, (inMoof, trafBody, trafEnd) => {
      if (inMoof !== "traf") return;
      const run = { track: 0, decodeTime: 0n, duration: 0n };
      let sampleDuration = 0;
      walk(trafBody, trafEnd, (inTraf, body) => {
        if (inTraf === "tfhd") {
          run.track = segment.readUInt32BE(body + 4);
          sampleDuration = segment.readUInt32BE(body + 8); // the sample stream sets default-sample-duration first
        }
        if (inTraf === "tfdt") run.decodeTime = segment.readBigUInt64BE(body + 4);
        if (inTraf === "trun") run.duration = BigInt(sampleDuration * segment.readUInt32BE(body + 4));
      });
      runs.push(run);
    });
  });
  return runs;
}

test("a segment is listed once its end has passed, and not before", async () => {
  const before = await openAt(9.999);
  expect(segmentsIn(await getText(before.liveUrl))).toEqual([0, 1, 2, 3]);
  expect((await fetch(`${before.url}/live/s4.m4s`)).status).toBe(404);
  const after = await openAt(10);
  expect(segmentsIn(await getText(after.liveUrl))).toEqual([1, 2, 3, 4]);
  expect((await fetch(`${after.url}/live/s4.m4s`)).status).toBe(200);
});

test("media sequence and program date time belong to the first segment listed", async () => {
  const origin = await openAt(1_000_000);
  const playlist = await getText(origin.liveUrl);
  expect(tagIn(playlist, "EXT-X-MEDIA-SEQUENCE")).toBe("499996");
  expect(tagIn(playlist, "EXT-X-TARGETDURATION")).toBe("2");
  expect(Date.parse(tagIn(playlist, "EXT-X-PROGRAM-DATE-TIME") ?? "")).toBe(EPOCH_MS + 499_996 * 2000);
  expect(playlist).not.toContain("DISCONTINUITY");
  expect(playlist).not.toContain("ENDLIST");
});

test("segments of 4 s are two of 2 s in one", async () => {
  const short = await openAt(1000);
  const long = await openAt(1000, { segmentSeconds: 4 });
  const playlist = await getText(long.liveUrl);
  expect(segmentsIn(playlist)).toEqual([246, 247, 248, 249]);
  expect(tagIn(playlist, "EXT-X-TARGETDURATION")).toBe("4");
  expect(long.segment(100)).toEqual(Buffer.concat([short.segment(200), short.segment(201)]));
});

test.each([
  [2, "full"],
  [4, "full"],
  [2, "light"],
] as const)(
  "time goes on from one %d s segment to the next (%s), also where the loop closes",
  async (seconds, pictures) => {
    const origin = await open({ segmentSeconds: seconds, pictures, bitsPerSecond: 600_000 });
    const perLoop = LOOP_SECONDS / seconds;
    const next = new Map<number, bigint>();
    for (let sequence = 0; sequence < 2 * perLoop + 1; sequence++) {
      for (const run of runsOf(origin.segment(sequence))) {
        expect(run.decodeTime, `segment ${String(sequence)}, track ${String(run.track)}`).toBe(
          next.get(run.track) ?? 0n,
        );
        next.set(run.track, run.decodeTime + run.duration);
      }
      expect(next.get(VIDEO_TRACK)).toBe(BigInt((sequence + 1) * seconds * VIDEO_TIMESCALE));
    }
    expect(next.size).toBe(pictures === "full" ? 2 : 1);
    const days = 40 * (86_400 / seconds);
    expect(runsOf(origin.segment(days))[0]?.decodeTime).toBe(BigInt(days * seconds * VIDEO_TIMESCALE));
  },
);

test("filler brings every segment to exactly the rate, the same bytes for everybody", async () => {
  const alice = await open({ bitsPerSecond: 1_000_000 });
  const bob = await open({ bitsPerSecond: 1_000_000 });
  for (const sequence of [0, 5, 12, 50_000]) {
    expect(alice.segment(sequence)).toHaveLength(250_000);
    expect(alice.segment(sequence).equals(bob.segment(sequence))).toBe(true);
  }
  const [filler, other] = [0, 12].map((sequence) => alice.segment(sequence).subarray(-100_000));
  expect(other?.equals(filler ?? Buffer.alloc(0))).toBe(false);
});

test("a rate below that of the pictures is refused", async () => {
  await expect(createOrigin({ bitsPerSecond: 100_000 })).rejects.toThrow(/at least \d+/);
});

test("VOD is as long as asked, and ends", async () => {
  const origin = await open({ vodSeconds: 60 });
  const playlist = await getText(origin.vodUrl);
  expect(segmentsIn(playlist)).toHaveLength(30);
  expect(playlist).toContain("#EXT-X-ENDLIST");
  expect((await fetch(`${origin.url}/vod/s29.m4s`)).status).toBe(200);
  expect((await fetch(`${origin.url}/vod/s30.m4s`)).status).toBe(404);
});

test.each([
  ["bytes=0-99", 0, 100],
  ["bytes=100-", 100, undefined],
  ["bytes=-50", -50, undefined],
  ["bytes=100-999999999", 100, undefined],
  ["bytes=0-0", 0, 1],
])("range %s is answered with 206 and just that", async (range, from, to) => {
  const origin = await open();
  const whole = origin.segment(0);
  const { response, bytes } = await getRange(origin, range);
  const expected = whole.subarray(from, to);
  const first = from < 0 ? whole.length + from : from;
  expect(response.status).toBe(206);
  expect(bytes.equals(expected)).toBe(true);
  expect(response.headers.get("content-range")).toBe(
    `bytes ${String(first)}-${String(first + expected.length - 1)}/${String(whole.length)}`,
  );
});

test("a range behind the end is 416 and tells the size; nonsense is answered whole", async () => {
  const origin = await open();
  const size = origin.segment(0).length;
  for (const range of [`bytes=${String(size)}-`, "bytes=-0"]) {
    const { response } = await getRange(origin, range);
    expect(response.status).toBe(416);
    expect(response.headers.get("content-range")).toBe(`bytes */${String(size)}`);
  }
  for (const range of ["bytes=9-3", "bytes=0-1,5-6", "lines=1-2", "bytes=-"])
    expect((await getRange(origin, range)).response.status, range).toBe(200);
});

test("If-Range with another ETag gives the whole, If-None-Match with ours gives nothing", async () => {
  const origin = await open();
  const url = `${origin.url}/vod/s0.m4s`;
  const etag = (await fetch(url, { method: "HEAD" })).headers.get("etag") ?? "";
  const ask = async (headers: Record<string, string>) => (await fetch(url, { headers })).status;
  expect(await ask({ range: "bytes=0-9", "if-range": etag })).toBe(206);
  expect(await ask({ range: "bytes=0-9", "if-range": '"other"' })).toBe(200);
  expect(await ask({ "if-none-match": etag })).toBe(304);
});

test.each([
  [false, 200, "none", true],
  ["ignore", 200, "bytes", true],
  ["hide", 206, "bytes", false],
] as const)("ranges: %s", async (ranges, status, acceptRanges, exposed) => {
  const { response } = await getRange(await open({ ranges }), "bytes=0-9");
  expect(response.status).toBe(status);
  expect(response.headers.get("accept-ranges")).toBe(acceptRanges);
  expect(response.headers.get("access-control-expose-headers")?.includes("Content-Range")).toBe(exposed);
});

test("counters tell segments, viewers and ranges apart, and leave HEAD and playlists out", async () => {
  const origin = await open();
  const get = async (path: string, viewer: string, range?: string) => {
    const headers = { "user-agent": `Mozilla hls-viewer/${viewer} (x)`, ...(range === undefined ? {} : { range }) };
    await (await fetch(origin.url + path, { headers })).arrayBuffer();
  };
  await get("/vod/index.m3u8", "alice");
  await get("/vod/init.mp4", "alice");
  await get("/vod/s0.m4s", "alice");
  await get("/vod/s1.m4s", "alice", "bytes=0-999");
  await get("/vod/s1.m4s", "bob", "bytes=1000-");
  await fetch(`${origin.url}/vod/s2.m4s`, { method: "HEAD" });
  const [first, second] = [origin.segment(0).length, origin.segment(1).length];
  const counters = origin.counters();
  expect(counters.segmentBytes).toEqual(
    new Map([
      [0, first],
      [1, second],
    ]),
  );
  expect(counters).toMatchObject({ totalBytes: first + second, requests: 3, rangeRequests: 2 });
  expect(counters.byViewer.get("alice")).toMatchObject({ bytes: first + 1000, requests: 2, rangeRequests: 1 });
  expect(counters.byViewer.get("bob")).toMatchObject({ bytes: second - 1000, requests: 1, rangeRequests: 1 });
  expect(await (await fetch(`${origin.url}/counters`)).json()).toMatchObject({
    totalBytes: first + second,
    byViewer: { bob: { segmentBytes: { 1: second - 1000 } } },
  });
});

test("an answer that was aborted counts as far as it was written", async () => {
  const origin = await open({ bitsPerSecondPerConnection: 4_000_000, keepLog: true });
  const received = await new Promise<number>((resolve, reject) => {
    const request = httpRequest(`${origin.url}/vod/s0.m4s`, (response) => {
      response.once("data", (piece: Buffer) => {
        request.destroy();
        resolve(piece.length);
      });
    });
    request.on("error", reject).end();
  });
  await expect.poll(() => origin.log.length).toBe(1);
  const { totalBytes } = origin.counters();
  expect(totalBytes).toBeGreaterThanOrEqual(received);
  expect(totalBytes).toBeLessThan(origin.segment(0).length);
  expect(origin.log[0]?.bytes).toBe(totalBytes);
});

test("the rate of a connection and the throttle of all hold", async () => {
  const origin = await open({ bitsPerSecondPerConnection: 8_000_000, vodSeconds: 8 });
  const timed = async (paths: readonly string[]) => {
    const startedAt = performance.now();
    const sizes = paths.map(async (path) => (await (await fetch(origin.url + path)).arrayBuffer()).byteLength);
    const bits = 8 * (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
    return (bits * 1000) / (performance.now() - startedAt);
  };
  const tooFast = 1.1;
  expect(await timed(["/vod/s0.m4s"])).toBeLessThan(8_000_000 * tooFast);
  origin.setThrottle(4_000_000);
  expect(await timed(["/vod/s1.m4s", "/vod/s2.m4s"])).toBeLessThan(4_000_000 * tooFast);
});

test("the throttle is for pages that were allowed it", async () => {
  const throttle = async (origin: RunningOrigin, body: string) =>
    (await fetch(`${origin.url}/throttle`, { method: "POST", body })).status;
  expect(await throttle(await open(), '{"bitsPerSecond":1000}')).toBe(405);
  const origin = await open({ allowControl: true });
  expect(await throttle(origin, '{"bitsPerSecond":1000000}')).toBe(204);
  expect(await throttle(origin, '{"bitsPerSecond":"fast"}')).toBe(400);
});

test("faults: a share of 503, all, an outage, and back", async () => {
  const origin = await open();
  const statuses = async (count: number) => {
    const seen = [];
    for (let i = 0; i < count; i++) seen.push((await fetch(`${origin.url}/vod/s0.m4s`)).status);
    return seen;
  };
  origin.setFault({ kind: "5xx", share: 0.5 });
  expect(await statuses(4)).toEqual([200, 503, 200, 503]);
  origin.setFault({ kind: "5xx", status: 502, playlists: true });
  expect(await statuses(2)).toEqual([502, 502]);
  expect((await fetch(origin.vodUrl)).status).toBe(502);
  origin.setFault({ kind: "outage" });
  await expect(fetch(origin.vodUrl)).rejects.toThrow();
  origin.setFault({ kind: "none" });
  expect(await statuses(1)).toEqual([200]);
});

test("files are served from where they are mounted, and from nowhere else", async () => {
  const here = fileURLToPath(new URL(".", import.meta.url));
  const origin = await open({ mounts: { "/": here, "/kit/": here } });
  expect(await getText(`${origin.url}/kit/origin.mjs`)).toContain("createOrigin");
  for (const path of ["/missing.js", "/kit/..%2f..%2fpackage.json", "/%2e%2e/%2e%2e/package.json", "/%ff"])
    expect((await fetch(origin.url + path)).status, path).toBe(404);
});

test("a hundred origins open and close, and close twice", async () => {
  for (let i = 0; i < 100; i++) {
    const origin = await createOrigin();
    await Promise.all([origin.close(), origin.close()]);
    await expect(fetch(origin.url)).rejects.toThrow();
  }
});

test("[IN1] [IN3] a signed playlist is what the signer would write, with a file of hashes beside each segment", async () => {
  const origin = await open({ signed: true, bitsPerSecond: 1_200_000 });
  for (const url of [origin.liveUrl, origin.vodUrl]) {
    const playlist = await getText(url);
    expect(withoutRoots(playlist)).toBe(await getText(`${url}?token=1&unsigned`));
    const tags = [...playlist.matchAll(new RegExp(`^#${ROOT_TAG}:(.*)$`, "gm"))];
    const listed = listedAddresses(playlist) ?? [];
    expect(tags).toHaveLength(listed.length);
    const [address, tag] = [listed.at(-1), tags.at(-1)?.[1]];
    const root = address && parseRoot(tag ?? "", address);
    if (!root) throw new Error("the last segment has no root");
    const hashes = Buffer.from(await (await fetch(new URL(`${address.uri}.hashes`, url))).arrayBuffer());
    expect(sha256(rootInput(root.label, hashes)).toString("hex")).toBe(root.hash);
    const bytes = origin.segment(address.sequence);
    expect(root.byteLength).toBe(bytes.length);
    expect(hashes.length).toBe(Math.ceil(bytes.length / CHUNK_BYTES) * HASH_BYTES);
    expect(sha256(chunkInput(bytes.subarray(0, CHUNK_BYTES)))).toEqual(hashes.subarray(0, HASH_BYTES));
  }
});

const sha256 = (input: Uint8Array): Buffer => createHash("sha256").update(input).digest().subarray(0, HASH_BYTES);
