/** The one reading of HLS playlists that programs without a player have (RFC 8216, 8216bis). In browsers hls.js does it. */
import { PlaylistAddresses } from "./addresses.ts";
import { parseMediaPlaylist } from "./media-playlist-reader.ts";
import type { MediaPlaylist } from "./media-playlist.ts";
import { parseMultivariantPlaylist, type MultivariantPlaylist } from "./multivariant-playlist.ts";
import { PlaylistError } from "./playlist-error.ts";

export type Playlist = MultivariantPlaylist | MediaPlaylist;

/**
 * `url` is where the text came from, after redirections. `imported` are the variables of the multivariant playlist that
 * led here. Throws a {@link PlaylistError}.
 */
export function parsePlaylist(text: string, url: string, imported?: ReadonlyMap<string, string>): Playlist {
  if (!isPlaylist(text)) throw new PlaylistError(0, "not #EXTM3U: this is no HLS playlist");
  const addresses = new PlaylistAddresses(url, imported);
  return isMediaPlaylist(text) ? parseMediaPlaylist(text, addresses) : parseMultivariantPlaylist(text, addresses);
}

export const isPlaylist = (text: string): boolean => text.startsWith("#EXTM3U");

/** As hls.js tells them apart. */
export const isMediaPlaylist = (text: string): boolean =>
  isPlaylist(text) && /^#EXT(?:INF|-X-TARGETDURATION):/m.test(text);
