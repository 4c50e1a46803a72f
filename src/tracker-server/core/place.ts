import type { Millis, Seconds } from "../../base/time.ts";
import type { Place } from "../../protocol/tracker-message.ts";

/** Where a viewer of recorded video was when it last said so. */
export interface ToldPlace {
  readonly place: Place;
  readonly toldAt: Millis;
}

/** How much of what a viewer plays next somebody else holds. */
export type Coverage = "all" | "part" | "none";

/**
 * What `giver` holds of what `asker` plays next. All: it is ahead, and what it keeps behind it reaches back to where the
 * asker will be; from there on it stays ahead of the asker for as long as both play. Part: it holds some of the next
 * seconds, as does everybody who started together with the asker.
 */
export function coverageOf(now: Millis, asker: ToldPlace, giver: ToldPlace): Coverage {
  const next = positionAt(now, asker) + LEAD_SECONDS;
  const position = positionAt(now, giver);
  const from = position - giver.place.behind;
  if (position >= next && from <= next) return "all";
  return position + giver.place.ahead > next && from < next + NEXT_SECONDS ? "part" : "none";
}

/** The same place, brought forward to now. */
export const placeAt = (now: Millis, told: ToldPlace): Place => ({ ...told.place, position: positionAt(now, told) });

/** What is held is taken to move along with the position: a player buffers as it plays. */
const positionAt = (now: Millis, { place, toldAt }: ToldPlace): Seconds =>
  place.playing ? place.position + (now - toldAt) / 1000 : place.position;

/** By the time a link is open and the first chunks are asked for, the asker has played, or got elsewhere, this much. */
const LEAD_SECONDS: Seconds = 8;
/** What a player buffers ahead when it is left alone. */
const NEXT_SECONDS: Seconds = 30;
