/**
 * A media playlist with roots: the tag goes before the EXTINF of each segment, everything else stays as it is. Touches no
 * file.
 */
import { AS_WRITTEN } from "../playlist/addresses.ts";
import { parseMediaPlaylist } from "../playlist/media-playlist-reader.ts";
import type { OpenSegment } from "../playlist/media-playlist.ts";
import { isMediaPlaylist } from "../playlist/parse.ts";
import { PART_ROOT_TAG, printRoot, ROOT_TAG, type SegmentAddress, type SegmentRoot } from "../protocol/segment-root.ts";

export interface ListedAddress extends SegmentAddress {
  /** The line that the tag goes before. */
  readonly line: number;
  /** Of a part of the segment with this sequence number. */
  readonly part?: number;
}

/**
 * What the playlist lists, parts included, without what is marked as a gap. Undefined for what is no media playlist; throws
 * a PlaylistError for one that is broken.
 */
export function listedAddresses(text: string): readonly ListedAddress[] | undefined {
  if (!isMediaPlaylist(text)) return undefined;
  const { segments, open } = parseMediaPlaylist(text, AS_WRITTEN);
  const partsOf = ({ sequence, parts }: OpenSegment): readonly ListedAddress[] =>
    parts
      .filter(({ isGap }) => !isGap)
      .map(({ uri, byteRange, line, index }) => ({ sequence, uri, byteRange, line, part: index }));
  const listed = segments.flatMap((segment) => {
    const { sequence, uri, byteRange, line, isGap } = segment;
    return isGap ? partsOf(segment) : [...partsOf(segment), { sequence, uri, byteRange, line }];
  });
  return [...listed, ...partsOf(open)];
}

/** `rootOf` has been asked for addresses of this very text. */
export function withRoots(
  text: string,
  rootOf: (address: ListedAddress) => SegmentRoot | undefined,
  signatureOf: (root: SegmentRoot) => string | undefined = () => undefined,
): string {
  const lines = linesOf(text);
  for (const address of listedAddresses(text) ?? []) {
    const root = rootOf(address);
    const written = lines[address.line] ?? "";
    const lineBreak = written.endsWith("\r") ? "\r\n" : "\n";
    if (root) lines[address.line] = `${printRoot(root, signatureOf(root), address.part)}${lineBreak}${written}`;
  }
  return lines.join("\n");
}

/** The same as before it was signed. */
export const withoutRoots = (text: string): string => text.replace(TAG_LINES, "");

const TAG_LINES = new RegExp(`^#(?:${ROOT_TAG}|${PART_ROOT_TAG}):.*\\r?\\n`, "gm");

const linesOf = (text: string): string[] => text.split("\n");
