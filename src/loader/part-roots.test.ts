/** What the signer writes before parts, read back through hls.js's own parser. */
import { M3U8Parser, type PlaylistLevelType } from "hls.js";
import { expect, test } from "vitest";
import { rootLabel, type SegmentRoot } from "../protocol/segment-root.ts";
import { trackIdOf } from "../protocol/ids.ts";
import { listedAddresses, withoutRoots, withRoots, type ListedAddress } from "../signer/signed-playlist.ts";
import { partTrackOf } from "../playlist/stream-names.ts";
import { SegmentCatalogue } from "./segment-catalogue.ts";

const TRACK = trackIdOf("hd");
/** Segment 7 whole and in parts, then parts of segment 8, one of them missing. */
function playlist(ranges: boolean): string {
  const uri = (sequence: number, part: number): string =>
    ranges
      ? `s${String(sequence)}.m4s",BYTERANGE="1000${part === 0 ? "@0" : ""}`
      : `s${String(sequence)}.${String(part)}.m4s`;
  const part = (sequence: number, index: number): string => `#EXT-X-PART:DURATION=1,URI="${uri(sequence, index)}"`;
  return [
    "#EXTM3U",
    "#EXT-X-TARGETDURATION:4",
    "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=3",
    "#EXT-X-PART-INF:PART-TARGET=1",
    "#EXT-X-MEDIA-SEQUENCE:7",
    '#EXT-X-MAP:URI="init.mp4"',
    ...[0, 1].map((index) => part(7, index)),
    "#EXTINF:2,",
    "s7.m4s",
    `${part(8, 0)},INDEPENDENT=YES`,
    `${part(8, 1)},GAP=YES`,
    part(8, 2),
    '#EXT-X-PRELOAD-HINT:TYPE=PART,URI="s8.3.m4s"',
    "",
  ].join("\n");
}

/** A root of its own for each address. */
function rootOf({ line, ...address }: ListedAddress): SegmentRoot {
  const byteLength = 1000 + line;
  return { hash: line.toString(16).padStart(32, "0"), byteLength, label: rootLabel(address, byteLength) };
}

test.each([false, true])("[IN26] every part and segment has its own root (byte ranges: %s)", (ranges) => {
  const text = playlist(ranges);
  const signed = withRoots(text, rootOf, () => "5a".repeat(64));
  expect(withoutRoots(signed)).toBe(text);
  const url = "https://cdn.test/live/index.m3u8";
  const details = M3U8Parser.parseLevelPlaylist(signed, url, 0, "main" as PlaylistLevelType.MAIN, 0, null);
  const catalogue = new SegmentCatalogue();
  const read = [...catalogue.update(TRACK, details), ...catalogue.updateParts(partTrackOf(TRACK), details)];
  const [segments, parts] = [false, true].map((isPart) =>
    (listedAddresses(text) ?? []).filter(({ part }) => (part !== undefined) === isPart).map(rootOf),
  );
  expect(parts).toHaveLength(4);
  expect(read.map(({ root }) => root?.label)).toEqual(
    [...(segments ?? []), ...(parts ?? []), undefined].map((root) => root?.label), // the last is only hinted at
  );
  expect(read.map(({ root }) => root?.hash).slice(0, 5)).toEqual(
    [...(segments ?? []), ...(parts ?? [])].map(({ hash }) => hash),
  );
});

test("[IN5] a part without a root has none, whatever its segment has", () => {
  const text = withRoots(playlist(false), (address) => (address.part === 1 ? undefined : rootOf(address)));
  const url = "https://cdn.test/live/index.m3u8";
  const details = M3U8Parser.parseLevelPlaylist(text, url, 0, "main" as PlaylistLevelType.MAIN, 0, null);
  const parts = new SegmentCatalogue().updateParts(partTrackOf(TRACK), details);
  expect(parts.map(({ root }) => root !== undefined)).toEqual([true, false, true, true, false]);
});
