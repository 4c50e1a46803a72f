import { chromium, type Browser } from "playwright-core";
import { findChromium } from "../scripts/find-chromium.mjs";

/** Starts a headless Chromium that is quiet, plays video by itself and tells ICE its real addresses. */
export function launchChromium(): Promise<Browser> {
  const executablePath = findChromium();
  if (!executablePath) throw new Error("no Chromium was found: npm run setup installs one, CHROMIUM_PATH names one");
  return chromium.launch({ executablePath, headless: true, args: [...CHROMIUM_ARGUMENTS] });
}

export const CHROMIUM_ARGUMENTS: readonly string[] = [
  "--no-sandbox", // CI runs as root, where the sandbox refuses to start
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--autoplay-policy=no-user-gesture-required",
  "--disable-features=WebRtcHideLocalIpsWithMdns", // resolving mDNS names takes 100 ms and a working multicast
];
