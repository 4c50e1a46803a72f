/** The demo page asks for consent, lets it be taken back, and lives under a strict policy. */
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchChromium } from "../../testkit/chromium.ts";
import { runDemo, type RunningDemo } from "./running-demo.ts";

const SOON = { timeout: 30_000, interval: 100 };
let demo: RunningDemo;
let browser: Browser;

beforeAll(async () => {
  [demo, browser] = await Promise.all([runDemo(["--port", "0"]), launchChromium()]);
});
afterAll(async () => {
  await browser.close();
  await demo.stop();
});

test("[T24] [CO9] asked, a viewer plays; it joins when it says so, and leaves when it changes its mind", async () => {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  const answer = await page.goto(`${demo.pageUrl}/?consent=ask`);
  const policy = answer?.headers()["content-security-policy"] ?? "";
  expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'");
  expect(policy).not.toContain("unsafe");

  const prompt = page.getByRole("dialog");
  await prompt.waitFor();
  const playedSeconds = () => page.locator("video").evaluate((video: HTMLVideoElement) => video.currentTime);
  await expect.poll(playedSeconds, SOON).toBeGreaterThan(1);
  await page.screenshot({ path: path.join(mkdtempSync(path.join(tmpdir(), "demo-shots-")), "asked.png") });
  const [tracker, sharing] = [page.locator("#tracker"), page.locator(".sharing")];
  const says = (text: string) => expect.poll(() => sharing.innerText(), SOON).toContain(text);
  await says("You do not share yet.");
  expect(await tracker.textContent()).toBe("Tracker: off");

  await prompt.getByRole("button", { name: "Share", exact: true }).click();
  await says("You share with other viewers.");
  await expect.poll(() => tracker.textContent(), SOON).toBe("Tracker: joined");

  await sharing.getByRole("button", { name: "Do not share" }).click();
  await says("You do not share.");
  await expect.poll(() => tracker.textContent(), SOON).toBe("Tracker: off");
  expect(complaints).toEqual([]);
});
