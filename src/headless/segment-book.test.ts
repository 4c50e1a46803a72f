/** The same playlists through hls.js and through our own reading: viewers and seeders must call the same bytes the same. */
import type Hls from "hls.js";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { openPlayer, standInForBrowser } from "../../testkit/headless-player.ts";
import { SegmentCatalogue } from "../loader/segment-catalogue.ts";
import { parsePlaylist } from "../playlist/parse.ts";
import { partTrackOf, trackIdFor } from "../playlist/stream-names.ts";
import { trackIdOf } from "../protocol/ids.ts";
import { loneRendition, renditionsOf } from "./renditions.ts";
import { SegmentBook } from "./segment-book.ts";
import { Upstream } from "./upstreams.ts";

const MASTER = "https://cdn.example/live/master.m3u8";
const URL_OF_MEDIA = "https://cdn.example/live/720p/index.m3u8?token=1";
const TRACK = trackIdOf("hd");
const UPSTREAM = new Upstream(MASTER);
const ROOT = "0123456789abcdef".repeat(2);

beforeAll(standInForBrowser);

function bookOf(...texts: string[]) {
  const book = new SegmentBook();
  const updates = texts.map((text) => {
    const playlist = parsePlaylist(text, URL_OF_MEDIA);
    if (playlist.kind !== "media") throw new Error("not a media playlist");
    return book.update({ rendition: TRACK, playlist, upstream: UPSTREAM });
  });
  return { book, updates };
}

/** What a viewer's loader reads out of hls.js. */
async function catalogued(text: string) {
  const hls = await openPlayer(new Map([[URL_OF_MEDIA.replace(/\?.*/, ""), text]]), URL_OF_MEDIA);
  const details = hls.levels[0]!.details!;
  hls.destroy();
  const catalogue = new SegmentCatalogue();
  const segments = catalogue.update(TRACK, details);
  return { catalogue, segments, parts: catalogue.updateParts(partTrackOf(TRACK), details) };
}

const PLAYLISTS = {
  "a plain window": ["#EXT-X-MEDIA-SEQUENCE:7", "#EXTINF:4,", "s7.ts", "#EXTINF:3.5,title", "s8.ts?token=2"],
  "no number of the first": ["#EXTINF:4,", "s.ts?n=1", "#EXTINF:4", "s.ts?n=2"],
  "absolute and odd addresses": [
    ...["#EXTINF:4,", "/media/720p/1.m4s", "#EXTINF:4,", "https://other.example/x/2.m4s"],
    ...["#EXTINF:4,", "../ads/a%20b/3.m4s#t", "#EXTINF:4,", "//third.example/4.m4s"],
  ],
  "byte ranges that go on": [
    ...['#EXT-X-MAP:URI="all.mp4",BYTERANGE="700@0"', "#EXTINF:4,", "#EXT-X-BYTERANGE:1000@700", "all.mp4"],
    ...["#EXT-X-BYTERANGE:900", "#EXTINF:4,", "all.mp4", "#EXTINF:4,", "x1.mp4"],
    ...["#EXTINF:4,", "#EXT-X-BYTERANGE:50", "all.mp4"],
  ],
  "dates in the middle": [
    ...["#EXTINF:4,", "s1.ts", "#EXTINF:4,", "s2.ts"],
    ...["#EXT-X-PROGRAM-DATE-TIME:2024-01-01T00:00:08.250+01:00", "#EXTINF:4,", "s3.ts", "#EXTINF:4.2,", "s4.ts"],
    ...["#EXT-X-DISCONTINUITY", "#EXT-X-PROGRAM-DATE-TIME:2024-01-02T00:00:00Z", "#EXTINF:4,", "s5.ts"],
  ],
  "a gap, a key and a map": [
    ...['#EXT-X-KEY:METHOD=AES-128,URI="key.bin",IV=0x00000000000000000000000000000001', "#EXTINF:4,", "s0.ts"],
    ...[
      "#EXT-X-GAP",
      "#EXTINF:4,",
      "s1.ts",
      "#EXT-X-KEY:METHOD=NONE",
      '#EXT-X-MAP:URI="i.mp4"',
      "#EXTINF:4,",
      "s2.mp4",
    ],
  ],
  variables: [
    ...['#EXT-X-DEFINE:NAME="dir",VALUE="a/b"', '#EXT-X-DEFINE:QUERYPARAM="token"'],
    ...["#EXTINF:4,", "{$dir}/s1-{$token}.ts", "#EXTINF:4,", "s2.ts"],
  ],
  roots: [
    ...[`#EXT-X-HLS-SWARM-ROOT:${ROOT},100`, "#EXTINF:4,", "hd/s0.ts?t=1", "#EXT-X-HLS-SWARM-ROOT:none"],
    ...["#EXTINF:4,", "s1.ts", `#EXT-X-HLS-SWARM-ROOT:${ROOT},9,${"ab".repeat(64)}`, "#EXTINF:4,", "s2.ts"],
  ],
  "the end of it": ["#EXT-X-PLAYLIST-TYPE:VOD", "#EXTINF:4,", "s1.ts", "#EXTINF:2.25,", "s2.ts", "#EXT-X-ENDLIST"],
  "carriage returns": ["#EXT-X-MEDIA-SEQUENCE:3\r", "#EXTINF:4,\r", "s3.ts\r", "\r", "#EXTINF:4,\r", "s4.ts\r"],
  "too large to share": ["#EXTINF:4,", "#EXT-X-BYTERANGE:200000000@0", "s1.ts", "#EXTINF:4,", "s2.ts"],
};

