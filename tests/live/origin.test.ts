import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdir, rm, writeFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { MediaPlaylist } from "../../src/playlist/media-playlist.ts";
import { parsePlaylist } from "../../src/playlist/parse.ts";
import { hashSegment } from "../../src/signer/segment-hashes.ts";

/* The real command in a process of its own, and ffmpeg's test pictures pushed to it as a camera's would be. */

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const FOLDER = `${ROOT}node_modules/.cache/live-test-${String(process.pid)}`;
const CLI = `${FOLDER}/dist/cli.js`;
const KEY_FILE = `${FOLDER}/publish-key`;
const KEY = "a-key-of-thirty-two-characters--";

const running: ChildProcess[] = [];
beforeAll(async () => {
  await mkdir(FOLDER, { recursive: true });
  await copyFile(`${ROOT}package.json`, `${FOLDER}/package.json`);
  await writeFile(KEY_FILE, `${KEY}\n`);
  await build({
    entryPoints: [`${ROOT}src/cli.ts`],
    outfile: CLI,
    bundle: true,
    platform: "node",
    format: "esm",
    packages: "external",
    logLevel: "error",
  });
});
afterAll(async () => {
  for (const child of running) child.kill("SIGKILL");
  await rm(FOLDER, { recursive: true, force: true });
});

function start(program: string, args: readonly string[]) {
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
  running.push(child);
  return { child, said: text(child.stderr), ended: once(child, "close") };
}

async function startOrigin(): Promise<{ child: ChildProcess; url: string; ended: Promise<unknown[]> }> {
  const settings = ["--segment-seconds", "1", "--low-latency", "--publish-key-file", KEY_FILE, "--log-format", "json"];
  const { child, ended } = start(process.execPath, [CLI, "live", "--host", "127.0.0.1", "--port", "0", ...settings]);
  let out = "";
  for (;;) {
    const [piece] = (await once(child.stdout, "data")) as [Buffer];
    out += piece.toString();
    const url = /"url":"(http:[^"]+)"/.exec(out)?.[1];
    if (url !== undefined) return { child, url, ended };
  }
}

/** A second and a half of pictures a second, so that nothing waits for long. */
function publish(address: string, ...options: readonly string[]) {
  const input = ["-v", "error", "-readrate", "1.5", "-f", "lavfi", "-i", "testsrc2=size=128x72:rate=20"];
  const codec = ["-c:v", "libx264", "-preset", "ultrafast", "-g", "20", ...options, "-f", "mpegts"];
  return start("ffmpeg", [...input, ...codec, address]);
}

async function playlistAt(url: string): Promise<MediaPlaylist> {
  const answer = await fetch(url);
  expect(answer.status).toBe(200);
  const parsed = parsePlaylist(await answer.text(), url);
  if (!("segments" in parsed)) throw new Error("no media playlist");
  return parsed;
}

test("what ffmpeg publishes with a key is played live: signed, in ranges, with held reloads, and to the end", async () => {
  const { child, url, ended } = await startOrigin();
  const refused = publish(`${url}/publish/demo?key=wrong`, "-send_expect_100", "1");
  expect(await refused.said).toContain("403 Forbidden");
  const publisher = publish(`${url}/publish/demo?key=${KEY}`);

  const master = `${url}/demo/index.m3u8`;
  await expect.poll(async () => (await fetch(master)).status, { timeout: 10_000 }).toBe(200);
  const [, rendition = ""] = /^([^#\s]\S*)$/m.exec(await (await fetch(master)).text()) ?? [];
  const address = new URL(rendition, master).href;
  const first = await playlistAt(address);
  expect(first.segments.length).toBeGreaterThan(0);

  for (const { url: segmentUrl, uri, sequence, root } of first.segments) {
    const bytes = new Uint8Array(await (await fetch(segmentUrl)).arrayBuffer());
    expect(root).toMatchObject(hashSegment(bytes, { uri, sequence })!.root);
    expect(new Uint8Array(await (await fetch(`${segmentUrl}.hashes`)).arrayBuffer())).toEqual(
      new Uint8Array(hashSegment(bytes, { uri, sequence })!.hashes),
    );
    const part = await fetch(segmentUrl, { headers: { range: "bytes=100-299" } });
    expect([part.status, part.headers.get("content-range")]).toEqual([206, `bytes 100-299/${String(bytes.length)}`]);
    expect(new Uint8Array(await part.arrayBuffer())).toEqual(bytes.subarray(100, 300));
  }

  const next = first.mediaSequence + first.segments.length;
  const [held, hinted] = await Promise.all([
    playlistAt(`${address}?_HLS_msn=${String(next)}`),
    fetch(new URL(first.preloadHint!.uri, address)),
  ]);
  expect(held.segments.at(-1)?.sequence).toBeGreaterThanOrEqual(next);
  const parts = held.segments.flatMap((segment) => segment.parts).concat(held.open.parts);
  expect(parts.map(({ url: partUrl }) => partUrl)).toContain(hinted.url);
  expect((await hinted.arrayBuffer()).byteLength).toBeGreaterThan(0);
  expect((await fetch(`${address}?_HLS_msn=${String(next + 1_000)}`)).status).toBe(400);

  child.kill("SIGTERM");
  await expect.poll(async () => (await playlistAt(address)).isEnded).toBe(true);
  expect(await ended).toEqual([0, null]);
  await publisher.ended;
});
