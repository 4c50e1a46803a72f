import { expect, test } from "vitest";
import { LivePlaylist, type LivePlaylistOptions, type SegmentHead } from "./live-playlist.ts";

const open = (options: Partial<LivePlaylistOptions> = {}): LivePlaylist =>
  new LivePlaylist({ targetDuration: 2, mediaSequence: 100, windowSeconds: 8, isIndependent: true, ...options });

const head = (at: number, more: Partial<SegmentHead> = {}): SegmentHead => ({
  map: "i0.mp4",
  isDiscontinuous: false,
  programDateTime: `2030-01-01T00:00:${String(at).padStart(2, "0")}.000Z`,
  ...more,
});

/** A segment of two seconds. */
const add = (playlist: LivePlaylist, number: number, more: Partial<SegmentHead> = {}): readonly string[] =>
  playlist
    .addSegment({ ...head(number * 2, more), uri: `s${number}.m4s`, duration: 2, rootLine: `#ROOT:${number}` })
    .map(({ uri }) => uri);

/** Segment `number` in two parts, or only the first `count` of them. */
function addParts(playlist: LivePlaylist, number: number, count = 2): void {
  for (let part = 0; part < count; part++)
    playlist.addPart(
      { uri: `p${number * 2 + part}.m4s`, duration: 1, isIndependent: part === 0, rootLine: `#PART-ROOT:${part}` },
      head(number * 2),
    );
}

const valueOf = (text: string, tag: string): string | undefined => new RegExp(`^#${tag}:(.*)$`, "m").exec(text)?.[1];

test("[LI46] what a playlist without parts says", () => {
  const playlist = open();
  add(playlist, 0);
  add(playlist, 1, { map: "i1.mp4", isDiscontinuous: true });
  expect(playlist.print("p9.m4s")).toMatchInlineSnapshot(`
    "#EXTM3U
    #EXT-X-VERSION:6
    #EXT-X-TARGETDURATION:2
    #EXT-X-MEDIA-SEQUENCE:100
    #EXT-X-INDEPENDENT-SEGMENTS
    #EXT-X-MAP:URI="i0.mp4"
    #EXT-X-PROGRAM-DATE-TIME:2030-01-01T00:00:00.000Z
    #ROOT:0
    #EXTINF:2,
    s0.m4s
    #EXT-X-DISCONTINUITY
    #EXT-X-MAP:URI="i1.mp4"
    #EXT-X-PROGRAM-DATE-TIME:2030-01-01T00:00:02.000Z
    #ROOT:1
    #EXTINF:2,
    s1.m4s
    "
  `);
});

test("[LI47] what a playlist with parts says, in the middle of a segment", () => {
  const playlist = open({ partTarget: 1.004 });
  addParts(playlist, 0);
  add(playlist, 0);
  addParts(playlist, 1, 1);
  expect(playlist.print("p3.m4s")).toMatchInlineSnapshot(`
    "#EXTM3U
    #EXT-X-VERSION:6
    #EXT-X-TARGETDURATION:2
    #EXT-X-MEDIA-SEQUENCE:100
    #EXT-X-INDEPENDENT-SEGMENTS
    #EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=3.012,HOLD-BACK=6
    #EXT-X-PART-INF:PART-TARGET=1.004
    #EXT-X-MAP:URI="i0.mp4"
    #EXT-X-PROGRAM-DATE-TIME:2030-01-01T00:00:00.000Z
    #PART-ROOT:0
    #EXT-X-PART:DURATION=1,URI="p0.m4s",INDEPENDENT=YES
    #PART-ROOT:1
    #EXT-X-PART:DURATION=1,URI="p1.m4s"
    #ROOT:0
    #EXTINF:2,
    s0.m4s
    #EXT-X-PROGRAM-DATE-TIME:2030-01-01T00:00:02.000Z
    #PART-ROOT:0
    #EXT-X-PART:DURATION=1,URI="p2.m4s",INDEPENDENT=YES
    #EXT-X-PRELOAD-HINT:TYPE=PART,URI="p3.m4s"
    "
  `);
});

test("[LI48] the window slides, and counts the discontinuities that leave it", () => {
  const playlist = open();
  const removed = [0, 1, 2, 3, 4, 5, 6].map((number) => add(playlist, number, { isDiscontinuous: number === 1 }));
  expect(removed).toEqual([[], [], [], [], ["s0.m4s"], ["s1.m4s"], ["s2.m4s"]]);
  expect(valueOf(playlist.print(), "EXT-X-MEDIA-SEQUENCE")).toBe("103");
  expect(valueOf(playlist.print(), "EXT-X-DISCONTINUITY-SEQUENCE")).toBe("1");
  expect(playlist.nextSequence).toBe(107);
});

test("[LI48] a window that is too short for players is as long as they need", () => {
  const playlist = open({ windowSeconds: 1 });
  for (let number = 0; number < 9; number++) add(playlist, number);
  expect(playlist.segments.map(({ uri }) => uri)).toEqual(["s6.m4s", "s7.m4s", "s8.m4s"]);
});

test("[LI48] what is lost before its time leaves the playlist, but for the last segment", () => {
  const playlist = open();
  for (let number = 0; number < 3; number++) add(playlist, number);
  expect(playlist.removeOldest()?.uri).toBe("s0.m4s");
  expect(playlist.removeOldest()?.uri).toBe("s1.m4s");
  expect(playlist.removeOldest()).toBeUndefined();
  expect(valueOf(playlist.print(), "EXT-X-MEDIA-SEQUENCE")).toBe("102");
});

test("[LI47] parts are listed for three target durations from the end", () => {
  const playlist = open({ partTarget: 1, windowSeconds: 60 });
  for (let number = 0; number < 6; number++) {
    addParts(playlist, number);
    add(playlist, number);
  }
  const uris = [...playlist.print().matchAll(/PART:.*URI="(.*?)"/g)].map(([, uri]) => uri);
  expect(uris).toEqual(["p6.m4s", "p7.m4s", "p8.m4s", "p9.m4s", "p10.m4s", "p11.m4s"]);
});

test.each([
  ["a segment before the last", 100, undefined, true],
  ["the last segment", 101, undefined, true],
  ["a part of a whole segment that it does not have", 101, 7, true],
  ["the segment that is being made", 102, undefined, false],
  ["a part of it that is made", 102, 0, true],
  ["a part of it that is not", 102, 1, false],
  ["the one after", 103, 0, false],
])("[LI49] blocking reload for %s", (_name, sequence, part, isThere) => {
  const playlist = open({ partTarget: 1 });
  for (const number of [0, 1]) {
    addParts(playlist, number);
    add(playlist, number);
  }
  addParts(playlist, 2, 1);
  expect(playlist.has(sequence, part)).toBe(isThere);
  playlist.end();
  expect(playlist.has(sequence, part)).toBe(true);
});

test("[LI50] an ended playlist says so, hints at nothing and takes nothing", () => {
  const playlist = open({ partTarget: 1 });
  add(playlist, 0);
  addParts(playlist, 1, 1);
  playlist.end();
  expect(playlist.print("p3.m4s").endsWith("s0.m4s\n#EXT-X-ENDLIST\n")).toBe(true);
  expect(() => add(playlist, 1)).toThrow("ended");
});

test("[LI46] MPEG-TS has no init segment and a version that every player knows", () => {
  const playlist = open();
  add(playlist, 0, { map: undefined });
  expect(valueOf(playlist.print(), "EXT-X-VERSION")).toBe("3");
  expect(playlist.print()).not.toContain("EXT-X-MAP");
});