const PARTS = [
  ...["#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=6", "#EXT-X-PART-INF:PART-TARGET=2.005"],
  ...["#EXT-X-MEDIA-SEQUENCE:7", "#EXT-X-PROGRAM-DATE-TIME:2024-01-01T00:00:00Z", "#EXTINF:4,", "s7.m4s"],
];
const PART_PLAYLISTS = {
  "files, and a hint": [
    ...[`#EXT-X-HLS-SWARM-PART-ROOT:0,${ROOT},500`, '#EXT-X-PART:DURATION=2,URI="s8.0.m4s",INDEPENDENT=YES'],
    ...['#EXT-X-PART:DURATION=1.9,URI="s8.1.m4s"', "#EXTINF:4,", "s8.m4s", '#EXT-X-PART:DURATION=2,URI="s9.0.m4s"'],
    '#EXT-X-PRELOAD-HINT:TYPE=PART,URI="s9.1.m4s"',
  ],
  "a hint at the first of a segment": [
    ...['#EXT-X-PART:DURATION=2,URI="s8.0.m4s"', '#EXT-X-PART:DURATION=2,URI="s8.1.m4s"', "#EXTINF:4,", "s8.m4s"],
    `#EXT-X-HLS-SWARM-PART-ROOT:0,${ROOT},500`,
    '#EXT-X-PRELOAD-HINT:TYPE=PART,URI="s9.0.m4s"',
  ],
  "byte ranges, and an open hint": [
    ...['#EXT-X-PART:DURATION=2,URI="s8.m4s",BYTERANGE="100@0"', '#EXT-X-PART:DURATION=2,URI="s8.m4s",BYTERANGE="90"'],
    ...["#EXTINF:4,", "s8.m4s", '#EXT-X-PART:DURATION=2,URI="s9.m4s",BYTERANGE=80@0'],
    '#EXT-X-PRELOAD-HINT:TYPE=PART,URI="s9.m4s",BYTERANGE-START=80',
  ],
  "a gap, one too many, a hint at a map": [
    ...['#EXT-X-PART:DURATION=1,URI="s8.0.m4s",GAP=YES', '#EXT-X-PART:DURATION=1,URI="s8.1.m4s"'],
    ...['#EXT-X-PART:DURATION=1,URI="s8.2.m4s"', '#EXT-X-PRELOAD-HINT:TYPE=MAP,URI="i.mp4"'],
  ],
};

