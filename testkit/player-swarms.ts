import Hls, { type Fragment, type HlsConfig } from "hls.js";
import { beforeAll, beforeEach } from "vitest";
import { PlayerSwarm } from "../src/loader/player-swarm.ts";
import type { SwarmOptions } from "../src/loader/swarm.ts";
import type { SwarmId } from "../src/protocol/ids.ts";
import { openPlayer, standInForBrowser, type Playlists } from "./headless-player.ts";
import { ScriptedDriver } from "./scripted-driver.ts";

export const A = "https://cdn.example/a/index.m3u8";
export const B = "https://cdn.example/b/index.m3u8";

/** For each test of a file: hls.js as a browser has it, and swarms whose drivers do as the test says. */
export function playerSwarms() {
  const drivers: ScriptedDriver[] = [];
  const opened: SwarmId[] = [];
  /** What the tracker's `off` does to each of them. */
  const switchOff: (() => void)[] = [];
  const players: Hls[] = [];

  beforeAll(standInForBrowser);
  beforeEach(() => () => {
    for (const hls of players) hls.destroy();
    for (const list of [drivers, opened, switchOff, players]) list.length = 0;
  });

  const createSwarm = (options: Partial<SwarmOptions> = {}): PlayerSwarm =>
    new PlayerSwarm(options, (swarm, origin, switchedOff) => {
      opened.push(swarm);
      switchOff.push(switchedOff);
      const driver = new ScriptedDriver(origin);
      drivers.push(driver);
      return driver;
    });
  const play = async (url = A, config: Partial<HlsConfig> = {}): Promise<Hls> => {
    const hls = await openPlayer(PLAYLISTS, url, config);
    players.push(hls);
    return hls;
  };
  return { drivers, opened, switchOff, players, createSwarm, play };
}

export function firstOf(hls: Hls): Fragment {
  const first = hls.levels[0]?.details?.fragments[0];
  if (!first) throw new Error("there is no playlist yet");
  return first;
}
export const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));
export function errorsOf(hls: Hls): readonly string[] {
  const errors: string[] = [];
  hls.on(Hls.Events.ERROR, (_, { details }) => errors.push(details));
  return errors;
}

const MEDIA =
  "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-MEDIA-SEQUENCE:7\n#EXTINF:4,\ns7.ts\n#EXTINF:4,\ns8.ts\n#EXT-X-ENDLIST\n";
export const PLAYLISTS: Playlists = new Map([
  [A, MEDIA],
  [B, MEDIA],
]);
