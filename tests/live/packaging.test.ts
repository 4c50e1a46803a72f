/** What the real ffmpeg makes of publishers who come and go, read back by our parser and by ffmpeg's. */
import { execFile, spawn } from "node:child_process";
import { createReadStream } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { PassThrough, Readable } from "node:stream";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import { SILENT } from "../../src/base/logger.ts";
import { findFfmpeg } from "../../src/live/ffmpeg.ts";
import { startIngest } from "../../src/live/ingest.ts";
import type { LiveRendition } from "../../src/live/live-stream.ts";
import { openPackagedStream, type PackagedStream, type PackagingOptions } from "../../src/live/packaged-stream.ts";
import type { MediaPlaylist } from "../../src/playlist/media-playlist.ts";
import { parsePlaylist } from "../../src/playlist/parse.ts";
import { hashSegment } from "../../src/signer/segment-hashes.ts";

const ffmpeg = await findFfmpeg();
let folder: string;
const streams: PackagedStream[] = [];
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "packaging-"));
});
afterEach(async () => {
  for (const stream of streams.splice(0)) await stream.close();
  await rm(folder, { recursive: true });
});

async function open(options: Partial<PackagingOptions>): Promise<PackagedStream> {
  const stream = await openPackagedStream("news", {
    folder,
    ladder: [],
    container: "fmp4",
    segmentSeconds: 1,
    partSeconds: undefined,
    windowSeconds: 60,
    diskBytesMax: 1e9,
    reconnectMs: 60_000,
    roots: true,
    key: undefined,
    logger: SILENT,
    ...options,
  });
  streams.push(stream);
  return stream;
}

/** Of two publishers after each other, who send three seconds and a half. */
const LENGTHS = ["1.0", "1.0", "1.0", "0.5", "1.0", "1.0", "1.0", "0.5"];
const PICTURES = 2 * 3.5 * 20;

/** A test picture and a tone, as fast as they can be made. */
const encoder = (seconds = 3.5): readonly string[] =>
  [
    `-v error -f lavfi -i testsrc2=size=320x180:rate=20:duration=${seconds}`,
    `-f lavfi -i sine=frequency=440:sample_rate=48000:duration=${seconds}`,
    "-c:v libx264 -preset ultrafast -pix_fmt yuv420p -g 20 -c:a aac",
  ].flatMap((part) => part.split(" "));

const publisher = (): Readable => spawn(ffmpeg, [...encoder(), "-f", "mpegts", "pipe:1"]).stdout;

const publish = (stream: PackagedStream, body: Readable): Promise<void> =>
  startIngest({ kind: "push", body }, stream, { ffmpeg, preset: "ultrafast" }).ended;

function playlistOf(rendition: LiveRendition): MediaPlaylist {
  const playlist = parsePlaylist(rendition.playlist() ?? "", `http://live.example/news/${rendition.name}/index.m3u8`);
  if (playlist.kind !== "media") throw new Error("no media playlist");
  return playlist;
}

async function bytesOf(rendition: LiveRendition, name: string): Promise<Uint8Array> {
  const bytes = (await rendition.file(name))?.bytes;
  if (!bytes) throw new Error(`there is no ${name}`);
  return "path" in bytes ? readFile(bytes.path) : bytes;
}

/** What ffmpeg has to complain of as a player of the rendition, and how many pictures it is given. */
async function played(rendition: LiveRendition): Promise<{ readonly complaint: string; readonly pictures: number }> {
  const copy = path.join(folder, `played-${rendition.name}`);
  await mkdir(copy);
  const playlist = playlistOf(rendition);
  await writeFile(path.join(copy, "index.m3u8"), rendition.playlist() ?? "");
  for (const { uri, map } of playlist.segments)
    for (const name of map ? [uri, map.uri] : [uri])
      await writeFile(path.join(copy, name), await bytesOf(rendition, name));
  const run = (...codecs: readonly string[]): Promise<{ readonly stdout: string; readonly stderr: string }> => {
    const input = ["-v", "error", "-progress", "pipe:1", "-i", path.join(copy, "index.m3u8")];
    return promisify(execFile)(ffmpeg, [...input, ...codecs, "-f", "null", "-"]);
  };
  const { stderr } = await run();
  const { stdout } = await run("-c", "copy");
  return { complaint: stderr, pictures: Number(/frame=(\d+)\s(?![\s\S]*frame=)/.exec(stdout)?.[1]) };
}

