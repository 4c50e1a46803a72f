import { createHash } from "node:crypto";
import { copyFile, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { encoding, type EncodingName } from "../../testkit/streams/encodings.ts";
import { CHUNK_BYTES } from "../protocol/limits.ts";
import { HASH_BYTES, parseRoot, ROOT_TAG, rootInput } from "../protocol/segment-root.ts";
import { runSign } from "./cli.ts";
import { listedAddresses, withoutRoots, withRoots } from "./signed-playlist.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "sign-"));
});
afterEach(() => rm(folder, { recursive: true }));

async function unpack(name: EncodingName): Promise<void> {
  for (const [file, bytes] of await encoding(name)) {
    await mkdir(path.dirname(path.join(folder, file)), { recursive: true });
    await writeFile(path.join(folder, file), bytes);
  }
}

const at = (file: string): string => path.join(folder, file);
const read = (file: string): Promise<string> => readFile(at(file), "utf8");
const sha256 = (input: Uint8Array): Buffer => createHash("sha256").update(input).digest().subarray(0, HASH_BYTES);

/** Checks every tag of a signed playlist as a viewer would, with nothing but what is served. Returns how many. */
async function verify(playlist: string): Promise<number> {
  const text = await read(playlist);
  const tags = text.split("\n").flatMap((line) => (line.startsWith(`#${ROOT_TAG}:`) ? [line.split(":")[1] ?? ""] : []));
  for (const [index, address] of (listedAddresses(text) ?? []).entries()) {
    const root = parseRoot(tags[index] ?? "", address);
    if (!root) throw new Error(`no root for ${address.uri}`);
    const { start, end } = address.byteRange ?? { start: 0, end: root.byteLength };
    const media = (await readFile(at(address.uri))).subarray(start, end);
    expect(media.length).toBe(root.byteLength);
    const suffix = address.byteRange ? `.${String(start)}-${String(end)}.hashes` : ".hashes";
    const hashes = await readFile(at(`${address.uri}${suffix}`));
    expect(sha256(rootInput(root.label, hashes)).toString("hex")).toBe(root.hash);
    for (let from = 0, chunk = 0; from < media.length; from += CHUNK_BYTES, chunk++) {
      const input = Buffer.concat([Buffer.of(0), media.subarray(from, from + CHUNK_BYTES)]);
      expect(sha256(input)).toEqual(hashes.subarray(chunk * HASH_BYTES, (chunk + 1) * HASH_BYTES));
    }
  }
  return tags.length;
}

describe("[IN2] a playlist that ffmpeg made", () => {
  test.each(["ts", "fmp4", "ts in one file", "fmp4 in one file"] as const)("%s: every root holds", async (name) => {
    await unpack(name);
    const before = await read("index.m3u8");
    await runSign([folder]);
    expect(await verify("index.m3u8")).toBe(listedAddresses(before)?.length);
    expect(withoutRoots(await read("index.m3u8"))).toBe(before);
  });

  test("signed again it is not even written", async () => {
    await unpack("ts");
    await runSign([at("index.m3u8")]);
    const before = [await read("index.m3u8"), (await stat(at("index.m3u8"))).ino] as const;
    await runSign([at("index.m3u8")]);
    expect([await read("index.m3u8"), (await stat(at("index.m3u8"))).ino]).toEqual(before);
  });

  test("is written elsewhere when told so, and left as it was", async () => {
    await unpack("ts");
    const before = await read("index.m3u8");
    await runSign([folder, "--output", at("signed")]);
    expect(await read("index.m3u8")).toBe(before);
    expect(withoutRoots(await read("signed/index.m3u8"))).toBe(before);
    expect(await read("signed/index.m3u8")).toContain(ROOT_TAG);
    expect((await readdir(folder)).filter((name) => name.startsWith("."))).toEqual([]);
  });
});

test("[IN2] a multivariant playlist stands for its renditions, and is left alone", async () => {
  await unpack("ts");
  await copyFile(at("index.m3u8"), at("sound.m3u8"));
  const master = [
    "#EXTM3U",
    '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="a",URI="sound.m3u8"',
    '#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="s",NAME="s",URI="words.m3u8"',
    '#EXT-X-STREAM-INF:BANDWIDTH=400000,AUDIO="a"',
    "index.m3u8?token=1",
    "",
  ].join("\n");
  await writeFile(at("master.m3u8"), master);
  await runSign([at("master.m3u8")]);
  expect(await read("master.m3u8")).toBe(master);
  expect([await verify("index.m3u8"), await verify("sound.m3u8")]).toEqual([16, 16]);
});

