/** The players that hls.js makes by itself, for adverts and thumbnails, and what of ours they inherit. */
import Hls from "hls.js";
import { createSwarm, install } from "../../src/loader/swarm.ts";
import { HLS, once, type Version } from "./page-players.ts";

export interface Children {
  /** Players that `install` gave a swarm. */
  readonly swarms: number;
  /** Whether anything but its own loader loads for the child. */
  readonly childTouched: boolean;
  /** Whether ours is still in the player itself. */
  readonly parentTouched: boolean;
}

export interface ChildrenRequest {
  readonly version: Version;
  readonly door: "config" | "install";
  readonly url: string;
  readonly kind: "interstitial" | "thumbnails";
}

export async function meetChildren({ version, door, url, kind }: ChildrenRequest): Promise<Children> {
  const Class = HLS[version];
  const swarms: unknown[] = [];
  const swarm = createSwarm({ tracker: "ws://127.0.0.1:9/" });
  const stop =
    door === "install"
      ? install(Class, { tracker: "ws://127.0.0.1:9/", onSwarm: (made) => swarms.push(made) })
      : () => undefined;
  const hls = new Class(door === "config" ? swarm.config(Class) : {});
  const video = document.createElement("video");
  video.muted = true;
  document.body.append(video);
  const child = kind === "interstitial" ? childOf(hls) : undefined;
  hls.attachMedia(video);
  hls.loadSource(url);
  if (kind === "thumbnails") await once(hls, "hlsFragBuffered");
  const player = child ? await child : hls.createIFramePlayer({});
  if (!player) throw new Error("hls.js made no child player");
  await Promise.resolve(); // ours comes a microtask after a player was made
  const children: Children = {
    swarms: swarms.length,
    childTouched: player.config.fLoader !== undefined,
    parentTouched: hls.config.fLoader !== undefined,
  };
  player.destroy();
  hls.destroy();
  video.remove();
  stop();
  return children;
}

const childOf = (hls: Hls): Promise<Hls | null> =>
  new Promise((resolve) => {
    hls.once(Hls.Events.INTERSTITIAL_ASSET_PLAYER_CREATED, (_, { player }) => {
      resolve(player.hls);
    });
  });
