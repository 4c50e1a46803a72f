/** Viewers that show nobody their address: Chromium through coturn, the TURN server that most sites run. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { networkInterfaces, tmpdir } from "node:os";
import path from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTracker, type RunningTracker } from "../../../src/tracker-server/index.ts";
import { bundleForPage } from "../../../testkit/bundle.ts";
import { launchChromium } from "../../../testkit/chromium.ts";
import { encoding } from "../../../testkit/streams/encodings.ts";
import type { Watched, WatchOptions } from "../../../testkit/streams/page.ts";
import { createStreamOrigin, type StreamOrigin } from "../../../testkit/streams/stream-origin.ts";
import { findFreePort, startProxy, type RunningProxy } from "../proxies/proxy.ts";
import { hlsVersion, tried } from "../rows.ts";

const addresses = Object.values(networkInterfaces()).flatMap((all) => all ?? []);
const outside = addresses.find(({ family, internal }) => family === "IPv4" && !internal)?.address ?? "";

const folder = mkdtempSync(path.join(tmpdir(), "hls-swarm-turn-"));
let browser: Browser;
let tracker: RunningTracker;
let origin: StreamOrigin;
let turn: RunningProxy;
let port: number;
let script: string;

beforeAll(async () => {
  port = await findFreePort();
  [browser, script, tracker, origin, turn] = await Promise.all([
    launchChromium(),
    bundleForPage(new URL("../../../testkit/streams/page.ts", import.meta.url), "Streams"),
    startTracker({ port: 0, host: "127.0.0.1" }),
    createStreamOrigin({ name: "relayed", files: () => encoding("ts") }),
    startProxy(
      folder,
      "sh",
      [
        ...["-c", 'exec stdbuf -oL turnserver "$@" 1>&2', "turnserver"],
        ...["-n", "--no-cli", "--no-tls", "--no-dtls", "--log-file", "stdout", "--pidfile", `${folder}/pid`],
        ...["--userdb", `${folder}/users`, "--lt-cred-mech", "--user", "viewer:secret", "--realm", "test"],
        ...["--listening-ip", outside, "--relay-ip", outside, "--listening-port", String(port)],
      ],
      /admin thread/,
    ),
  ]);
});
afterAll(async () => {
  await browser.close();
  await Promise.all([tracker.close(), origin.close(), turn.stop()]);
  rmSync(folder, { recursive: true });
});

test("[T11] with relayOnly viewers share, and tell each other no address but the relay's", async () => {
  const iceServers = [{ urls: `turn:${outside}:${String(port)}`, username: "viewer", credential: "secret" }];
  const options: WatchOptions = {
    ...{ url: origin.url, tracker: tracker.url, rate: 1, seeksBack: false, reloads: false, leaves: false },
    ...{ patienceMs: 20_000, seconds: 8, swarm: { relayOnly: true, rtc: { iceServers } } },
  };
  const signals: string[] = [];
  const watched: Promise<Watched>[] = [];
  for (const name of ["one", "two"]) {
    const page = await (await browser.newContext({ userAgent: `hls-viewer/${name}` })).newPage();
    page.on("websocket", (socket) => {
      socket.on("framesent", ({ payload }) => signals.push(String(payload)));
    });
    await page.goto(new URL("/", origin.url).href);
    await page.addScriptTag({ content: script });
    await page.evaluate(`Streams.begin(${JSON.stringify(options)})`);
    watched.push(page.evaluate<Watched>("Streams.watched()"));
  }
  const seen = await Promise.all(watched);
  for (const { done, errors } of seen) expect({ done, errors }).toEqual({ done: true, errors: [] });
  const peerBytes = seen.map(({ stats }) => stats?.peerBytes ?? 0).reduce((sum, bytes) => sum + bytes);
  expect(peerBytes).toBeGreaterThan(0);
  const candidates = signals.join("\n").match(/candidate:[^"]+/g) ?? [];
  expect(candidates.length).toBeGreaterThan(0);
  for (const candidate of candidates) expect(candidate).toMatch(/ typ relay raddr 0\.0\.0\.0 rport 0 /);
  const coturn = execFileSync("sh", ["-c", "turnserver --version || true"], { encoding: "utf8" })
    .trim()
    .split("\n")
    .at(-1);
  tried({
    section: "browsers",
    what: "Chromium, relayOnly through coturn",
    versions: `hls.js ${hlsVersion()}, Chromium ${browser.version()}, coturn ${coturn ?? ""}`,
    result: `2 viewers, ${(peerBytes / 1e6).toFixed(1)} MB from peers, no address but the relay's in any signal`,
  });
});
