/** Every page of examples/players, as `npm run players` serves it: opened by two viewers, played, and shared. */
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { launchChromium } from "../../../testkit/chromium.ts";
import { runDemo, type RunningDemo } from "../../demo/running-demo.ts";
import { tried } from "../rows.ts";
import { copiesSince, newestSegment, percentFromPeers, playedSeconds } from "./sharing.ts";

interface Player {
  readonly name: string;
  readonly page: string;
  /** Folders of what plays, under `node_modules`. */
  readonly packages: readonly string[];
  /** Something that only this player draws. */
  readonly skin: string;
}

const PLAYERS: readonly Player[] = [
  { name: "hls.js alone", page: "hlsjs.html", packages: ["hls.js"], skin: "video[controls]" },
  { name: "Plyr", page: "plyr.html", packages: ["plyr", "hls.js"], skin: ".plyr__controls" },
  { name: "Vidstack", page: "vidstack.html", packages: ["vidstack", "hls.js"], skin: ".vds-controls" },
  {
    name: "Clappr, with the hls.js in it",
    page: "clappr.html",
    packages: ["@clappr/player", "@clappr/hlsjs-playback"],
    skin: ".media-control",
  },
  { name: "ArtPlayer", page: "artplayer.html", packages: ["artplayer", "hls.js"], skin: ".art-controls" },
  { name: "DPlayer", page: "dplayer.html", packages: ["dplayer", "hls.js"], skin: ".dplayer-controller" },
  {
    name: "hls-video-element, media-chrome",
    page: "media-chrome.html",
    packages: ["hls-video-element", "media-chrome", "hls-video-element/node_modules/hls.js"],
    skin: "media-play-button",
  },
  {
    name: "Video.js 10",
    page: "videojs-10.html",
    packages: ["@videojs/html", "@videojs/core/node_modules/hls.js"],
    skin: "media-play-button",
  },
  {
    name: "Video.js 8, hls.js as its source handler",
    page: "videojs-8.html",
    packages: ["video.js", "hls.js"],
    skin: ".vjs-control-bar",
  },
  {
    name: "MediaElement",
    page: "mediaelement.html",
    packages: ["mediaelement", "hls.js"],
    skin: ".mejs__controls",
  },
  { name: "React", page: "react/index.html", packages: ["react", "hls.js"], skin: "#root video[controls]" },
];

/** Generous: a busy machine starts a player and its links late, and being late is not what is tested here. */
const SOON = { timeout: 60_000, interval: 250 };
/** Two plain players cost 2. Measured on two idle cores: 1.0 to 1.2. */
const COPIES_MAX = 1.5;
const ROOT = path.resolve(import.meta.dirname, "../../..");
const VIEWPORT = { width: 680, height: 440 };

const shots = mkdtempSync(path.join(tmpdir(), "player-shots-"));
let players: RunningDemo;
let browser: Browser;
/** What the pages said that they should not have, and whom they asked. */
let complaints: string[] = [];

beforeAll(async () => {
  [players, browser] = await Promise.all([runDemo(["--port", "0"], "examples/players/serve.mjs"), launchChromium()]);
});
afterEach(async () => {
  await Promise.all(browser.contexts().map((context) => context.close()));
  complaints = [];
});
afterAll(async () => {
  await browser.close();
  await players.stop();
});

/** A viewer with a machine of its own: nothing is shared but the network. */
async function openViewer(name: string): Promise<Page> {
  const context = await browser.newContext({ viewport: VIEWPORT });
  const page = await context.newPage();
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(`${message.text()} ${message.location().url}`);
  });
  page.on("request", (request) => {
    if (/^https?:\/\/(?!127\.0\.0\.1:)/.test(request.url())) complaints.push(`asked for ${request.url()}`);
  });
  await page.goto(`${players.pageUrl}/${name}`);
  return page;
}

test.each(PLAYERS)("$name: two viewers play, and carry the stream for each other", async (player) => {
  const viewers = await Promise.all([openViewer(player.page), openViewer(player.page)]);
  for (const viewer of viewers) await expect.poll(() => playedSeconds(viewer), SOON).toBeGreaterThan(1);
  const since = await newestSegment(players.cdnUrl);
  await expect.poll(() => copiesSince(players.cdnUrl, since), SOON).toBeLessThanOrEqual(COPIES_MAX);
  const copies = await copiesSince(players.cdnUrl, since);
  await expect.poll(() => percentFromPeers(viewers), SOON).toBeGreaterThan(0);

  const [viewer] = viewers;
  const skin = viewer.locator(player.skin).first();
  const isDrawn = async () => {
    for (const x of [300, 340]) await viewer.mouse.move(x, 200); // controls hide while nobody moves
    return skin.evaluate((element) => element.checkVisibility({ opacityProperty: true }));
  };
  await expect.poll(isDrawn, SOON).toBe(true);
  await viewer.screenshot({ path: path.join(shots, `${player.page.replace(/\W/g, "-")}.png`) });
  expect(complaints).toEqual([]);
  tried({
    section: "players",
    what: player.name,
    versions: [...player.packages.map(versionOf), `Chromium ${browser.version()}`].join(", "),
    result: `2 viewers, ${copies.toFixed(1)} copies, one from the other`,
  });
});

/** The pages' own hls.js is the project's; everything else is the matrix's. */
function versionOf(name: string): string {
  const folder = name === "hls.js" ? "node_modules" : "tests/matrix/node_modules";
  const { version } = JSON.parse(readFileSync(path.join(ROOT, folder, name, "package.json"), "utf8")) as {
    version: string;
  };
  return `${name.split("/node_modules/").at(-1) ?? name} ${version}`;
}
