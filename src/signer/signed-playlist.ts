/**
 * A media playlist with roots: the tag goes before the EXTINF of each segment, everything else stays as it is. Reads as
 * much of RFC 8216 as it takes to tell a segment's place; touches no file.
 */
import { parseAttribute } from "./attribute.ts";
import { printRoot, ROOT_TAG, type SegmentAddress, type SegmentRoot } from "../protocol/segment-root.ts";

export interface ListedAddress extends SegmentAddress {
  /** The line that the tag goes before. */
  readonly line: number;
}

/** What the playlist lists, without what EXT-X-GAP marks. Undefined for what is no media playlist. */
export function listedAddresses(text: string): readonly ListedAddress[] | undefined {
  if (!/^#EXTM3U/.test(text) || !/^#EXT(?:INF|-X-TARGETDURATION):/m.test(text)) return undefined;
  const listed: ListedAddress[] = [];
  let sequence = 0;
  let [line, isGap] = [0, false];
  let byteRange: SegmentAddress["byteRange"];
  let end = 0;
  linesOf(text).forEach((written, index) => {
    const [tag = "", value = ""] = written.trim().split(/:(.*)/);
    if (tag === "#EXT-X-MEDIA-SEQUENCE") sequence = Number(value);
    else if (tag === "#EXT-X-SKIP") sequence += Number(parseAttribute(value, "SKIPPED-SEGMENTS") ?? 0);
    else if (tag === "#EXTINF") line = index;
    else if (tag === "#EXT-X-GAP") isGap = true;
    else if (tag === "#EXT-X-BYTERANGE") {
      const [length = "", offset] = value.split("@");
      const start = offset === undefined ? end : Number(offset);
      byteRange = { start, end: (end = start + Number(length)) };
    } else if (tag !== "" && !tag.startsWith("#")) {
      if (!isGap) listed.push({ sequence, uri: written.trim(), byteRange, line });
      sequence++;
      [isGap, byteRange] = [false, undefined];
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
    if (root) lines[address.line] = `${printRoot(root, signatureOf(root))}${lineBreak}${written}`;
  }
  return lines.join("\n");
}

/** The same as before it was signed. */
export const withoutRoots = (text: string): string => text.replace(new RegExp(`^#${ROOT_TAG}:.*\r?\n`, "gm"), "");

const linesOf = (text: string): string[] => text.split("\n");
