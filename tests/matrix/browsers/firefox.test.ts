/** Firefox beside Chromium: each alone, and the two together, whoever of them offers the connection. */
import * as playwright from "playwright-core";
import * as puppeteer from "puppeteer-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { launchChromium } from "../../../testkit/chromium.ts";
import { runDemo, type RunningDemo } from "../../demo/running-demo.ts";
import { copiesSince, newestSegment, percentFromPeers, playedSeconds, type Viewer } from "../players/sharing.ts";
import { tried } from "../rows.ts";

type BrowserName = "Firefox" | "Chromium";

/** Generous: a busy machine starts a player and its links late, and being late is not what is tested here. */
const SOON = { timeout: 90_000, interval: 250 };
/** Two plain players cost 2. */
const COPIES_MAX = 1.5;
const FIREFOX_PATH = "/usr/bin/firefox-esr";
const FIREFOX_PREFERENCES = {
  "media.peerconnection.ice.loopback": true, // so that a machine without a network will do
  "media.peerconnection.ice.obfuscate_host_addresses": false, // resolving mDNS names needs a working multicast
};

/** Keeps which descriptions the page's connections made of themselves. */
const WATCH_DESCRIPTIONS = `
  globalThis.descriptions = [];
  const { prototype } = RTCPeerConnection;
  const { setLocalDescription } = prototype;
  prototype.setLocalDescription = function (description) {
    globalThis.descriptions.push(description.type);
    return setLocalDescription.call(this, description);
  };
`;

let players: RunningDemo;
let firefox: puppeteer.Browser;
let chromium: playwright.Browser;
const versions: Record<BrowserName, string> = { Firefox: "", Chromium: "" };
let closers: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  [players, chromium, firefox] = await Promise.all([
    runDemo(["--port", "0"], "examples/players/serve.mjs"),
    launchChromium(),
    puppeteer.launch({
      browser: "firefox",
      executablePath: FIREFOX_PATH,
      headless: true,
      extraPrefsFirefox: FIREFOX_PREFERENCES,
    }),
  ]);
  versions.Chromium = `Chromium ${chromium.version()}`;
  versions.Firefox = (await firefox.version()).replace("firefox/", "Firefox ");
});
afterEach(async () => {
  await Promise.all(closers.map((close) => close()));
  closers = [];
});
afterAll(async () => {
  await Promise.all([firefox.close(), chromium.close()]);
  await players.stop();
});

const OPEN: Readonly<Record<BrowserName, (url: string) => Promise<Viewer>>> = {
  async Firefox(url) {
    const page = await firefox.newPage();
    closers.push(() => page.close());
    await page.evaluateOnNewDocument(WATCH_DESCRIPTIONS);
    await page.goto(url);
    return page;
  },
  async Chromium(url) {
    const page = await chromium.newPage();
    closers.push(() => page.close());
    await page.addInitScript(WATCH_DESCRIPTIONS);
    await page.goto(url);
    return page;
  },
};

/** A viewer that plays. */
async function play(name: BrowserName): Promise<Viewer> {
  const viewer = await OPEN[name](`${players.pageUrl}/hlsjs.html`);
  await expect.poll(() => playedSeconds(viewer), SOON).toBeGreaterThan(1);
  return viewer;
}

const descriptionsOf = (viewer: Viewer) => viewer.evaluate("globalThis.descriptions");

test.each(["Firefox", "Chromium"] as const)("%s alone plays, and costs the CDN one copy", async (name) => {
  await play(name);
  const since = await newestSegment(players.cdnUrl);
  await expect.poll(() => copiesSince(players.cdnUrl, since), SOON).toBeLessThan(Infinity);
  expect(await copiesSince(players.cdnUrl, since)).toBe(1);
  tried({
    section: "browsers",
    what: `${name} alone`,
    versions: versions[name],
    result: "plays; 1 viewer, 1.0 copies",
  });
});

test.each([
  { first: "Firefox", second: "Chromium" },
  { first: "Chromium", second: "Firefox" },
] as const)(
  "$second comes to $first: it offers, they connect, and carry the stream for each other",
  async ({ first, second }) => {
    const host = await play(first);
    const guest = await play(second);
    const since = await newestSegment(players.cdnUrl);
    await expect.poll(() => percentFromPeers([host, guest]), SOON).toBeGreaterThan(0);
    await expect.poll(() => copiesSince(players.cdnUrl, since), SOON).toBeLessThanOrEqual(COPIES_MAX);
    expect(await descriptionsOf(guest)).toEqual(["offer"]);
    expect(await descriptionsOf(host)).toEqual(["answer"]);
    const copies = await copiesSince(players.cdnUrl, since);
    tried({
      section: "browsers",
      what: `${second} offers, ${first} answers`,
      versions: `${versions[second]}, ${versions[first]}`,
      result: `2 viewers, ${copies.toFixed(1)} copies, one from the other`,
    });
  },
);
