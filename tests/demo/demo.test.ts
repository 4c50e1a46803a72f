import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { launchChromium } from "../../testkit/chromium.ts";
import { createOrigin } from "../../testkit/origin/origin.mjs";
import { runDemo, type RunningDemo } from "./running-demo.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const LAPTOP = { width: 1440, height: 900 };
const PHONE = { width: 390, height: 844 };
/** Generous: a busy machine starts a player and its links late, and being late is not what is tested here. */
const SOON = { timeout: 60_000, interval: 250 };
/** Mean over eight segments; the rest of the way to 1 is left to a busy machine. */
const COPIES_MAX = 1.5;

const shots = mkdtempSync(path.join(tmpdir(), "demo-shots-"));
let demo: RunningDemo;
let browser: Browser;
/** What the pages said that they should not have. */
let complaints: string[] = [];

beforeAll(async () => {
  demo = await runDemo(["--port", "0"]);
  browser = await launchChromium();
});
afterEach(async () => {
  await Promise.all(browser.contexts().map((context) => context.close()));
  expect(complaints).toEqual([]);
  complaints = [];
});
afterAll(async () => {
  await browser.close();
  await demo.stop();
});

/** A viewer with a machine of its own: nothing is shared but the network. */
async function openViewer(query = "/", options: Parameters<Browser["newContext"]>[0] = {}): Promise<Page> {
  const context = await browser.newContext({ viewport: LAPTOP, ...options });
  const page = await context.newPage();
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  await page.goto(new URL(query, demo.pageUrl).href);
  return page;
}

const textOf = async (page: Page, id: string) => (await page.locator(`#${id}`).textContent()) ?? "";
const playedSeconds = (page: Page) =>
  page.locator("video").evaluate((video) => {
    if (!(video instanceof HTMLVideoElement)) throw new Error("#video is no video");
    const { played } = video;
    return played.length === 0 ? 0 : played.end(played.length - 1) - played.start(played.length - 1);
  });

test("two viewers: both play, share, and see each other", async () => {
  const alice = await openViewer();
  await expect.poll(() => playedSeconds(alice), SOON).toBeGreaterThan(2);
  const bob = await openViewer();
  await expect.poll(() => playedSeconds(bob), SOON).toBeGreaterThan(2);
  for (const page of [alice, bob]) {
    await expect.poll(() => textOf(page, "viewers"), SOON).toBe("2");
    await expect.poll(() => textOf(page, "tracker"), SOON).toBe("Tracker: joined");
    await expect.poll(() => page.locator("#peers tbody tr").count(), SOON).toBe(1);
    expect(await textOf(page, "offload-ceiling")).toBe("50 %");
    expect(await textOf(page, "startup")).toMatch(/^\d+\.\d s$/);
    expect(await textOf(page, "latency")).toMatch(/^\d+(\.\d)? s$/);
    expect(await page.locator("#strip .cell.complete").count()).toBeGreaterThan(0);
    expect(await textOf(page, "integrity")).toBe("verified against the playlist");
  }
  // By the CDN's own counter, whoever of the two fetches what: plain players would cost it 2.
  await expect.poll(async () => Number.parseFloat(await textOf(bob, "copies")), SOON).toBeLessThanOrEqual(COPIES_MAX);
  // Whoever reloads its playlist first may fetch all for a while (SW36), and the other has it from there.
  const inEither = async (id: string) => (await Promise.all([alice, bob].map((page) => textOf(page, id)))).join();
  await expect.poll(() => inEither("offload-session"), SOON).toMatch(/[1-9]\d* %/);
  for (const id of ["saved", "given"]) await expect.poll(() => inEither(id), SOON).toMatch(/[1-9]\d*(\.\d)? [kMG]B/);
  await bob.screenshot({ path: path.join(shots, "two-viewers.png"), fullPage: true });
});