const textOf = (lines: readonly string[]): string =>
  ["#EXTM3U", "#EXT-X-VERSION:9", "#EXT-X-TARGETDURATION:4", ...lines, ""].join("\n");

describe("[SE30] what hls.js reads of a playlist is read of it here:", () => {
  test.each(Object.entries(PLAYLISTS))("%s", async (_, lines) => {
    const text = textOf(lines);
    const { catalogue, segments } = await catalogued(text);
    const { book, updates } = bookOf(text);
    expect(segments.length).toBeGreaterThan(0);
    expect(updates[0]!.segments).toEqual(segments);
    for (const { id } of segments) {
      const { fragment, byteRange } = catalogue.get(id)!;
      expect(book.get(id)?.place).toMatchObject({ url: fragment.url, playlistUrl: URL_OF_MEDIA });
      expect(book.get(id)?.place.byteRange).toEqual(byteRange);
    }
  });

  test.each(Object.entries(PART_PLAYLISTS))("%s", async (_, lines) => {
    const text = textOf([...PARTS, ...lines]);
    const { segments, parts } = await catalogued(text);
    const [update] = bookOf(text).updates;
    expect(parts.length).toBeGreaterThan(0);
    expect(update).toEqual({ segments, parts });
  });
});

describe("tracks", () => {
  const master = `#EXTM3U
#EXT-X-DEFINE:NAME="v",VALUE="hd"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="English, plain",LANGUAGE="en",DEFAULT=YES,URI="audio/en.m3u8"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="Deutsch",LANGUAGE="de",CHANNELS="2",URI="audio/de.m3u8"
#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="t",NAME="English",LANGUAGE="en",URI="text/en.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=300000, RESOLUTION=320x180,AUDIO="a",FRAME-RATE=25.000

low/index.m3u8
#EXT-X-STREAM-INF:AVERAGE-BANDWIDTH=2900000,BANDWIDTH=3000000,RESOLUTION=1280x720,AUDIO="a",X-Y="a=b,c"
# a comment
{$v}/index.m3u8?token=1
#EXT-X-STREAM-INF:BANDWIDTH=6000000,STABLE-VARIANT-ID="best",AUDIO="a",VIDEO-RANGE=SDR
https://other.example/best/index.m3u8
`;
  let hls: Hls | undefined;
  afterEach(() => hls?.destroy());

  test("[SE30] have the names that hls.js's levels and audio tracks get", async () => {
    const media = textOf(PLAYLISTS["the end of it"]);
    const playlists = new Map([[MASTER, master]]);
    for (const path of ["low/index", "hd/index", "audio/en", "audio/de"])
      playlists.set(`https://cdn.example/live/${path}.m3u8`, media);
    playlists.set("https://other.example/best/index.m3u8", media);
    hls = await openPlayer(playlists, MASTER, { startLevel: 0 });
    const levels = hls.levels.map(({ attrs, uri }) =>
      trackIdFor({ kind: "main", attributes: attrs, playlistUrl: uri, sourceUrl: MASTER }),
    );
    const audio = hls.allAudioTracks.map(({ attrs, url }) =>
      trackIdFor({ kind: "audio", attributes: attrs, playlistUrl: url, sourceUrl: MASTER }),
    );
    const parsed = parsePlaylist(master, MASTER);
    if (parsed.kind !== "multivariant") throw new Error("not a multivariant playlist");
    const renditions = renditionsOf(parsed, MASTER);
    expect([levels.length, audio.length]).toEqual([3, 2]);
    expect(renditions.map(({ track }) => track).sort()).toEqual([...levels, ...audio].sort());
    expect(renditions.map(({ name, bitsPerSecond }) => [name, bitsPerSecond])).toEqual([
      ["320x180 0.3 Mbit/s", 300_000],
      ["1280x720 3.0 Mbit/s", 2_900_000],
      ["variant 6.0 Mbit/s", 6_000_000],
      ["audio English, plain", undefined],
      ["audio Deutsch", undefined],
    ]);
  });

  test("[SE30] of a media playlist alone is hls.js's too", async () => {
    hls = await openPlayer(
      new Map([["https://cdn.example/x/720p/index.m3u8", textOf(PLAYLISTS["the end of it"])]]),
      "https://cdn.example/x/720p/index.m3u8",
    );
    const { attrs, uri } = hls.levels[0]!;
    const track = trackIdFor({ kind: "main", attributes: attrs, playlistUrl: uri, sourceUrl: hls.url! });
    expect(loneRendition("https://cdn.example/x/720p/index.m3u8").track).toBe(track);
  });
});

