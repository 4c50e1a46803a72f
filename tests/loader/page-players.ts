/** The hls.js versions that we support, and the ways to give one a swarm. */
import type { HlsConfig } from "hls.js";
import Hls17 from "hls.js";
import HlsLight from "hls.js/light";
import Hls15 from "hls.js-1.5";
import Hls16 from "hls.js-1.6";
import { PlayerSwarm } from "../../src/loader/player-swarm.ts";
import { createSwarm, install, type Swarm } from "../../src/loader/swarm.ts";
import { createOriginOnlyPort } from "../../testkit/origin-only-port.ts";

export type Version = "1.5" | "1.6" | "1.7" | "1.7 light";
/** Without us; with a driver that only fetches; with the real one and a tracker that is not there. */
export type Engine = "plain" | "origin-only" | "swarm";
/** `late`: nothing is attached until `attach` is called. */
export type Door = "attach" | "late" | "config" | "install";

/** Other versions stand in for the one whose types we compile against: that is what these tests are about. */
export const HLS: Readonly<Record<Version, typeof Hls17>> = {
  "1.5": Hls15 as unknown as typeof Hls17,
  "1.6": Hls16 as unknown as typeof Hls17,
  "1.7": Hls17,
  "1.7 light": HlsLight,
};

/** As it says itself. */
export const versionOf = (version: Version): Promise<string> =>
  Promise.resolve(version.replace(/^[\d.]+/, HLS[version].version));

const TRACKER = "ws://127.0.0.1:9/";

export interface Player {
  readonly hls: Hls17;
  readonly swarm: Swarm | undefined;
  /** Puts the swarm into the player, where that was not done yet. */
  attach(): void;
  /** Takes it out again. */
  detach(): void;
}

const nothing = (): void => undefined;

/** A player with an engine in it, once that is in. */
export async function createPlayer(
  version: Version,
  engine: Engine,
  door: Door,
  config: Partial<HlsConfig> = {},
): Promise<Player> {
  const Hls = HLS[version];
  if (engine === "plain") return { hls: new Hls(config), swarm: undefined, attach: nothing, detach: nothing };
  if (door === "install") {
    return new Promise((resolve) => {
      const stop = install(Hls, {
        tracker: TRACKER,
        onSwarm: (swarm, hls) => {
          stop();
          resolve({ hls, swarm, attach: nothing, detach: nothing });
        },
      });
      new Hls(config);
    });
  }
  const swarm =
    engine === "swarm"
      ? createSwarm({ tracker: TRACKER, integrity: "if-signed" })
      : new PlayerSwarm({}, (_, origin) => createOriginOnlyPort(origin));
  const hls = new Hls(door === "config" ? { ...config, ...swarm.config(Hls, config) } : config);
  let detach = nothing;
  const attach = (): void => {
    detach = swarm.attach(hls);
  };
  if (door === "attach") attach();
  await Promise.resolve();
  return {
    ...{ hls, swarm, attach },
    detach: () => {
      detach();
    },
  };
}

/** Waits for one event of a player. */
export const once = (hls: Hls17, event: string): Promise<void> =>
  new Promise((resolve) => {
    hls.once(event as Parameters<Hls17["once"]>[0], () => {
      resolve();
    });
  });

export async function digest(data: BufferSource): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", data));
  return [...hash].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
