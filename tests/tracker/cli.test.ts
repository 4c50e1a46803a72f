import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { copyFile, mkdir, rm, writeFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { connect } from "node:tls";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { createCertificate } from "../../testkit/certificate.ts";
import { SWARM, TestViewer } from "./test-viewer.ts";

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
    packages: "external",
  });
});
afterAll(() => rm(FOLDER, { recursive: true, force: true }));

const LISTENS = /"url":"(wss?:[^"]+)"/;

const running: ChildProcess[] = [];
afterEach(() => {
  for (const child of running.splice(0)) child.kill("SIGKILL");
});

/** Starts the command; what it says is collected, and can be waited for. */
function run(...args: string[]) {
  return runWith({}, ...args);
}

function runWith(environment: Record<string, string>, ...args: string[]) {
  const env = { ...process.env, ...environment };
  const child = spawn(process.execPath, [CLI, ...args], { stdio: ["ignore", "pipe", "pipe"], env });
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

test("[TK91] hls-swarm tracker listens, says that it is open to everybody, and drains on SIGTERM", async () => {
  const command = run("tracker", "--port", "0");
  const url = await command.said(LISTENS);
  await command.said(/open to everybody.*--ticket-secret-file.*--allow-origin/);
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
  const lines = out
    .trim()
    .split("\n")
    .map((line): unknown => JSON.parse(line));
  expect(lines.slice(-2)).toMatchObject([
    { level: "info", msg: "draining", signal: "SIGTERM" },
    { level: "info", msg: "stopped" },
  ]);
});

test("a second signal does not wait for viewers that do not hang up", async () => {
  const command = run("tracker", "--port", "0", "--no-debug", "--allow-origin", "https://example.com");
  const url = await command.said(LISTENS);
  const deaf = await TestViewer.join({ url }, {}, { origin: "https://example.com" });
  deaf.ws.pause();
  command.signal("SIGTERM");
  await command.said(/draining/);
  command.signal("SIGTERM");
  expect(await command.ended).toMatchObject({ code: 0, err: "" });
  deaf.ws.terminate();
});

test("--help and --version", async () => {
  const [help, trackerHelp, loadHelp, version, nothing] = await Promise.all(
    [["--help"], ["tracker", "--help"], ["load", "--help"], ["--version"], []].map((args) => run(...args).ended),
  );
  expect(help).toMatchObject({ code: 0, out: expect.stringMatching(/tracker .* introduces/) as string });
  expect(trackerHelp).toMatchObject({ code: 0, out: expect.stringContaining("--trust-proxy") as string });
  expect(loadHelp).toMatchObject({ code: 0, out: expect.stringContaining("--viewers <n>") as string });
  expect(version).toMatchObject({ code: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+\S*\n$/) as string });
  expect(nothing).toMatchObject({ code: 2, err: expect.stringContaining("Usage: hls-swarm") as string });
});

test("what is wrong is said, without a stack", async () => {
  const taken = run("tracker", "--port", "0");
  const port = await taken.said(/"url":"ws:.*?:(\d+)"/);
  const cases: ReadonlyArray<readonly [args: string[], code: number, says: string]> = [
    [["broadcast"], 2, "unknown command 'broadcast'"],
    [["toString"], 2, "unknown command 'toString'"],
    [["tracker", "--prot", "1"], 2, "Did you mean --port?"],
    [["tracker", "--port", "http"], 2, '--port must be a whole number from 0 to 65535, not "http"'],
    [["tracker", "--connections-per-address-max", "0"], 2, "--connections-per-address-max must be"],
    [["tracker", "--allow-origin", "example.com"], 2, "https://example.com"],
    [["tracker", "--trust-proxy", "nginx"], 2, '"nginx"'],
    [["tracker", "--config", "nowhere.json"], 2, "nowhere.json cannot be read"],
    [["tracker", "--tls-cert", "cert.pem"], 2, "--tls-cert and --tls-key belong together"],
    [["tracker", "--tls-cert", "no.pem", "--tls-key", "no.pem"], 2, "tls.certFile no.pem cannot be read"],
    [["tracker", "extra"], 2, "too many arguments"],
    [["tracker", "--port", port], 1, `port ${port} is taken`],
    [["load", "--viewers", "none"], 2, "must be a number from 1 to 1000000"],
    [["load", "--tracker", "http://127.0.0.1"], 2, "must be a ws:// or wss:// URL"],
  ];
  const results = await Promise.all(cases.map(([args]) => run(...args).ended));
  for (const [n, [args, code, says]] of cases.entries()) {
    expect([args, results[n]?.code]).toEqual([args, code]);
    expect(results[n]?.err).toContain(says);
    expect(results[n]?.err).not.toContain("    at ");
  }
});

