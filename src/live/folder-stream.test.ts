import { mkdir, mkdtemp, readFile, rm, utimes, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { SILENT } from "../base/logger.ts";
import { ROOT_TAG } from "../protocol/segment-root.ts";
import { withoutRoots } from "../signer/signed-playlist.ts";
import { openFolderStream } from "./folder-stream.ts";
import type { LiveStream } from "./live-stream.ts";

const MASTER = "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1000000\n720p/index.m3u8\n";
const media = (from: number, to: number): string =>
  [
    `#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MEDIA-SEQUENCE:${from}`,
    ...Array.from({ length: to - from }, (_, index) => `#EXTINF:2,\ns${from + index}.ts`),
    "",
  ].join("\n");

/** Around the stream's own. */
let outside: string;
let folder: string;
let stream: LiveStream;
const at = (...names: string[]): string => path.join(folder, ...names);

/** What a packager does: the segment, and then the playlist that lists it. */
async function packageUpTo(to: number): Promise<string> {
  await writeFile(at("720p", `s${to - 1}.ts`), `segment ${to - 1}`);
  await writeFile(at("720p/index.m3u8"), media(0, to));
  // Written within one tick of the file system's clock otherwise.
  await utimes(at("720p/index.m3u8"), to, to);
  return media(0, to);
}

async function read(name: string, from = stream): Promise<string | undefined> {
  const file = await from.other?.(name);
  if (!file) return undefined;
  return "path" in file.bytes ? readFile(file.bytes.path, "utf8") : Buffer.from(file.bytes).toString();
}

beforeEach(async () => {
  outside = await mkdtemp(path.join(os.tmpdir(), "folder-"));
  folder = path.join(outside, "news");
  await mkdir(at("720p"), { recursive: true });
  await writeFile(at("main.m3u8"), MASTER);
  await packageUpTo(1);
  stream = await openFolderStream("news", folder, { roots: true, key: undefined, logger: SILENT });
});
afterEach(async () => {
  await stream.close();
  await rm(outside, { recursive: true });
});

test("[LI58] playlists go out with roots, and follow the packager", async () => {
  for (const to of [2, 3]) {
    const written = await packageUpTo(to);
    const served = (await read("720p/index.m3u8")) ?? "";
    expect(withoutRoots(served)).toBe(written);
    expect(served.match(new RegExp(ROOT_TAG, "g"))).toHaveLength(to);
  }
  expect(await read("720p/s2.ts")).toBe("segment 2");
  expect((await read("720p/s2.ts.hashes"))?.length).toBeGreaterThan(0);
  expect(await readFile(at("720p/index.m3u8"), "utf8")).toBe(media(0, 3));
});

test("[LI58] asked many times at once, a playlist is signed once", async () => {
  const texts = await Promise.all(Array.from({ length: 20 }, async () => stream.other?.("720p/index.m3u8")));
  expect(new Set(texts.map((file) => file?.bytes)).size).toBe(1);
});

test("[LI58] without roots everything is as the packager wrote it", async () => {
  const plain = await openFolderStream("news", folder, { roots: false, key: undefined, logger: SILENT });
  expect(await read("720p/index.m3u8", plain)).toBe(media(0, 1));
  await plain.close();
});

test("[LI59] the stream begins with the multivariant playlist, whatever it is called", async () => {
  expect(await read("index.m3u8")).toBe(MASTER);
  await writeFile(at("index.m3u8"), media(0, 0));
  expect(await read("index.m3u8")).toBe(media(0, 0));
});

test.each(["../secret", "720p/../../secret", ".hidden", "720p", "", "720p//s0.ts", "a\0b", "nothing.ts"])(
  "[LI59] nothing is served as %j",
  async (name) => {
    await writeFile(path.join(outside, "secret"), "nobody's");
    await writeFile(at(".hidden"), "half written");
    expect(await stream.other?.(name)).toBeUndefined();
  },
);

test("a folder that is not there is said", async () => {
  const options = { roots: true, key: undefined, logger: SILENT };
  await expect(openFolderStream("news", at("nowhere"), options)).rejects.toThrow("there is no folder");
});
