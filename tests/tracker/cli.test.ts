import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdir, rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { TestViewer } from "./test-viewer.ts";

/* The real command in a process of its own: built as the package builds it, one file beside its package.json. */

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const FOLDER = `${ROOT}node_modules/.cache/tracker-cli-test-${String(process.pid)}`;
const CLI = `${FOLDER}/dist/cli.js`;

beforeAll(async () => {
  await mkdir(FOLDER, { recursive: true });
  await copyFile(`${ROOT}package.json`, `${FOLDER}/package.json`);
  await build({
    entryPoints: [`${ROOT}src/cli.ts`],
    outfile: CLI,
    bundle: true,
    platform: "node",
    format: "esm",
    external: ["ws"],
  });
});
afterAll(() => rm(FOLDER, { recursive: true, force: true }));

const running: ChildProcess[] = [];
afterEach(() => {
  for (const child of running.splice(0)) child.kill("SIGKILL");
});

/** Starts the command; what it says is collected, and can be waited for. */
function run(...args: string[]) {
  const child = spawn(process.execPath, [CLI, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  running.push(child);
  let out = "";
  let err = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (err += text));
  const ended = once(child, "close").then(([code]: unknown[]) => ({ code, out, err }));
  return {
    ended,
    signal: (name: NodeJS.Signals) => child.kill(name),
    async said(pattern: RegExp): Promise<string> {
      for (;;) {
        const found = pattern.exec(out);
        if (found) return found[1] ?? found[0];
        await Promise.race([
          once(child.stdout, "data"),
          ended.then(() => Promise.reject(new Error(`ended without saying ${String(pattern)}: ${out}${err}`))),
        ]);
      }
    },
  };
}

test("hls-swarm tracker listens, and drains on SIGTERM", async () => {
  const command = run("tracker", "--port", "0");
  const url = await command.said(/tracker: (ws:\S+)\n/);
  await command.said(/any site may use it/);
  const alice = await TestViewer.join({ url });
  const bob = await TestViewer.join({ url });
  expect(bob.joined.peers).toEqual([{ peer: alice.id, uplink: 2 }]);

  command.signal("SIGTERM");
  for (const viewer of [alice, bob]) {
    expect((await viewer.next("drain")).reconnectInMs).toBeGreaterThanOrEqual(0);
    expect((await viewer.closed).code).toBe(1012);
  }
  const { code, out, err } = await command.ended;
  expect({ code, err }).toEqual({ code: 0, err: "" });
  expect(out).toMatch(/draining\nstopped\n$/);
});

test("a second signal does not wait for viewers that do not hang up", async () => {
  const command = run("tracker", "--port", "0", "--no-debug", "--allow-origin", "https://example.com");
  const url = await command.said(/tracker: (ws:\S+)\n/);
  const deaf = await TestViewer.join({ url }, {}, { origin: "https://example.com" });
  deaf.ws.pause();
  command.signal("SIGTERM");
  await command.said(/draining/);
  command.signal("SIGTERM");
  expect(await command.ended).toMatchObject({ code: 0, err: "" });
  deaf.ws.terminate();
});

test("--help and --version", async () => {
  const [help, trackerHelp, version, nothing] = await Promise.all(
    [["--help"], ["tracker", "--help"], ["--version"], []].map((args) => run(...args).ended),
  );
  expect(help).toMatchObject({ code: 0, out: expect.stringContaining("tracker     introduces") as string });
  expect(trackerHelp).toMatchObject({ code: 0, out: expect.stringContaining("--trust-proxy") as string });
  expect(version).toMatchObject({ code: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+\S*\n$/) as string });
  expect(nothing).toMatchObject({ code: 2, err: expect.stringContaining("Usage: hls-swarm") as string });
});

test("what is wrong is said, without a stack", async () => {
  const taken = run("tracker", "--port", "0");
  const port = await taken.said(/tracker: ws:.*:(\d+)\n/);
  const cases: ReadonlyArray<readonly [args: string[], code: number, says: string]> = [
    [["broadcast"], 2, 'there is no command "broadcast"'],
    [["toString"], 2, 'there is no command "toString"'],
    [["tracker", "--prot", "1"], 2, "'--prot'"],
    [["tracker", "--port", "http"], 2, '--port must be a whole number from 0 to 65535, not "http"'],
    [["tracker", "--port", "65536"], 2, "--port must be"],
    [["tracker", "--max-per-address", "0"], 2, "--max-per-address must be"],
    [["tracker", "--allow-origin", "example.com"], 2, "https://example.com"],
    [["tracker", "--trust-proxy", "nginx"], 2, '"nginx"'],
    [["tracker", "extra"], 2, "extra"],
    [["tracker", "--port", port], 1, "the port is taken"],
  ];
  const results = await Promise.all(cases.map(([args]) => run(...args).ended));
  for (const [n, [args, code, says]] of cases.entries()) {
    expect([args, results[n]?.code]).toEqual([args, code]);
    expect(results[n]?.err).toContain(says);
    expect(results[n]?.err).not.toContain("    at ");
  }
});
