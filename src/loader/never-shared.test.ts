/** What of a stream never goes through the swarm, in either direction. */
import { beforeAll, expect, test } from "vitest";
import { loadFragment, openPlayer, standInForBrowser } from "../../testkit/headless-player.ts";
import { createPlainLoader } from "../../testkit/plain-loader.ts";
import { ScriptedDriver } from "../../testkit/scripted-driver.ts";
import { PlayerSwarm } from "./player-swarm.ts";

const PLAYLIST_URL = "https://cdn.example/vod/index.m3u8";
const PLAYLIST = `#EXTM3U
#EXT-X-TARGETDURATION:4
#EXT-X-KEY:METHOD=AES-128,URI="key.bin"
#EXT-X-MAP:URI="init.mp4"
#EXT-X-HLS-SWARM-ROOT:00112233445566778899aabbccddeeff,1000
#EXTINF:4,
s0.m4s
#EXT-X-ENDLIST
`;

beforeAll(standInForBrowser);

test("[T6] [IN27] playlists, keys and init segments are loaded by whatever loads them in plain hls.js", async () => {
  const { Plain, loads } = createPlainLoader();
  const hls = await openPlayer(new Map([[PLAYLIST_URL, PLAYLIST]]), PLAYLIST_URL, { fLoader: Plain });
  const { loader, pLoader } = hls.config;
  let driver: ScriptedDriver | undefined;
  const swarm = new PlayerSwarm({}, (_, origin) => (driver = new ScriptedDriver(origin)));
  swarm.attach(hls);
  // hls.js loads playlists and keys with these, fragments with `fLoader`.
  expect([hls.config.loader, hls.config.pLoader]).toEqual([loader, pLoader]);
  const [segment] = hls.levels[0]?.details?.fragments ?? [];
  if (!segment?.initSegment || !driver) throw new Error("no init segment");
  loadFragment(hls, segment.initSegment);
  expect(driver.wanted.size).toBe(0);
  expect(loads.map(({ context }) => context.url)).toEqual(["https://cdn.example/vod/init.mp4"]);
  // Peers are asked for, and given, what is listed here and nothing else.
  expect(driver.playlists.flatMap(({ segments }) => segments.map(({ name }) => name.sequence))).toEqual([0]);
});
