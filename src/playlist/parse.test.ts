/** What hls.js does not tell, or does not check. That both name segments alike: src/headless/segment-book.test.ts. */
import { describe, expect, test } from "vitest";
import type { MediaPlaylist } from "./media-playlist.ts";
import { parsePlaylist } from "./parse.ts";

const URL_OF_PLAYLIST = "https://cdn.example/live/index.m3u8";

function media(...lines: readonly string[]): MediaPlaylist {
  const text = ["#EXTM3U", "#EXT-X-TARGETDURATION:4", ...lines].join("\n");
  const playlist = parsePlaylist(text, URL_OF_PLAYLIST);
  if (playlist.kind !== "media") throw new Error("not a media playlist");
  return playlist;
}

describe("a media playlist", () => {
  test("tells what is said of all of it", () => {
    const control = "CAN-BLOCK-RELOAD=YES,HOLD-BACK=12.5,PART-HOLD-BACK=3";
    const playlist = media(
      ...["#EXT-X-PLAYLIST-TYPE:EVENT", `#EXT-X-SERVER-CONTROL:${control}`, "#EXT-X-PART-INF:PART-TARGET=1"],
      ...["#EXT-X-MEDIA-SEQUENCE:9", "#EXTINF:4,", "s9.ts", "#EXT-X-ENDLIST"],
    );
    expect(playlist).toMatchObject({
      ...{ type: "EVENT", targetDuration: 4, partTarget: 1, mediaSequence: 9, isEnded: true, preloadHint: undefined },
      serverControl: { canBlockReload: true, holdBack: 12.5, partHoldBack: 3 },
      open: { sequence: 10, parts: [] },
    });
    expect(media().serverControl).toEqual({ canBlockReload: false, holdBack: undefined, partHoldBack: undefined });
  });

  test("gives each segment the map and the keys that hold for it, and marks what follows a discontinuity", () => {
    const { segments } = media(
      ...['#EXT-X-MAP:URI="i1.mp4",BYTERANGE="50@10"', '#EXT-X-KEY:METHOD=AES-128,URI="k1"'],
      ...['#EXT-X-KEY:METHOD=SAMPLE-AES,URI="skd://k",KEYFORMAT="com.example"', "#EXTINF:4,", "s0.mp4"],
      ...['#EXT-X-KEY:METHOD=AES-128,URI="k2",IV=0x1', "#EXT-X-DISCONTINUITY", "#EXTINF:4,", "s1.mp4"],
      ...["#EXT-X-KEY:METHOD=NONE", '#EXT-X-MAP:URI="i2.mp4"', "#EXTINF:4,", "s2.mp4"],
    );
    expect(
      segments.map(({ map, keys, discontinuity }) => [map?.url, keys.map(({ url }) => url), discontinuity]),
    ).toEqual([
      ["https://cdn.example/live/i1.mp4", ["https://cdn.example/live/k1", "skd://k"], false],
      ["https://cdn.example/live/i1.mp4", ["skd://k", "https://cdn.example/live/k2"], true],
      ["https://cdn.example/live/i2.mp4", [], false],
    ]);
    expect(segments[0]?.map?.byteRange).toEqual({ start: 10, end: 60 });
    expect(segments[1]?.keys[1]?.attributes).toEqual({ METHOD: "AES-128", URI: "k2", IV: "0x1" });
  });

  test("takes variables from the multivariant playlist that led to it", () => {
    const text = '#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-DEFINE:IMPORT="x"\n#EXTINF:4,\n{$x}.ts\n';
    const playlist = parsePlaylist(text, URL_OF_PLAYLIST, new Map([["x", "a/b"]]));
    expect(playlist.kind === "media" && playlist.segments[0]?.uri).toBe("a/b.ts");
    expect(() => parsePlaylist(text, URL_OF_PLAYLIST)).toThrow("line 3: nothing gives the variable x");
  });

  test.each([
    ["#EXTINF:,\ns.ts", "line 3: EXTINF needs a duration"],
    ["#EXT-X-MEDIA-SEQUENCE:-1", "line 3: EXT-X-MEDIA-SEQUENCE needs a number"],
    ["#EXTINF:4,\ns.ts\n#EXT-X-MEDIA-SEQUENCE:5", "line 5: EXT-X-MEDIA-SEQUENCE after a segment"],
    ["#EXT-X-BYTERANGE:x", "line 3: a byte range needs a length"],
    ["#EXT-X-SKIP:SKIPPED-SEGMENTS=3", "line 3: EXT-X-SKIP"],
    ['#EXT-X-PART:URI="p.mp4"', "line 3: EXT-X-PART without DURATION"],
    ["#EXT-X-MAP:X=1", "line 3: no URI"],
    ["#EXTINF:4,\nhttp://[", "line 4: http://[ is no address"],
    ["#EXTINF:4,\n{$x}.ts", "line 4: the variable x is not defined"],
    ['#EXT-X-DEFINE:NAME="x",VALUE="1"\n#EXT-X-DEFINE:NAME="x",VALUE="2"', "line 4: the variable x is defined twice"],
    ['#EXT-X-DEFINE:QUERYPARAM="x"', "line 3: nothing gives the variable x"],
    ["#EXT-X-DEFINE:VALUE=1", "line 3: EXT-X-DEFINE names no variable"],
  ])("%j is refused: %s", (lines, message) => {
    expect(() => media(lines)).toThrow(message);
  });

  test("without a target duration is refused, and so is what is no playlist", () => {
    expect(() => parsePlaylist("#EXTM3U\n#EXTINF:4,\ns.ts\n", URL_OF_PLAYLIST)).toThrow("no EXT-X-TARGETDURATION");
    expect(() => parsePlaylist("<html>", URL_OF_PLAYLIST)).toThrow("line 1: not #EXTM3U");
    expect(() => parsePlaylist("#EXTM3U\n", URL_OF_PLAYLIST)).toThrow("lists neither segments nor renditions");
  });
});

test("a multivariant playlist tells every address, for who passes them on", () => {
  const playlist = parsePlaylist(
    `#EXTM3U
#EXT-X-SESSION-KEY:METHOD=AES-128,URI="key.bin"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="Muxed"
#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="t",NAME="English",URI="text/en.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=1000000,CODECS="avc1.64001f,mp4a.40.2",SUBTITLES="t"
hd.m3u8
#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=100000,URI="iframes.m3u8"
`,
    URL_OF_PLAYLIST,
  );
  expect(playlist).toMatchObject({
    kind: "multivariant",
    variants: [{ url: "https://cdn.example/live/hd.m3u8", attributes: { CODECS: "avc1.64001f,mp4a.40.2" } }],
    alternatives: [{ url: undefined }, { url: "https://cdn.example/live/text/en.m3u8" }],
    otherUrls: ["https://cdn.example/live/key.bin", "https://cdn.example/live/iframes.m3u8"],
  });
});
