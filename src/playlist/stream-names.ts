/**
 * What a segment is called, so that every viewer calls the same bytes by the same name and different bytes never do.
 * Names are hashes: no part of a URL leaves the tab. Knows hls.js's attributes; holds no state.
 *
 * Not used as identity, because they differ between viewers of the same bytes: indices of levels and tracks (filtered
 * and sorted per browser), GROUP-ID and PATHWAY-ID (rewritten by content steering), discontinuity counters and
 * timeline positions (counted from the first playlist seen), hosts and queries (CDN choice and tokens).
 */
import { hash32 } from "../base/random.ts";
import type { Seconds } from "../base/time.ts";
import { swarmIdOf, trackIdOf, type SegmentName, type SwarmId, type TrackId } from "../protocol/ids.ts";

/** A rendition as the multivariant playlist describes it; `attributes` are those of EXT-X-STREAM-INF or EXT-X-MEDIA. */
export interface Rendition {
  readonly kind: "main" | "audio";
  readonly attributes: Readonly<Record<string, unknown>>;
  /** URL of its media playlist, absolute. */
  readonly playlistUrl: string;
  /** URL that the player was given: the multivariant playlist, or the media playlist itself. */
  readonly sourceUrl: string;
}

/** Where a segment is, as its playlist says. */
export interface SegmentPlace {
  /** Absolute, before any loader or CMCD rewrites it. */
  readonly url: string;
  /** URL of the media playlist, absolute. */
  readonly playlistUrl: string;
  /** EXT-X-BYTERANGE within the resource; `end` is the first byte that is not part of it. */
  readonly byteRange?: { readonly start: number; readonly end: number };
}

/**
 * The swarm of a stream. Without a content id of the site's own it is the path of the multivariant playlist: scheme,
 * host and query are left out, so that viewers sent to several CDN hosts, each with a token of its own, meet. A
 * tracker that serves several hosts with equal paths needs content ids.
 */
export function swarmIdFor(playlistUrl: string, contentId?: string): SwarmId {
  return swarmIdOf(contentId === undefined ? `path:${new URL(playlistUrl).pathname}` : `content:${contentId}`);
}

/**
 * The track of a rendition: its stable id when the playlist gives one (RFC 8216bis section 4.4.6.2), else the
 * attributes that describe its encoding. Those of EXT-X-MEDIA do not tell a 64 kbit/s group from a 128 kbit/s one, so
 * audio adds the way from the multivariant playlist to its own. A media playlist without a multivariant one has no
 * attributes, and is told apart from other renditions under one content id by the end of its path: `720p/index.m3u8`.
 */
export function trackIdFor(rendition: Rendition): TrackId {
  const { kind, attributes, playlistUrl } = rendition;
  const valueOf = (name: string): string => {
    const value = attributes[name];
    return typeof value === "string" ? value : "";
  };
  const keyed = (by: string, ...values: string[]): TrackId => trackIdOf(JSON.stringify([kind, by, ...values]));
  const stableId = valueOf(kind === "main" ? "STABLE-VARIANT-ID" : "STABLE-RENDITION-ID");
  if (stableId) return keyed("stable", stableId);
  const values = (kind === "main" ? VARIANT_ATTRIBUTES : RENDITION_ATTRIBUTES).map(valueOf);
  if (values.every((value) => value === "")) return keyed("path", ...pathOf(playlistUrl).slice(-2));
  if (kind === "audio") values.push(relativePath(rendition.sourceUrl, playlistUrl));
  return keyed("attributes", ...values);
}

/** The parts of a rendition: their bytes need not be those of its segments, so they are another track. */
export const partTrackOf = (track: TrackId): TrackId => trackIdOf(`parts:${track}`);

/** How many numbers of the track of parts each segment takes. */
export const partsPerSegment = (targetDuration: Seconds, partTarget: Seconds): number =>
  Math.ceil(targetDuration / partTarget - PART_TARGET_ROUNDING);

/** The name of a segment on the wire. `key` replaces the default key: see {@link segmentKeyOf}. */
export function segmentNameFor(sequence: number, place: SegmentPlace, key = segmentKeyOf(place)): SegmentName {
  const { byteRange } = place;
  return { sequence, tag: hash32(byteRange ? `${key}|${String(byteRange.start)}-${String(byteRange.end)}` : key) };
}

/**
 * The way from the media playlist to the segment, without query: `seg-17.ts`, `../media/720p/17.m4s`.
 *
 * A fixed number of path parts from the end would do worse either way. Too few, and two stitched-in adverts,
 * `/ads/a/720p/00001.ts` and `/ads/b/720p/00001.ts`, under one sequence number become one segment; too many, and a
 * CDN that mounts the same tree under another prefix shares nothing. The relative path keeps every part in which the
 * segment differs from its playlist and none that both have in common. Hosts are left out.
 *
 * Queries are tokens, as a rule. But a file that has neither a number nor a byte range, `segment.ts?ad=7&n=3`, does not
 * say which segment it is: there the query does, and counts. What is left are different bytes at one numbered path
 * (told by query, by cookie, or by a session in the common prefix): for those a site gives a `segmentKey` of its own.
 */
export function segmentKeyOf({ url, playlistUrl, byteRange }: SegmentPlace): string {
  const path = relativePath(playlistUrl, url);
  const isNumbered = /\d[^/]*$/.test(path.replace(/\.\w+$/, "")); // the 4 of "mp4" is no number
  return byteRange || isNumbered ? path : path + new URL(url).search;
}

/** From a playlist to what it lists, without host and query. */
export function relativePath(fromUrl: string, toUrl: string): string {
  const from = pathOf(fromUrl).slice(0, -1);
  const to = pathOf(toUrl);
  let common = 0;
  while (common < from.length && common < to.length - 1 && from[common] === to[common]) common++;
  return [...from.slice(common).map(() => ".."), ...to.slice(common)].join("/");
}

const pathOf = (url: string): string[] => new URL(url).pathname.split("/").slice(1);

/** RFC 8216 section 4.3.4.2: what describes the bytes of a variant. Not AUDIO, SUBTITLES, SCORE: names and opinions. */
const VARIANT_ATTRIBUTES = ["BANDWIDTH", "AVERAGE-BANDWIDTH", "RESOLUTION", "FRAME-RATE", "CODECS", "VIDEO-RANGE"];
/** RFC 8216 section 4.3.4.1, and CODECS, which some packagers add. */
const RENDITION_ATTRIBUTES = ["NAME", "LANGUAGE", "CHANNELS", "CODECS"];
/** PART-TARGET is rounded: six parts of 0.33367 s are one segment of 2 s. */
const PART_TARGET_ROUNDING = 0.01;