test("[LI43] [LI47] [LI54] two renditions in parts with roots, and a publisher who comes back", async () => {
  const stream = await open({
    ladder: [
      { width: 320, height: 180, videoBitsPerSecond: 300_000 },
      { width: 160, height: 90, videoBitsPerSecond: 100_000 },
    ],
    partSeconds: 0.25,
  });
  await publish(stream, publisher());
  expect(stream.state).toBe("live");
  await publish(stream, publisher());
  await stream.end();

  const master = parsePlaylist(stream.master() ?? "", "http://live.example/news/index.m3u8");
  expect(master.kind === "multivariant" && master.variants.map(({ url }) => url)).toEqual([
    "http://live.example/news/180p/index.m3u8",
    "http://live.example/news/90p/index.m3u8",
  ]);
  expect(stream.master()).toMatch(/CODECS="avc1\.[0-9a-f]{6},mp4a\.40\.2",RESOLUTION=320x180,FRAME-RATE=20\.000/);
  for (const rendition of stream.renditions) {
    const playlist = playlistOf(rendition);
    expect(playlist).toMatchObject({ targetDuration: 1, isEnded: true });
    const { segments } = playlist;
    expect(segments.map(({ duration }) => duration.toFixed(1))).toEqual(LENGTHS);
    expect(segments.map(({ discontinuity }) => discontinuity).indexOf(true)).toBe(4);
    expect(segments.filter(({ discontinuity }) => discontinuity)).toHaveLength(1);
    const times = segments.map(({ programDateTimeMs }) => programDateTimeMs ?? 0);
    expect(times.every((time, index) => time >= (times[index - 1] ?? 1) + (index > 0 ? 500 : 0))).toBe(true);
    for (const { sequence, uri, root } of segments)
      expect(hashSegment(await bytesOf(rendition, uri), { sequence, uri })?.root).toMatchObject({ hash: root?.hash });
    const withParts = segments.filter(({ parts }) => parts.length > 0);
    expect(withParts.length).toBeGreaterThanOrEqual(3);
    for (const { uri, parts, duration } of withParts) {
      expect(parts.reduce((sum, part) => sum + part.duration, 0)).toBeCloseTo(duration);
      expect(parts.every((part) => part.duration <= (playlist.partTarget ?? 0) && part.root)).toBe(true);
      const bytes = await Promise.all(parts.map((part) => bytesOf(rendition, part.uri)));
      expect(Buffer.compare(Buffer.concat(bytes), await bytesOf(rendition, uri))).toBe(0);
    }
    expect(rendition.playlist()?.match(/INDEPENDENT=YES/g)).toHaveLength(withParts.length);
    expect(await played(rendition)).toEqual({ complaint: "", pictures: PICTURES });
  }
});

test("[LI42] H.264 and AAC go out as they came, in MPEG-TS too", async () => {
  const stream = await open({ container: "ts" });
  await publish(stream, publisher());
  await publish(stream, publisher());
  await stream.end();
  expect(stream.master()).toMatch(/CODECS="avc1\.[0-9a-f]{6},mp4a\.40\.2",RESOLUTION=320x180/);
  const [rendition] = stream.renditions;
  if (!rendition) throw new Error("no rendition");
  const { segments } = playlistOf(rendition);
  expect(segments.map(({ discontinuity }) => discontinuity).indexOf(true)).toBe(4);
  expect(segments).toHaveLength(8);
  expect(segments.every(({ uri, root }) => uri.endsWith(".ts") && root)).toBe(true);
  expect((await played(rendition)).pictures).toBe(PICTURES);
});

test("[LI40] a file plays in a loop, as fast as it lasts, until it is stopped", async () => {
  const file = path.join(folder, "loop.mp4");
  await promisify(execFile)(ffmpeg, [...encoder(1), file]);
  const stream = await open({});
  const startedAt = Date.now();
  const ingest = startIngest({ kind: "file", path: file, loop: true }, stream, { ffmpeg });
  const [rendition] = stream.renditions;
  const listed = new Promise<void>((resolve) => {
    stream.on("change", () => {
      if (rendition?.playlist() !== undefined) resolve();
    });
  });
  await listed;
  const first = rendition && playlistOf(rendition).segments[0]?.sequence;
  expect(await rendition?.reached((first ?? 0) + 1)).toBe(true);
  expect(Date.now() - startedAt).toBeGreaterThan(1000);
  await ingest.close();
  expect(stream.state).toBe("ended");
});

test("[LI42] AVI with B-frames, pixels that are no squares and a record with its cover are played as what they are", async () => {
  const played = async (options: string, name: string): Promise<string | undefined> => {
    const source = "-v error -f lavfi -i testsrc2=size=320x180:rate=20:duration=1.2 -f lavfi -i sine=duration=1.2";
    const file = path.join(folder, name);
    await promisify(execFile)(ffmpeg, [...`${source} ${options}`.split(" "), file]);
    const stream = await open({ folder: path.join(folder, `of-${name}`) });
    await startIngest({ kind: "file", path: file, loop: false }, stream, { ffmpeg, preset: "ultrafast" }).ended;
    return /CODECS.*(?=,STABLE)/.exec(stream.master() ?? "")?.[0];
  };
  const variants = await Promise.all([
    played("-c:v libx264 -preset ultrafast -bf 2 -pix_fmt yuv420p", "film.avi"),
    played("-vf setsar=3/2 -c:v mpeg4", "film.mkv"),
    played("-vf trim=end_frame=1 -c:v mjpeg -disposition:v attached_pic", "record.m4a"),
  ]);
  expect(variants).toEqual([
    expect.stringMatching(/"avc1\.[0-9a-f]{6},mp4a\.40\.2",RESOLUTION=320x180,/),
    expect.stringMatching(/"avc1\.[0-9a-f]{6},mp4a\.40\.2",RESOLUTION=480x180,/),
    'CODECS="mp4a.40.2"',
  ]);
});

test("[LI57] what is no media is refused with ffmpeg's words, and the stream still waits", async () => {
  const stream = await open({});
  await expect(publish(stream, Readable.from([Buffer.from("no media")]))).rejects.toThrow(/neither video nor audio/);
  const silent = startIngest({ kind: "push", body: new PassThrough() }, stream, { ffmpeg });
  await silent.close();
  await expect(silent.ended).resolves.toBeUndefined();
  expect(stream.state).toBe("waiting");
});

test("[LI57] a film whose index is at its end is refused where it is pushed, and the reason says what to do", async () => {
  const film = path.join(folder, "film.mp4");
  await promisify(execFile)(ffmpeg, [...encoder(1), film]);
  await expect(publish(await open({}), createReadStream(film))).rejects.toThrow(/index at the end.*send MPEG-TS/s);
});
