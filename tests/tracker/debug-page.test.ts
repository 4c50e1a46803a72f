import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { startTracker, type RunningTracker } from "../../src/tracker-server/index.ts";
import { launchChromium } from "../../testkit/chromium.ts";
import { SWARM, TestViewer } from "./test-viewer.ts";

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

let tracker: RunningTracker;
beforeEach(async () => {
  tracker = await startTracker({ port: 0, host: "127.0.0.1" });
});
afterEach(() => tracker.close());

test.each([
  ["a desk, light", 1200, "light"],
  ["a phone, dark", 390, "dark"],
] as const)("the page is drawn under its own strict policy: %s", async (_, width, colorScheme) => {
  const alice = await TestViewer.join(tracker);
  await TestViewer.join(tracker);
  alice.send({ type: "report", peerBytes: 9e6, originBytes: 1e6, uploadedBytes: 0, wastedBytes: 0, peers: 1 });
  const seeder = await TestViewer.join(tracker, { seeder: true });
  const fetched = { originReceivedBytes: 2e6, stalls: 0, stalledMs: 0, playedMs: 0, startUpMs: 0 };
  seeder.send({
    type: "report",
    peerBytes: 0,
    originBytes: 0,
    uploadedBytes: 9e6,
    wastedBytes: 0,
    peers: 2,
    ...fetched,
  });
  await seeder.settled();
  alice.sendRaw("nonsense");
  await alice.next("error");

  const page = await browser.newPage({ viewport: { width, height: 800 }, colorScheme });
  const complaints: string[] = [];
  page.on("console", (message) => complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(error.message));
  await page.goto(`${tracker.pagesUrl}/debug`);
  await page.getByText("healthy").waitFor();
  const text = await page.locator("main").innerText();
  for (const shown of ["2\nviewers", "1\nseeders", "7.0 MB\nCDN bytes saved", "CDN sent 3.0 MB in all", "9.0 MB"])
    expect(text).toContain(shown);
  for (const shown of ["90.0 %", "not-json", "event-loop lag", SWARM.slice(0, 8)]) expect(text).toContain(shown);
  expect(text).not.toContain("127.0.0.1");
  // Cards of what there is none of are left out.
  expect(await page.getByText("Regions").isVisible()).toBe(false);
  expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(width);
  expect(
    await page.evaluate(
      "(({ scrollWidth, clientWidth }) => scrollWidth - clientWidth)(document.querySelector('.scroll'))",
    ),
  ).toBe(0);
  expect(complaints).toEqual([]);
  await page.close();
});
