import { expect, test } from "vitest";
import { rotatingKeys, skipping, withAdvert, withGap } from "./edits.ts";
import { parsePlaylist, printPlaylist, windowOf, withHead } from "./playlist.ts";
import type { Asking } from "./stream-kind.ts";

const RECORDING = `#EXTM3U
#EXT-X-TARGETDURATION:1
#EXT-X-MEDIA-SEQUENCE:0
#EXT-X-PLAYLIST-TYPE:VOD
#EXT-X-MAP:URI="init.mp4"
#EXTINF:1.0,
#EXT-X-BYTERANGE:10@0
s0.m4s
#EXTINF:1.0,
s1.m4s
#EXTINF:1.0,
s2.m4s
#EXT-X-ENDLIST
`;
const asking = (query = ""): Asking => ({
  viewer: "one",
  file: "index.m3u8",
  query: new URLSearchParams(query),
  seconds: 0,
  base: "http://127.0.0.1/",
  otherBase: "http://127.0.0.2/",
});

test("what is not changed is printed as it was read", () => {
  expect(printPlaylist(parsePlaylist(RECORDING))).toBe(RECORDING);
});

test("a window of a live stream says which segment is its first", () => {
  expect(printPlaylist(windowOf(parsePlaylist(RECORDING), 1, 2))).toBe(`#EXTM3U
#EXT-X-TARGETDURATION:1
#EXT-X-MAP:URI="init.mp4"
#EXT-X-MEDIA-SEQUENCE:1
#EXTINF:1.0,
s1.m4s
`);
});

test("a tag of the head replaces the one of its name", () => {
  const { head } = withHead(parsePlaylist(RECORDING), "#EXT-X-TARGETDURATION:9");
  expect(head.filter((tag) => tag.includes("TARGETDURATION"))).toEqual(["#EXT-X-TARGETDURATION:9"]);
});

test("adverts are cut in between two discontinuities", () => {
  const edited = withAdvert(1, (index) => `ad${String(index)}.ts`)(parsePlaylist(RECORDING), asking());
  expect(edited.segments.map(({ uri, tags }) => (tags.includes("#EXT-X-DISCONTINUITY") ? `| ${uri}` : uri))).toEqual([
    "s0.m4s",
    "| ad0.ts",
    "ad1.ts",
    "ad2.ts",
    "| s1.m4s",
    "s2.m4s",
  ]);
});

test("keys and gaps stand before the segments they are for", () => {
  const keyed = rotatingKeys(2)(withGap(1)(parsePlaylist(RECORDING), asking()), asking());
  expect(keyed.segments.map(({ tags, uri }) => [tags[0], uri])).toEqual([
    ['#EXT-X-KEY:METHOD=AES-128,URI="key-0.bin"', "s0.m4s"],
    ["#EXT-X-GAP", "lost.ts"],
    ['#EXT-X-KEY:METHOD=AES-128,URI="key-1.bin"', "s2.m4s"],
  ]);
});

test("only those who ask for what is new are told nothing else", () => {
  const playlist = parsePlaylist(RECORDING);
  const segments = Array.from({ length: 9 }, (_, index) => ({ tags: ["#EXTINF:1.0,"], uri: `s${String(index)}.ts` }));
  expect(skipping({ ...playlist, segments }, asking()).segments).toHaveLength(9);
  const delta = skipping({ ...playlist, segments }, asking("_HLS_skip=YES"));
  expect(delta.segments.map(({ uri }) => uri)).toEqual(["s3.ts", "s4.ts", "s5.ts", "s6.ts", "s7.ts", "s8.ts"]);
  expect(delta.head).toContain("#EXT-X-SKIP:SKIPPED-SEGMENTS=3");
});