test("without peers it is plain hls.js, and says so", async () => {
  const page = await openViewer("?cdn-only=1");
  await expect.poll(() => playedSeconds(page), SOON).toBeGreaterThan(2);
  expect(await textOf(page, "tracker")).toBe("Tracker: off");
  expect(await textOf(page, "notice")).toContain("plain hls.js");
  expect(await textOf(page, "offload-session")).toBe("0 %");
  expect(await page.locator("#strip .cell").count()).toBeGreaterThan(0);
});

test("the slider throttles the CDN for everybody, with the keyboard too", async () => {
  const page = await openViewer("?cdn-only=1");
  const other = await openViewer("?cdn-only=1");
  const throttle = async () => {
    const report: unknown = await (await fetch(`${demo.cdnUrl}/report`)).json();
    return report;
  };
  await page.locator("#throttle").press("ArrowLeft");
  await expect.poll(throttle, SOON).toMatchObject({ throttleBitsPerSecond: 20_000_000 });
  await expect.poll(() => textOf(other, "throttle-value"), SOON).toBe("20 Mbit/s");
  await page.locator("#throttle").press("End");
  await expect.poll(throttle, SOON).toMatchObject({ throttleBitsPerSecond: 0 });
  expect(await page.locator("#throttle").getAttribute("aria-valuetext")).toBe("unlimited");
});

test("the button opens another viewer, which plays", async () => {
  const page = await openViewer();
  const opened = page.waitForEvent("popup");
  await page.getByRole("button", { name: "Open another viewer" }).click();
  const other = await opened;
  await expect.poll(() => playedSeconds(other), SOON).toBeGreaterThan(1);
});

test("chart and segments tell their values to pointer and keyboard", async () => {
  const page = await openViewer("?cdn-only=1");
  await expect.poll(() => page.locator("#strip .cell").count(), SOON).toBeGreaterThan(2);
  await page.locator("#strip .cell").last().hover();
  expect(await textOf(page, "strip-detail")).toMatch(/^Segment \d+: \d+ kB in \d+ chunks, 0 from peers/);
  await page.locator("#chart svg").press("ArrowLeft");
  expect(await page.locator("#chart .tip").textContent()).toMatch(/^now: peers 0\.00 · CDN [\d.]+ · up 0\.00$/);
});

test.each([
  ["laptop, light", LAPTOP, "light"],
  ["laptop, dark", LAPTOP, "dark"],
  ["phone, light", PHONE, "light"],
  ["phone, dark", PHONE, "dark"],
] as const)("%s: nothing sticks out, and the theme button turns it over", async (name, viewport, colorScheme) => {
  const page = await openViewer("?cdn-only=1", { viewport, colorScheme });
  await expect.poll(() => playedSeconds(page), SOON).toBeGreaterThan(0);
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(viewport.width);
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const before = await ground();
  await page.screenshot({ path: path.join(shots, `${name.replace(", ", "-")}.png`), fullPage: true });
  await page.locator("#theme").click();
  expect(await ground()).not.toBe(before);
  await page.reload();
  expect(await ground()).not.toBe(before);
});

test("the minimal page plays and counts", async () => {
  const html = readFileSync(`${ROOT}examples/minimal/index.html`, "utf8");
  const origin = await createOrigin({
    mounts: { "/dist/": `${ROOT}dist`, "/node_modules/hls.js/": `${ROOT}node_modules/hls.js` },
    extraHandlers: [
      (_, response, urlPath) => {
        if (urlPath !== "/examples/minimal/") return false;
        // The file names the default ports; here they are others.
        const body = html.replace("ws://localhost:8002", demo.trackerUrl).replace("http://localhost:8001", demo.cdnUrl);
        response.setHeader("Content-Type", "text/html");
        response.end(body);
        return true;
      },
    ],
  });
  try {
    const page = await openViewer(`${origin.url}/examples/minimal/`);
    await expect.poll(() => playedSeconds(page), SOON).toBeGreaterThan(1);
    await expect.poll(() => textOf(page, "offload"), SOON).toMatch(/^\d+ % of this came from other viewers$/);
  } finally {
    await origin.close();
  }
});
