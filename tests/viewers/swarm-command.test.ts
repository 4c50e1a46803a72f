/** The command `swarm`, as it is built: real engines and WebRTC, the tests' CDN, a tracker that asks for tickets. */
import { spawn } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { createOrigin } from "../../testkit/origin/origin.mjs";
import { startTracker } from "../../src/tracker-server/index.ts";

const CLI = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));
const SECRET = "a secret of tests, of no use to anybody";

async function runSwarm(args: readonly string[]) {
  const child = spawn(process.execPath, [CLI, "swarm", ...args], { stdio: ["ignore", "pipe", "pipe"] });
  const [said, complained, code] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number | null>((resolve) => child.once("close", resolve)),
  ]);
  return { code, said, complained };
}

function numberIn(line: unknown, name: string): number {
  const value: unknown = typeof line === "object" && line !== null ? Reflect.get(line, name) : undefined;
  return typeof value === "number" ? value : NaN;
}

test("five viewers play without a stall and carry the stream for each other; their count is the CDN's own", async () => {
  const origin = await createOrigin({ signed: true, pictures: "light", bitsPerSecond: 600_000 });
  const tracker = await startTracker({ host: "127.0.0.1", port: 0, ticketSecrets: [SECRET] });
  const secretFile = path.join(mkdtempSync(path.join(tmpdir(), "swarm-")), "secret");
  writeFileSync(secretFile, `${SECRET}\n`);
  try {
    const { code, said, complained } = await runSwarm([
      ...[origin.liveUrl, "--tracker", tracker.url, "--viewers", "5", "--ramp-seconds", "1", "--seconds", "8"],
      ...["--content", "news", "--ticket-secret-file", secretFile, "--json", "--each", "--strict"],
    ]);
    expect(complained).toBe("");
    expect(code).toBe(0);
    const lines = said
      .trim()
      .split("\n")
      .map((line): unknown => JSON.parse(line));
    const summary = lines.at(-1);
    expect(summary).toMatchObject({
      ...{ type: "report", ended: true, viewers: 5, playing: 5, left: 0, stalls: 0, failedSegments: 0, retired: 0 },
      members: [1, 2, 3, 4, 5].map((n) => ({ name: `viewer-${n}`, tracker: "joined", phase: "playing", stalls: 0 })),
    });
    const { totalBytes, segmentBytes } = origin.counters();
    const [newest = 0] = [...segmentBytes.keys()].sort((a, b) => b - a);
    // The CDN also counts what it sends of hashes, and of the segment that was on its way in the end.
    expect(totalBytes - numberIn(summary, "cdnBytes")).toBeLessThan(2 * origin.segment(newest).length);
    expect(numberIn(summary, "linksMean")).toBeGreaterThan(2);
    expect(lines).toContainEqual(expect.objectContaining({ type: "segment", viewer: "viewer-5", originBytes: 0 }));
    // The first segments each fetched for itself, because nobody was linked; of the later ones one copy is enough.
    expect((segmentBytes.get(newest - 1) ?? 0) / origin.segment(newest - 1).length).toBeLessThan(2);
  } finally {
    await Promise.all([origin.close(), tracker.close()]);
  }
});

test("a tracker that is not reached is said once, with the reason", async () => {
  const origin = await createOrigin({ signed: true, pictures: "light", bitsPerSecond: 600_000 });
  try {
    const dead = ["--tracker", "ws://127.0.0.1:9", "--viewers", "2", "--ramp-seconds", "0", "--seconds", "6"];
    const { code, complained } = await runSwarm([origin.liveUrl, ...dead, "--json"]);
    expect([code, complained]).toEqual([0, "no tracker lets them in, so nobody meets: 127.0.0.1:9: ECONNREFUSED\n"]);
  } finally {
    await origin.close();
  }
});

test("what is wrong is said, with exit code 2", async () => {
  const nowhere = "http://127.0.0.1:9/live.m3u8";
  const cases: ReadonlyArray<readonly [args: readonly string[], complaint: RegExp]> = [
    [[nowhere], /give --tracker/],
    [[nowhere, "--tracker", "ws://127.0.0.1:9"], /no playlist to follow/],
    [[nowhere, "--tracker", "ws://127.0.0.1:9", "--viewers", "none"], /number from 1 to 1000/],
    [[nowhere, "--tracker", "ws://127.0.0.1:9", "--ticket-secret-file", "x"], /needs --content/],
  ];
  const outcomes = await Promise.all(cases.map(([args]) => runSwarm(args)));
  for (const [index, { code, complained }] of outcomes.entries()) {
    expect(complained).toMatch(cases[index]?.[1] ?? /./);
    expect(code).toBe(2);
  }
});
