/** The renditions of a stream that can be followed: variants, and audio that has a playlist of its own. Loads nothing. */
import type { Attributes } from "../playlist/attributes.ts";
import type { MultivariantPlaylist } from "../playlist/multivariant-playlist.ts";
import { trackIdFor } from "../playlist/stream-names.ts";
import type { TrackId } from "../protocol/ids.ts";

export interface FollowedRendition {
  readonly track: TrackId;
  readonly kind: "main" | "audio";
  /** "1280x720 2.4 Mbit/s", "audio English". */
  readonly name: string;
  readonly playlistUrl: string;
  /** As the playlist says; undefined where it does not. */
  readonly bitsPerSecond: number | undefined;
}

/** `sourceUrl` is what players are given, before redirections. Of redundant ones (the same track) the first. */
export function renditionsOf(playlist: MultivariantPlaylist, sourceUrl: string): readonly FollowedRendition[] {
  const renditions = new Map<TrackId, FollowedRendition>();
  const add = (kind: "main" | "audio", attributes: Attributes, playlistUrl: string): void => {
    const track = trackIdFor({ kind, attributes, playlistUrl, sourceUrl });
    const name = kind === "main" ? nameOfVariant(attributes) : nameOfAudio(attributes);
    const bitsPerSecond = Number(attributes["AVERAGE-BANDWIDTH"] ?? attributes["BANDWIDTH"]) || undefined;
    if (!renditions.has(track)) renditions.set(track, { track, kind, name, playlistUrl, bitsPerSecond });
  };
  for (const { attributes, url } of playlist.variants) add("main", attributes, url);
  for (const { attributes, url } of playlist.alternatives)
    if (attributes["TYPE"] === "AUDIO" && url !== undefined) add("audio", attributes, url);
  return [...renditions.values()];
}

/** The one rendition of a stream without a multivariant playlist. */
export function loneRendition(playlistUrl: string): FollowedRendition {
  const track = trackIdFor({ kind: "main", attributes: {}, playlistUrl, sourceUrl: playlistUrl });
  return { track, kind: "main", name: "the only rendition", playlistUrl, bitsPerSecond: undefined };
}

function nameOfVariant({ RESOLUTION, BANDWIDTH, CODECS }: Attributes): string {
  const rate = `${(Number(BANDWIDTH) / 1e6 || 0).toFixed(1)} Mbit/s`;
  return `${RESOLUTION ?? CODECS ?? "variant"} ${rate}`;
}

const nameOfAudio = ({ NAME, LANGUAGE }: Attributes): string => `audio ${NAME ?? LANGUAGE ?? ""}`.trimEnd();