describe("[IN2] segments", () => {
  const PLAYLIST = [
    "#EXTM3U",
    "#EXT-X-TARGETDURATION:2",
    "#EXT-X-MEDIA-SEQUENCE:40",
    '#EXT-X-MAP:URI="init.mp4"',
    "#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00Z",
    "#EXTINF:2,a title: with a colon",
    "a.m4s?x=1",
    "#EXT-X-DISCONTINUITY",
    '#EXT-X-MAP:URI="other.mp4"',
    "#EXTINF:2,",
    "#EXT-X-GAP",
    "missing.m4s",
    "#EXT-X-BYTERANGE:100@50",
    "#EXTINF:2,",
    "all.mp4",
    "#EXTINF:2,",
    "#EXT-X-BYTERANGE:30",
    "all.mp4",
    "#EXTINF:2,",
    "https://elsewhere.test/b.m4s",
    "",
  ];

  test("are found with their numbers and ranges; a gap is none", () => {
    const listed = listedAddresses(PLAYLIST.join("\n"))?.map(({ sequence, uri, byteRange }) => [
      sequence,
      uri,
      byteRange,
    ]);
    expect(listed).toEqual([
      [40, "a.m4s?x=1", undefined],
      [42, "all.mp4", { start: 50, end: 150 }],
      [43, "all.mp4", { start: 150, end: 180 }],
      [44, "https://elsewhere.test/b.m4s", undefined],
    ]);
  });

  test.each(["\n", "\r\n"])("get their tag before EXTINF, with the line breaks of the playlist: %j", (lineBreak) => {
    const text = PLAYLIST.join(lineBreak);
    const signed = withRoots(text, () => ({ hash: "0".repeat(32), byteLength: 9, label: "" }));
    const lines = signed.split(lineBreak);
    expect(lines.filter((line) => line.startsWith(`#${ROOT_TAG}`))).toHaveLength(4);
    lines.forEach((line, index) => {
      if (line.startsWith(`#${ROOT_TAG}`)) expect(lines[index + 1]).toMatch(/^#EXTINF/);
    });
    expect(withoutRoots(signed)).toBe(text);
  });

  test("that are not here get none, and the rest does", async () => {
    await writeFile(at("index.m3u8"), PLAYLIST.join("\n"));
    await writeFile(at("a.m4s"), "some bytes");
    await writeFile(at("all.mp4"), Buffer.alloc(170));
    await runSign([folder]);
    const signed = await read("index.m3u8");
    expect(signed.match(new RegExp(ROOT_TAG, "g"))).toHaveLength(2); // the last range goes past the end
  });
});

test("[IN2] a live playlist is signed again each time the packager has rewritten it, and tidied up after", async () => {
  await unpack("ts");
  const all = await read("index.m3u8");
  const windowFrom = async (first: number): Promise<void> => {
    const lines = all.split("\n").filter((line) => line !== "#EXT-X-ENDLIST" && !line.includes("PLAYLIST-TYPE"));
    const segments = lines.findIndex((line) => line.startsWith("#EXTINF"));
    const head = lines.slice(0, segments).map((line) => line.replace(/(MEDIA-SEQUENCE):.*/, `$1:${String(first)}`));
    const entries = lines.slice(segments + 2 * first, segments + 2 * (first + 3));
    await writeFile(at("next"), [...head, ...entries, ""].join("\n"));
    await rename(at("next"), at("index.m3u8"));
  };
  await windowFrom(0);
  const running = runSign([at("index.m3u8"), "--watch", "--output", at("signed")]);
  const signedFrom = async (first: number): Promise<string> => {
    for (;;) {
      const text = await read("signed/index.m3u8").catch(() => "");
      if (text.includes(`s${String(first + 2)}.ts`)) return text;
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  expect((await signedFrom(0)).match(new RegExp(ROOT_TAG, "g"))).toHaveLength(3);
  expect(await readdir(folder)).toContain("s0.ts.hashes");
  await rm(at("s0.ts"));
  await windowFrom(1);
  const second = await signedFrom(1);
  expect(second).toContain("MEDIA-SEQUENCE:1");
  expect(second.match(new RegExp(ROOT_TAG, "g"))).toHaveLength(3);
  process.emit("SIGTERM");
  await running;
  const files = await readdir(folder);
  expect(files).not.toContain("s0.ts.hashes");
  expect(files).toContain("s1.ts.hashes");
});

test("a folder without a playlist is refused: a slip in its name must not look like success", async () => {
  await mkdir(at("empty"));
  await expect(runSign([at("empty")])).rejects.toThrow("there is no playlist in");
});

test.each([
  ["a segment without a length", "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:long,\ns.ts\n", "index.m3u8, line 3"],
  ["neither segments nor renditions", "#EXTM3U\n", "index.m3u8, line 1: lists neither"],
  ["an update of another", "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-SKIP:SKIPPED-SEGMENTS=3\n", "line 3: EXT-X-SKIP"],
])("a playlist with %s is refused by name and line", async (_, text, reason) => {
  await writeFile(at("index.m3u8"), text);
  await expect(runSign([at("index.m3u8")])).rejects.toThrow(reason);
});

test.each([
  [[], "name one"],
  [["nowhere"], "there is no"],
  [["a", "b"], "name one"],
  [["a", "--watch"], "--watch needs --output"],
  [["--frobnicate"], "frobnicate"],
])("%j is refused: %s", async (args, reason) => {
  await expect(runSign(args)).rejects.toThrow(reason);
});