describe("the timeline", () => {
  const windowOf = (first: number, count: number): string =>
    textOf([
      `#EXT-X-MEDIA-SEQUENCE:${first}`,
      ...Array.from({ length: count }, (_, at) => `#EXTINF:2,\ns${first + at}.ts`),
    ]);

  test("[SE31] goes on from playlist to playlist by number", () => {
    const { updates } = bookOf(windowOf(10, 3), windowOf(12, 3), windowOf(20, 2));
    expect(updates.map(({ segments }) => segments.map(({ start }) => start))).toEqual([
      [0, 2, 4],
      [4, 6, 8],
      [30, 32], // five segments of at most 4 s were missed
    ]);
  });

  test("[SE31] of a packager that counts anew goes on", () => {
    const { updates } = bookOf(windowOf(1000, 3), windowOf(0, 2));
    expect(updates[1]!.segments.map(({ start }) => start)).toEqual([6, 8]);
  });

  test("[SE31] is one for all renditions: by date, else by number", () => {
    const book = new SegmentBook();
    const place = (name: string, text: string): number | undefined => {
      const playlist = parsePlaylist(text, URL_OF_MEDIA);
      if (playlist.kind !== "media") throw new Error("not a media playlist");
      return book.update({ rendition: trackIdOf(name), playlist, upstream: UPSTREAM }).segments[0]?.start;
    };
    const dated = (first: number, second: number): string =>
      windowOf(first, 3).replace("#EXTINF", `#EXT-X-PROGRAM-DATE-TIME:2024-01-01T00:00:0${second}Z\n#EXTINF`);
    expect(place("video", dated(10, 0))).toBe(0);
    expect(place("audio", dated(500, 1))).toBe(1);
    expect(place("undated", windowOf(11, 3))).toBe(2);
  });
});

describe("a segment that only peers list", () => {
  const lines = ["#EXT-X-MEDIA-SEQUENCE:7", "#EXTINF:4,", "s7.ts", "#EXTINF:4,", "s8.ts"];

  test("[SE35] is where the last two let expect, if its name says so", () => {
    const { book } = bookOf(textOf(lines));
    const [ahead] = bookOf(textOf([...lines, "#EXTINF:4,", "s9.ts"])).updates[0]!.segments.slice(-1);
    expect(book.get(ahead!.id)).toBeUndefined();
    expect(book.locate(TRACK, { ...ahead!.name, tag: ahead!.name.tag + 1 })).toBe(false);
    expect(book.locate(TRACK, ahead!.name)).toBe(true);
    expect(book.get(ahead!.id)?.place.url).toBe("https://cdn.example/live/720p/s9.ts");
  });

  test("[SE35] is not found where addresses do not change", () => {
    const { book, updates } = bookOf(textOf(["#EXTINF:4,", "s.ts", "#EXTINF:4,", "s.ts"]));
    const { tag } = updates[0]!.segments[1]!.name;
    expect(book.locate(TRACK, { sequence: 5, tag })).toBe(false);
  });
});
