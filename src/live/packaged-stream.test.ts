import { createHash, generateKeyPairSync } from "node:crypto";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { SILENT } from "../base/logger.ts";
import { parseRoot, rootInput } from "../protocol/segment-root.ts";
import { PublisherKey } from "../signer/publisher-key.ts";
import { hasSigned } from "../swarm/io/publisher.ts";
import { openPackagedStream, type PackagedStream, type PackagingOptions } from "./packaged-stream.ts";

/** Video of 8 s in fragments of half a second, with a key frame every two seconds. */
const file = await readFile(new URL("../../testkit/origin/low-latency-stream/parts.mp4", import.meta.url));
const cutAt = [...file.toString("latin1").matchAll(/moof/g)].map(({ index }) => index - 4);
/** As far as this fragment, which is not part of it. */
const until = (fragment: number): Uint8Array => file.subarray(0, cutAt[fragment] ?? file.length);
/** These fragments. */
const media = (from: number, to: number): Uint8Array => file.subarray(cutAt[from], cutAt[to] ?? file.length);

let folder: string;
const streams: PackagedStream[] = [];
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "packaged-"));
});
afterEach(async () => {
  vi.useRealTimers();
  for (const stream of streams.splice(0)) await stream.close();
  await rm(folder, { recursive: true });
});

async function open(options: Partial<PackagingOptions> = {}): Promise<PackagedStream> {
  const stream = await openPackagedStream("news", {
    folder,
    ladder: [],
    container: "fmp4",
    segmentSeconds: 2,
    partSeconds: undefined,
    windowSeconds: 60,
    diskBytesMax: 1e9,
    reconnectMs: 10_000,
    roots: true,
    key: undefined,
    logger: SILENT,
    ...options,
  });
  streams.push(stream);
  return stream;
}

const renditionOf = (stream: PackagedStream) => stream.renditions[0]!;
const playlistOf = (stream: PackagedStream): string => renditionOf(stream).playlist() ?? "";
const linesOf = (stream: PackagedStream, tag: string): readonly string[] =>
  playlistOf(stream)
    .split("\n")
    .filter((line) => line.startsWith(tag));
const segmentsOf = (stream: PackagedStream): readonly string[] => linesOf(stream, "s");
const partsOf = (stream: PackagedStream): readonly string[] =>
  linesOf(stream, "#EXT-X-PART:").map((line) => /URI="(.*?)"/.exec(line)?.[1] ?? "");
const hintOf = (stream: PackagedStream): string => /PRELOAD-HINT:.*URI="(.*?)"/.exec(playlistOf(stream))?.[1] ?? "";

async function bytesOf(stream: PackagedStream, name: string): Promise<Uint8Array> {
  const found = await renditionOf(stream).file(name);
  if (!found) throw new Error(`there is no ${name}`);
  return "path" in found.bytes ? readFile(found.bytes.path) : found.bytes;
}

test("[LI40] a stream waits, lives and ends", async () => {
  const stream = await open();
  const states: string[] = [];
  stream.on("change", () => states.push(stream.state));
  expect([stream.state, stream.master(), renditionOf(stream).playlist()]).toEqual(["waiting", undefined, undefined]);
  const session = stream.begin(true);
  expect(stream.isPublished).toBe(true);
  session.bytes(0, until(4));
  expect(stream.master()?.split("\n").slice(2)).toEqual([
    expect.stringMatching(
      /^#EXT-X-STREAM-INF:BANDWIDTH=\d+,CODECS="avc1.4d[0-9a-f]{4}",RESOLUTION=160x90,FRAME-RATE=10.000,STABLE-VARIANT-ID="main"$/,
    ),
    "main/index.m3u8",
    "",
  ]);
  session.finish(true);
  expect([stream.state, stream.isPublished]).toEqual(["ended", false]);
  expect(playlistOf(stream)).toContain("#EXT-X-ENDLIST");
  expect([...new Set(states)]).toEqual(["live", "ended"]);
  expect(() => stream.begin(true)).toThrow("has ended");
});

