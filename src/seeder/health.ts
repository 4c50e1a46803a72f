/** Whether a seeder does what it is there for. Pure: told what is known, says what is wrong. */
import type { Millis, Seconds } from "../base/time.ts";

export interface FollowedPlaylist {
  readonly live: boolean;
  readonly targetDuration: Seconds;
  /** When it last said something new. */
  readonly newsAt: Millis;
}

export interface HealthFacts {
  /** Of each rendition; undefined before the first. */
  readonly playlists: ReadonlyArray<FollowedPlaylist | undefined>;
  readonly upstreams: ReadonlyArray<{ readonly healthy: boolean }>;
  /** The engine has given up after a bug of ours, or was switched off by the tracker's operator. */
  readonly engine: "working" | "retired" | "switched-off";
}

/** `playlist`: one is missing, or a live one stands still. */
export type IllnessReason = "closing" | "retired" | "switched-off" | "playlist" | "upstreams";

/** Empty when all is well. */
export function illnessOf(now: Millis, { playlists, upstreams, engine }: HealthFacts): readonly IllnessReason[] {
  const reasons: IllnessReason[] = [];
  if (engine !== "working") reasons.push(engine);
  if (playlists.some((playlist) => !playlist || isStill(now, playlist))) reasons.push("playlist");
  if (!upstreams.some(({ healthy }) => healthy)) reasons.push("upstreams");
  return reasons;
}

const isStill = (now: Millis, { live, targetDuration, newsAt }: FollowedPlaylist): boolean =>
  live && now - newsAt > Math.max(STILL_MS_MIN, STILL_TARGETS * targetDuration * 1000);

/** A live playlist changes once a target duration; RFC 8216 section 6.2.2 allows half of one more, and networks hiccup. */
const STILL_TARGETS = 3;
/** Of parts and short segments the target duration is shorter than any hiccup. */
const STILL_MS_MIN: Millis = 10_000;
