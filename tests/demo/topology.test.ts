/** The whole topology on one machine: its log, the graph on the page, and its end. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchChromium } from "../../testkit/chromium.ts";
import { runDemo, type RunningDemo } from "./running-demo.ts";

const SOON = { timeout: 30_000, interval: 100 };
/** One copy for all once they are linked; what came while they were not is left to the machine. */
const COPIES_MAX = 1.5;
let demo: RunningDemo;
let browser: Browser;

beforeAll(async () => {
  const options = ["--port", "0", "--topology", "full", "--node-viewers", "2", "--bitrate", "0.6"];
  [demo, browser] = await Promise.all([runDemo(options), launchChromium()]);
});
afterAll(async () => {
  await browser.close();
});

test("servers and viewers come up, share, are in one graph and one log, and go", async () => {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  await page.goto(demo.pageUrl);
  const names = () => page.locator("#graph [data-node] text").allTextContents();
  await expect
    .poll(async () => (await names()).sort(), SOON)
    .toEqual(["1", "2", "CDN", "edge", "ingress", "tracker", "you"].sort());
  await expect.poll(() => page.locator("#graph .flowing").count(), SOON).toBeGreaterThan(4);
  await expect.poll(() => page.locator("#viewers").textContent(), SOON).toBe("3");
  await page.locator("#graph svg").press("ArrowRight");
  await expect.poll(() => page.locator("#graph-detail").textContent()).toMatch(/^The CDN sends [\d.]+ Mbit\/s\.$/);

  for (const line of [
    /^ingress +fetched \d+ from the CDN$/m,
    /^edge +got \d+ from ingress$/m,
    /^viewer-2 +got \d+: 100 % peers$/m,
    /^tracker +viewers: 3, seeders: 2$/m,
  ])
    await expect.poll(() => demo.output(), SOON).toMatch(line);
  const sent = () => /(?:.*\n)*origin +sent \d+ ([\d.]+) times/.exec(demo.output())?.[1];
  await expect.poll(() => Number(sent()), SOON).toBeLessThanOrEqual(COPIES_MAX);

  expect(await demo.stop()).toBe(0);
  await expect(fetch(demo.cdnUrl)).rejects.toThrow();
});
