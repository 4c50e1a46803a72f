/** A low-latency playlist that a packager writes on, part by part, and the command that keeps up with it. */
import { mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { PART_ROOT_TAG, ROOT_TAG } from "../protocol/segment-root.ts";
import { runSign } from "./cli.ts";
import { withoutRoots } from "./signed-playlist.ts";

let folder: string;
const at = (file: string): string => path.join(folder, file);
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "parts-"));
});
afterEach(() => rm(folder, { recursive: true }));

/** What a packager has written once so many parts are made, two a segment. */
async function make(parts: number): Promise<string> {
  const lines = ["#EXTM3U", "#EXT-X-TARGETDURATION:2", "#EXT-X-PART-INF:PART-TARGET=1", "#EXT-X-MEDIA-SEQUENCE:5"];
  for (let part = 0; part < parts; part++) {
    const segment = `s${String(5 + Math.floor(part / 2))}`;
    await writeFile(at(`${segment}.${String(part % 2)}.m4s`), `part ${String(part)}`);
    lines.push(`#EXT-X-PART:DURATION=1,URI="${segment}.${String(part % 2)}.m4s"`);
    if (part % 2 === 0) continue;
    await writeFile(at(`${segment}.m4s`), `part ${String(part - 1)}part ${String(part)}`);
    lines.push("#EXTINF:2,", `${segment}.m4s`);
  }
  const text = [...lines, ""].join("\n");
  await writeFile(at("next"), text);
  await rename(at("next"), at("index.m3u8"));
  return text;
}

test("[IN26] every part has its root as soon as it is listed, and keeps it when its segment is whole", async () => {
  let written = await make(1);
  const running = runSign([folder, "--watch", "--output", at("signed")]);
  const tagsOf = (text: string, tag: string): string[] =>
    text.split("\n").filter((line) => line.startsWith(`#${tag}:`));
  let before: string[] = [];
  for (let parts = 1; parts <= 5; parts++) {
    if (parts > 1) written = await make(parts);
    let signed = "";
    while (withoutRoots(signed) !== written) {
      signed = await readFile(at("signed/index.m3u8"), "utf8").catch(() => "");
      await new Promise((resolve) => setImmediate(resolve));
    }
    const tags = tagsOf(signed, PART_ROOT_TAG);
    expect(tags.map((line) => Number(/:(\d+),/.exec(line)?.[1]))).toEqual([0, 1, 0, 1, 0].slice(0, parts));
    expect(tagsOf(signed, ROOT_TAG)).toHaveLength(Math.floor(parts / 2));
    expect(tags.slice(0, before.length)).toEqual(before);
    before = tags;
  }
  process.emit("SIGTERM");
  await running;
  expect((await readdir(folder)).filter((name) => name.endsWith(".hashes"))).toHaveLength(7);
});
