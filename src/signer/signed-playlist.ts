/**
 * A media playlist with roots: the tag goes before the EXTINF of each segment, everything else stays as it is. Reads as
 * much of RFC 8216 as it takes to tell a segment's place; touches no file.
 */
import { parseAttribute } from "./attribute.ts";
import { PART_ROOT_TAG, printRoot, ROOT_TAG, type SegmentAddress, type SegmentRoot } from "../protocol/segment-root.ts";

export interface ListedAddress extends SegmentAddress {
  /** The line that the tag goes before. */
  readonly line: number;
  /** Of a part of the segment with this sequence number. */
  readonly part?: number;
}

/** What the playlist lists, parts included, without what is marked as a gap. Undefined for what is no media playlist. */
export function listedAddresses(text: string): readonly ListedAddress[] | undefined {
  if (!/^#EXTM3U/.test(text) || !/^#EXT(?:INF|-X-TARGETDURATION):/m.test(text)) return undefined;
  const listed: ListedAddress[] = [];
  let sequence = 0;
  let [line, isGap] = [0, false];
  let byteRange: SegmentAddress["byteRange"];
  let [end, part, partEnd] = [0, 0, 0];
  const rangeOf = (value: string, after: number): NonNullable<SegmentAddress["byteRange"]> => {
    const [length = "", offset] = value.split("@");
    const start = offset === undefined ? after : Number(offset);
    return { start, end: start + Number(length) };
  };
  linesOf(text).forEach((written, index) => {
    const [tag = "", value = ""] = written.trim().split(/:(.*)/);
    if (tag === "#EXT-X-MEDIA-SEQUENCE") sequence = Number(value);
    else if (tag === "#EXT-X-SKIP") sequence += Number(parseAttribute(value, "SKIPPED-SEGMENTS") ?? 0);
    else if (tag === "#EXTINF") line = index;
    else if (tag === "#EXT-X-GAP") isGap = true;
    else if (tag === "#EXT-X-BYTERANGE") end = (byteRange = rangeOf(value, end)).end;
    else if (tag === "#EXT-X-PART") {
      const [uri, place] = [parseAttribute(value, "URI"), parseAttribute(value, "BYTERANGE")];
      const range = place === undefined ? undefined : rangeOf(place, partEnd);
      partEnd = range?.end ?? 0;
      if (uri !== undefined && parseAttribute(value, "GAP") !== "YES")
        listed.push({ sequence, uri, byteRange: range, line: index, part });
      part++;
    } else if (tag !== "" && !tag.startsWith("#")) {
      if (!isGap) listed.push({ sequence, uri: written.trim(), byteRange, line });
      sequence++;
      [isGap, byteRange, part] = [false, undefined, 0];
    }
  });
  return listed;
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