test("settings come from flags, variables and a file, and are printed without their secrets", async () => {
  const file = `${FOLDER}/tracker.json`;
  await writeFile(file, JSON.stringify({ port: 1, connectionsMax: 11, secret: "s".repeat(40) }));
  const environment = { HLS_SWARM_CONFIG: file, HLS_SWARM_PORT: "2", HLS_SWARM_REDIS: "redis://:hush@10.0.0.1:6379" };
  const { out } = await runWith(environment, "tracker", "--print-config", "--hold-out", "5%").ended;
  expect(JSON.parse(out)).toMatchObject({
    port: 2,
    connectionsMax: 11,
    holdOut: 0.05,
    secret: "hidden",
    redis: "redis://:hidden@10.0.0.1:6379",
  });
  expect(out).not.toMatch(/sss|hush/);
});

test("the log of a tracker that is attacked names no address, id, signal or secret", async () => {
  const secret = "the-secret-of-this-tracker-32-chars-long";
  const command = runWith(
    { HLS_SWARM_SECRET: secret },
    ...["tracker", "--port", "0", "--trust-proxy", "loopback", "--connections-per-address-max", "2"],
  );
  const url = await command.said(LISTENS);
  const headers = { "X-Forwarded-For": "203.0.113.77" };
  const alice = await TestViewer.join({ url }, {}, { headers });
  const bob = await TestViewer.join({ url }, {}, { headers });
  const third = new TestViewer(url, { headers }); // one too many
  await third.closed;
  alice.signal(bob, "candidate 198.51.100.5 typ host");
  await bob.next("signal");
  alice.sendRaw(`{"type":"join","swarm":"${"x".repeat(20_000)}"}`);
  for (let n = 0; n < 8; n++) bob.sendRaw("\n203.0.113.77 \u001b[31m");
  await Promise.all([alice.drop(), bob.closed]);
  command.signal("SIGTERM");
  const { out, err } = await command.ended;
  expect(out).toContain("too many came from one address");
  for (const hidden of ["203.0.113.77", "198.51.100.5", alice.id, bob.id, alice.joined.resume, SWARM, secret, "\u001b"])
    expect(out + err).not.toContain(hidden);
});

test("TLS in the process: viewers come by wss, and SIGHUP takes the renewed certificate", async () => {
  const pair = ["--tls-cert", `${FOLDER}/cert.pem`, "--tls-key", `${FOLDER}/key.pem`];
  const make = (name: string): void => createCertificate(`${FOLDER}/cert.pem`, `${FOLDER}/key.pem`, name);
  make("first.example");
  const command = run("tracker", "--port", "0", ...pair);
  const url = await command.said(LISTENS);
  expect(url).toMatch(/^wss:/);
  const alice = await TestViewer.join({ url }, {}, { rejectUnauthorized: false });
  expect(await certificateNameOf(url)).toBe("first.example");
  make("second.example");
  command.signal("SIGHUP");
  await command.said(/certificate was read again/);
  expect(await certificateNameOf(url)).toBe("second.example");
  await writeFile(`${FOLDER}/cert.pem`, "broken");
  command.signal("SIGHUP");
  await command.said(/could not be read again/);
  expect(await certificateNameOf(url)).toBe("second.example");
  await alice.settled();
  await alice.leave();
});

