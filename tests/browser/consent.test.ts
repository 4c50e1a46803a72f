/** Consent and the off switches in real viewers: hls.js, Chromium, a tracker, and a STUN server that counts. */
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { networkInterfaces } from "node:os";
import type { Browser, Frame, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { SwarmOptions } from "../../src/loader/swarm.ts";
import { startTracker, type RunningTracker } from "../../src/tracker-server/index.ts";
import { bundleForPage } from "../../testkit/bundle.ts";
import { launchChromium } from "../../testkit/chromium.ts";
import { createOrigin, type RunningOrigin } from "../../testkit/origin/origin.mjs";
import { countOpenings } from "./count-openings.ts";
import type { Seen } from "./page-consent.ts";

let browser: Browser;
let script: string;
let tracker: RunningTracker;
let origin: RunningOrigin;
let stun: Socket;
let stunPackets = 0;
/** Whom the pages called, by HTTP and WebSocket. */
const called = new Set<string>();

beforeAll(async () => {
  stun = createSocket("udp4").bind(0);
  stun.on("message", () => stunPackets++);
  [browser, script, tracker, origin] = await Promise.all([
    launchChromium(),
    bundleForPage(new URL("page-consent.ts", import.meta.url), "Consent"),
    startTracker({ port: 0, host: "127.0.0.1" }),
    // On every loopback address: each is another origin.
    createOrigin({ host: "0.0.0.0", pictures: "light", extraHandlers: [servePages] }),
    once(stun, "listening"),
  ]);
});
afterAll(async () => {
  await browser.close();
  stun.close();
  await Promise.all([tracker.close(), origin.close()]);
});

const urlOf = (path: string, host = "127.0.0.1"): string => `http://${host}:${String(origin.port)}${path}`;

/** Pages with the viewer's own in a frame; the frame's attributes. */
const FRAMES = new Map([
  ["/embedding", ""],
  ["/sandboxing", 'sandbox="allow-scripts"'],
]);

const servePages = (_: unknown, response: NodeJS.WritableStream, path: string): boolean => {
  const frame = FRAMES.get(path);
  if (path !== "/" && frame === undefined) return false;
  response.end(
    path === "/" ? "<!doctype html>" : `<!doctype html><iframe src="${urlOf("/")}" ${frame ?? ""}></iframe>`,
  );
  return true;
};

/** Where Chromium looks for a STUN server from: not from loopback. */
const hereForStun = (): string =>
  Object.values(networkInterfaces())
    .flat()
    .find((address) => address?.family === "IPv4" && !address.internal)?.address ?? "127.0.0.1";

/** A viewer, and how to ask it. */
async function watch(consent: SwarmOptions["consent"], { page = "/", host = "127.0.0.1", namesStun = true } = {}) {
  const context = await browser.newContext();
  context.on("request", (request) => called.add(new URL(request.url()).host));
  await context.addInitScript(countOpenings);
  const top: Page = await context.newPage();
  top.on("websocket", (socket) => called.add(new URL(socket.url()).host));
  await top.goto(urlOf(page, host));
  const frame: Frame | Page = top.frames()[1] ?? top;
  await frame.addScriptTag({ content: script });
  const options: SwarmOptions = {
    tracker: tracker.url,
    ...(namesStun && { rtc: { iceServers: [{ urls: `stun:${hereForStun()}:${String(stun.address().port)}` }] } }),
    ...(consent !== undefined && { consent }),
  };
  await frame.evaluate(`Consent.begin(${JSON.stringify(urlOf("/live/index.m3u8"))}, ${JSON.stringify(options)})`);
  return {
    seen: () => frame.evaluate<Seen>("Consent.seen()"),
    grant: () => frame.evaluate("Consent.grant()"),
    withdraw: () => frame.evaluate("Consent.withdraw()"),
  };
}

const SOON = { timeout: 30_000, interval: 100 };
const NOTHING = { sockets: 0, connections: 0, mode: "off" };

test("[T11] [T22] [CO1] [CO2] [CO7] without consent nothing is opened, and the video plays; granted it joins, withdrawn it closes", async () => {
  const viewers = await Promise.all([
    watch("ask"),
    watch("denied", { namesStun: false }),
    watch(undefined, { page: "/embedding", host: "127.0.0.2" }),
    watch(undefined, { page: "/sandboxing" }),
    watch("granted", { page: "/?p2p=0" }),
  ]);
  const reasons = ["consent", "consent", "consent", "consent", "url"];
  for (const [index, viewer] of viewers.entries()) {
    await expect.poll(async () => (await viewer.seen()).playedSeconds, SOON).toBeGreaterThan(1);
    expect(await viewer.seen()).toMatchObject({ ...NOTHING, reason: reasons[index] });
  }
  expect(tracker.stats()).toMatchObject({ connections: 0, counters: { joins: 0 } });
  expect(stunPackets).toBe(0);

  const [asked, denied] = viewers;
  await Promise.all([asked.grant(), denied.grant()]);
  // [CO4] Both are there in the middle of the stream, and give to each other.
  for (const viewer of [asked, denied]) await expect.poll(async () => (await viewer.seen()).links, SOON).toBe(1);
  expect(stunPackets).toBeGreaterThan(0);
  await expect.poll(async () => (await asked.seen()).uploadedBytes, SOON).toBeGreaterThan(0);

  const before = await asked.seen();
  expect(before.openSockets).toBe(1);
  expect(before.openConnections).toBeGreaterThan(0);
  await asked.withdraw();
  // [CO5]
  await expect
    .poll(() => asked.seen(), { timeout: 1000, interval: 50 })
    .toMatchObject({ openSockets: 0, openConnections: 0, mode: "off", reason: "consent" });
  expect(tracker.stats()).toMatchObject({ viewers: 1, counters: { leaves: 1 } });
  const { playedSeconds, uploadedBytes, stalls, sockets, connections } = await asked.seen();
  await expect.poll(async () => (await asked.seen()).playedSeconds, SOON).toBeGreaterThan(playedSeconds + 3);
  expect(await asked.seen()).toMatchObject({ uploadedBytes, stalls, sockets, connections });

  // [CO8] The operator's word ends it for the other.
  tracker.switchOff(["*"]);
  await expect
    .poll(() => denied.seen(), { timeout: 1000, interval: 50 })
    .toMatchObject({ openSockets: 0, openConnections: 0, mode: "off", reason: "tracker" });
  // [T22] Nobody was called whom the page had not named.
  expect((await denied.seen()).iceServers).toEqual([]);
  const named = [origin.url, tracker.url].map((url) => new URL(url).port);
  expect([...new Set([...called].map((host) => host.split(":")[1]))].sort()).toEqual(named.sort());
  expect([...called].filter((host) => !host.startsWith("127.0.0."))).toEqual([]);
  // What was off from the start has stayed so.
  for (const viewer of viewers.slice(2)) expect(await viewer.seen()).toMatchObject(NOTHING);
});