test("[LI44] who sends key frames seldom is told what that costs, and what to set", async () => {
  const told: string[] = [];
  const logger = { ...SILENT, warn: (_from: string, message: () => string) => void told.push(message()) };
  const [slow, fine] = [
    await open({ logger, segmentSeconds: 1 }),
    await open({ logger, folder: path.join(folder, "2") }),
  ];
  for (const stream of [slow, fine]) stream.begin(false).bytes(0, file);
  expect(told).toEqual([expect.stringMatching(/segments last 2 s.*set the encoder's key frame interval to 1 s/)]);
});

test("[LI45] segments, init segment and hashes are there by the names that the playlist gives", async () => {
  const stream = await open({ key: undefined });
  stream.begin(true).bytes(0, until(8));
  const [first = "", second = ""] = segmentsOf(stream);
  const [map = ""] = linesOf(stream, "#EXT-X-MAP").map((line) => /URI="(.*)"/.exec(line)?.[1]);
  expect(Buffer.concat([await bytesOf(stream, map), await bytesOf(stream, first)])).toEqual(until(4));
  expect(Buffer.compare(await bytesOf(stream, second), media(4, 8))).toBe(0);
  for (const [index, name] of [first, second].entries()) {
    const sequence = Number(/-(\d+)\.m4s$/.exec(name)?.[1]);
    const value = linesOf(stream, "#EXT-X-HLS-SWARM-ROOT:")[index]?.split(":")[1] ?? "";
    const root = parseRoot(value, { sequence, uri: name });
    const input = rootInput(root?.label ?? "", await bytesOf(stream, `${name}.hashes`));
    expect(createHash("sha256").update(input).digest("hex").slice(0, 32)).toBe(root?.hash);
    expect(root?.byteLength).toBe((await bytesOf(stream, name)).length);
  }
  expect(await renditionOf(stream).file("s0.m4s")).toBeUndefined();
  expect(await renditionOf(stream).file(first)).toMatchObject({ type: "video/mp4", isImmutable: true });
});

test("[LI45] a publisher's key signs every root, of parts too", async () => {
  const { privateKey } = generateKeyPairSync("ed25519");
  const key = new PublisherKey(privateKey, "the news");
  const stream = await open({ key, partSeconds: 0.5 });
  stream.begin(true).bytes(0, until(6));
  const sequence = Number(/-(\d+)\.m4s$/.exec(segmentsOf(stream)[0] ?? "")?.[1]);
  const playlistUrl = "https://cdn.example/live/news/main/index.m3u8";
  const segment = parseRoot(
    linesOf(stream, "#EXT-X-HLS-SWARM-ROOT:")[0]?.split(":")[1] ?? "",
    { sequence, uri: segmentsOf(stream)[0] ?? "" },
    playlistUrl,
  );
  const part = parseRoot(
    /PART-ROOT:1,(.*)$/m.exec(playlistOf(stream))?.[1] ?? "",
    { sequence, uri: partsOf(stream)[1] ?? "" },
    playlistUrl,
  );
  for (const root of [segment, part]) {
    if (!root) throw new Error("no root");
    expect(await hasSigned({ key: key.publicKey, stream: "the news" }, root, SILENT)).toBe(true);
  }
});

test("[LI47] the parts of a segment are the segment, and the part that is hinted at is awaited", async () => {
  const stream = await open({ partSeconds: 0.5 });
  const session = stream.begin(true);
  session.bytes(0, until(5));
  expect(linesOf(stream, "#EXT-X-PART-INF")).toEqual(["#EXT-X-PART-INF:PART-TARGET=0.505"]);
  const parts = await Promise.all(
    partsOf(stream)
      .slice(0, 4)
      .map((name) => bytesOf(stream, name)),
  );
  expect(Buffer.compare(Buffer.concat(parts), await bytesOf(stream, segmentsOf(stream)[0] ?? ""))).toBe(0);

  const hint = hintOf(stream);
  const hinted = bytesOf(stream, hint);
  session.bytes(0, media(5, 6));
  expect(Buffer.compare(await hinted, media(5, 6))).toBe(0);
  expect(partsOf(stream).at(-1)).toBe(hint);
});

test("[LI49] blocking reload is answered when the part is there, and at once when it is too far ahead", async () => {
  const stream = await open({ partSeconds: 0.5 });
  const session = stream.begin(true);
  session.bytes(0, until(4));
  const rendition = renditionOf(stream);
  const first = Number(/-(\d+)\.m4s$/.exec(segmentsOf(stream)[0] ?? "")?.[1]);
  expect(await rendition.reached(first)).toBe(true);
  expect(await rendition.reached(first + 3)).toBe(false);
  const answered: string[] = [];
  const part = rendition.reached(first + 1, 0).then(() => answered.push("part"));
  const segment = rendition.reached(first + 1).then(() => answered.push("segment"));
  const end = rendition.reached(first + 2).then((isThere) => answered.push(`end ${isThere}`));
  session.bytes(0, media(4, 5));
  await part;
  expect(answered).toEqual(["part"]);
  session.bytes(0, media(5, 8));
  await segment;
  expect(answered).toEqual(["part", "segment"]);
  session.finish(true);
  await end;
  expect(answered).toEqual(["part", "segment", "end true"]);
});

test("[LI54] a publisher who comes back goes on behind a discontinuity, with names that are new", async () => {
  const stream = await open({ partSeconds: 0.5 });
  const first = stream.begin(true);
  first.bytes(0, until(6)); // in the middle of a segment
  const hint = hintOf(stream);
  const awaited = renditionOf(stream).file(hint);
  first.finish(false);
  expect([stream.state, stream.isPublished]).toEqual(["live", false]);
  expect(await awaited).toBeUndefined();
  expect(segmentsOf(stream)).toHaveLength(2);

  const second = stream.begin(true);
  first.bytes(0, media(6, 8)); // too late
  second.bytes(0, until(5));
  const segments = segmentsOf(stream);
  expect(segments).toHaveLength(3);
  expect(new Set([...segments, ...partsOf(stream)]).size).toBe(3 + partsOf(stream).length);
  expect(partsOf(stream)).not.toContain(hint);
  const lines = playlistOf(stream).split("\n");
  expect(lines.filter((line) => line === "#EXT-X-DISCONTINUITY")).toHaveLength(1);
  expect(lines.indexOf("#EXT-X-DISCONTINUITY")).toBeGreaterThan(lines.indexOf(segments[1] ?? ""));
  // The same encoder, so the same init segment.
  expect(linesOf(stream, "#EXT-X-MAP")).toHaveLength(1);
});

test("[LI55] a publisher takes over from one whose connection hangs", async () => {
  const stream = await open();
  const replaced = vi.fn();
  const first = stream.begin(true);
  first.onReplaced = replaced;
  first.bytes(0, until(4));
  stream.begin(true).bytes(0, until(4));
  expect(replaced).toHaveBeenCalledOnce();
  first.finish(true); // only now does its connection break
  expect([stream.state, stream.isPublished]).toEqual(["live", true]);
  expect(segmentsOf(stream)).toHaveLength(2);
});

test("[LI56] who stays away too long has ended the stream, and who comes back in time has not", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const stream = await open({ reconnectMs: 10_000 });
  const first = stream.begin(true);
  first.bytes(0, until(4));
  first.finish(false);
  vi.advanceTimersByTime(9_000);
  const second = stream.begin(true);
  second.bytes(0, until(4));
  vi.advanceTimersByTime(60_000);
  expect(stream.state).toBe("live");
  second.finish(false);
  vi.advanceTimersByTime(10_000);
  expect(stream.state).toBe("ended");
  expect(playlistOf(stream)).toContain("#EXT-X-ENDLIST");
});

test("[LI53] what the disk has no room for leaves the playlist", async () => {
  const stream = await open({ diskBytesMax: media(0, 8).length });
  const session = stream.begin(true);
  session.bytes(0, until(16));
  const [first] = segmentsOf(stream);
  await stream.end();
  expect(segmentsOf(stream).length).toBeLessThan(4);
  expect(segmentsOf(stream)).not.toContain(first);
  expect(Number(/MEDIA-SEQUENCE:(\d+)/.exec(playlistOf(stream))?.[1])).toBe(
    Number(/-(\d+)\.m4s/.exec(segmentsOf(stream)[0] ?? "")?.[1]),
  );
});

test("[LI51] a closed stream leaves no file, and its names are never those of the next", async () => {
  const names: string[] = [];
  for (let stream = 0; stream < 2; stream++) {
    const opened = await open();
    opened.begin(true).bytes(0, until(8));
    names.push(...segmentsOf(opened));
    await opened.close();
    expect(await readdir(folder)).toEqual([]);
  }
  expect(new Set(names).size).toBe(4);
});

test.each<[string, string, Partial<PackagingOptions>, string]>([
  ["a name that leaves the folder", "../news", {}, "name is made of"],
  ["parts of MPEG-TS", "news", { container: "ts", partSeconds: 0.5 }, "not of MPEG-TS"],
])("%s is refused", async (_what, name, options, reason) => {
  const { options: usual } = await open();
  await expect(openPackagedStream(name, { ...usual, ...options })).rejects.toThrow(reason);
});
