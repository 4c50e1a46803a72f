/** Viewers that nobody looks at: one headless Chromium, a browser context for each, as if each had a machine. */
import { findChromium } from "../../scripts/find-chromium.mjs";

/**
 * @param {number} count
 * @param {string} url  of the page that plays
 * @returns {Promise<{ close(): Promise<void> } | undefined>} undefined without a Chromium
 */
export async function startHeadlessViewers(count, url) {
  const executablePath = findChromium();
  if (executablePath === undefined) return undefined;
  // Not at the top: on a fresh clone it is not installed when this file is loaded.
  const { chromium } = await import("playwright-core");
  // Whoever starts them closes them; Playwright's own handlers would race with that.
  const signals = { handleSIGINT: false, handleSIGTERM: false, handleSIGHUP: false };
  const browser = await chromium.launch({ executablePath, args: ARGUMENTS, ...signals });
  for (let i = 0; i < count; i++) {
    const context = await browser.newContext();
    await (await context.newPage()).goto(url);
  }
  return { close: () => browser.close() };
}

const ARGUMENTS = [
  "--no-sandbox", // Chromium refuses to run as root otherwise, and these pages are our own
  "--disable-gpu",
  "--autoplay-policy=no-user-gesture-required",
  "--disable-background-networking",
  "--mute-audio",
  "--disable-features=WebRtcHideLocalIpsWithMdns", // saves 100 ms of each first connection
];