test("[TK69] SIGHUP switches streams off and on, in every worker", async () => {
  const file = `${FOLDER}/off`;
  const command = run("tracker", "--port", "0", "--workers", "2", "--off-file", file);
  const url = await command.said(LISTENS);
  const viewers = await Promise.all([1, 2, 3, 4].map(() => TestViewer.join({ url })));
  await writeFile(file, "*\n");
  command.signal("SIGHUP");
  for (const viewer of viewers) {
    expect(await viewer.next("off")).toMatchObject({ type: "off" });
    expect((await viewer.closed).code).toBe(4003);
  }
  await writeFile(file, "");
  command.signal("SIGHUP");
  await command.said(/(?:off file was read again[^]*){4}/);
  await (await TestViewer.join({ url })).leave();
});

test("workers share a port, their figures are added up, and a signal to the first one ends them all", async () => {
  const command = run("tracker", "--port", "0", "--workers", "2", "--metrics-port", "0");
  const url = await command.said(/"url":"(ws:[^"]+)","workers":2/);
  const metrics = await command.said(/"metrics":"([^"]+)"/);
  const viewers = await Promise.all([1, 2, 3, 4].map(() => TestViewer.join({ url })));
  const response = await fetch(metrics);
  const text = await response.text();
  expect(text).toMatch(/^hls_swarm_viewers 4$/m);
  expect(text).toMatch(/^hls_swarm_joins_total 4$/m);
  expect(text).toMatch(/^process_resident_memory_bytes \d+$/m);
  const ofViewers = url.replace("ws:", "http:");
  const pages = await Promise.all(["/metrics", "/debug", "/healthz"].map((path) => fetch(new URL(path, ofViewers))));
  expect(pages.map(({ status }) => status)).toEqual([404, 404, 200]);
  command.signal("SIGTERM");
  expect(await Promise.all(viewers.map(async ({ closed }) => (await closed).code))).toEqual([1012, 1012, 1012, 1012]);
  expect(await command.ended).toMatchObject({ code: 0, err: "" });
});

/** Who a server says it is. */
async function certificateNameOf(url: string): Promise<string | undefined> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), rejectUnauthorized: false });
  await once(socket, "secureConnect");
  const { CN } = socket.getPeerCertificate().subject;
  socket.destroy();
  return Array.isArray(CN) ? CN[0] : CN;
}

test("[TI1] [TI9] viewers with a ticket are let in, others not, and SIGHUP revokes", async () => {
  const [secret, revoked] = [`${FOLDER}/ticket-secret`, `${FOLDER}/revoked`];
  await writeFile(secret, `${"new ".repeat(10)}\n${"old ".repeat(10)}\n`);
  await writeFile(revoked, "");
  const command = run("tracker", "--port", "0", "--ticket-secret-file", secret, "--revoked-file", revoked);
  const printed = await run("ticket", "--secret-file", secret, "--swarm", SWARM, "--id", "mine", "--class", "gold")
    .ended;
  expect(printed).toMatchObject({ code: 0, err: "" });
  const url = await command.said(LISTENS);
  const alice = await TestViewer.join({ url }, { ticket: printed.out.trim() });
  await expect(TestViewer.join({ url })).rejects.toThrow();
  await writeFile(revoked, "# shared in a forum\nticket mine\n");
  command.signal("SIGHUP");
  expect(await alice.next("error")).toMatchObject({ code: "bad-ticket" });
  expect(await alice.closed).toMatchObject({ code: 4004 });
  await writeFile(revoked, "tickets mine");
  command.signal("SIGHUP");
  await command.said(/could not be read again/);
  command.signal("SIGTERM");
  expect((await command.ended).out).not.toContain("open to everybody");
});

test("who reads no further, as head does, is no fault", async () => {
  const child = spawn(process.execPath, [CLI, "tracker", "--help"], { stdio: ["ignore", "pipe", "pipe"] });
  child.stdout.destroy();
  expect(await text(child.stderr)).toBe("");
  expect(child.exitCode ?? (await once(child, "close"))[0]).toBe(0);
});
