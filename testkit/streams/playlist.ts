/** A media playlist as a list of segments, so that a test server may publish it as it likes. Reads what ffmpeg writes. */
export interface Playlist {
  /** Tags before the first segment's own, without EXTM3U. */
  readonly head: readonly string[];
  readonly segments: readonly PlaylistSegment[];
  readonly ended: boolean;
}

export interface PlaylistSegment {
  /** EXTINF and whatever else stands before the address. */
  readonly tags: readonly string[];
  readonly uri: string;
}

export function parsePlaylist(text: string): Playlist {
  const head: string[] = [];
  const segments: PlaylistSegment[] = [];
  let tags: string[] = [];
  for (const line of text.split("\n").slice(1)) {
    if (line === "" || line === ENDLIST) continue;
    if (!line.startsWith("#")) {
      segments.push({ tags, uri: line });
      tags = [];
    } else if (segments.length === 0 && tags.length === 0 && !SEGMENT_TAG.test(line)) head.push(line);
    else tags.push(line);
  }
  return { head, segments, ended: text.includes(ENDLIST) };
}

export function printPlaylist({ head, segments, ended }: Playlist): string {
  const lines = ["#EXTM3U", ...head, ...segments.flatMap(({ tags, uri }) => [...tags, uri])];
  return [...lines, ...(ended ? [ENDLIST] : []), ""].join("\n");
}

/** The same with other tags for what they replace, or with one more tag. */
export function withHead(playlist: Playlist, ...tags: readonly string[]): Playlist {
  const names = tags.map(nameOf);
  return { ...playlist, head: [...playlist.head.filter((tag) => !names.includes(nameOf(tag))), ...tags] };
}

/** Segments `from` to `to` of an endless list, with the sequence number that the first one has there. */
export function windowOf(playlist: Playlist, from: number, to: number): Playlist {
  const { head, segments } = playlist;
  const lasting = { head: head.filter((tag) => nameOf(tag) !== "#EXT-X-PLAYLIST-TYPE"), ended: false };
  return withHead({ ...lasting, segments: segments.slice(from, to) }, `#EXT-X-MEDIA-SEQUENCE:${from}`);
}

export const mapSegments = (
  playlist: Playlist,
  change: (segment: PlaylistSegment, index: number) => PlaylistSegment,
): Playlist => ({ ...playlist, segments: playlist.segments.map(change) });

export const withTag = (segment: PlaylistSegment, ...tags: readonly string[]): PlaylistSegment => ({
  ...segment,
  tags: [...tags, ...segment.tags],
});

const nameOf = (tag: string): string => tag.split(":")[0] ?? tag;

const ENDLIST = "#EXT-X-ENDLIST";
const SEGMENT_TAG = /^#(?:EXTINF|EXT-X-BYTERANGE|EXT-X-PROGRAM-DATE-TIME|EXT-X-DISCONTINUITY$|EXT-X-GAP)/;
