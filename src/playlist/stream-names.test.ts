import { describe, expect, test } from "vitest";
import { segmentKeyOf, segmentNameFor, swarmIdFor, trackIdFor, type Rendition } from "./stream-names.ts";

const PLAYLIST = "https://cdn-a.example/live/ch1/720p/index.m3u8?token=1";

describe("swarm", () => {
  const id = swarmIdFor("https://cdn-a.example/live/ch1/master.m3u8?token=1");

  test.each([
    ["another token", "https://cdn-a.example/live/ch1/master.m3u8?token=2"],
    ["another CDN host", "https://cdn-b.example:8443/live/ch1/master.m3u8"],
    ["another scheme", "http://cdn-a.example/live/ch1/master.m3u8#t=5"],
  ])("[ID1] viewers with %s share", (_, url) => {
    expect(swarmIdFor(url)).toBe(id);
  });

  test("[ID1] other paths do not share", () => {
    expect(swarmIdFor("https://cdn-a.example/live/ch2/master.m3u8?token=1")).not.toBe(id);
  });

  test("[ID1] a content id replaces the path, and is never mistaken for one", () => {
    expect(swarmIdFor("https://a.example/x.m3u8", "ch1")).toBe(swarmIdFor("https://b.example/y.m3u8", "ch1"));
    expect(swarmIdFor("https://a.example/x.m3u8", "/live/ch1/master.m3u8")).not.toBe(id);
  });
});

describe("track", () => {
  const variant = (attributes: Record<string, string>, playlistUrl = PLAYLIST): Rendition => ({
    kind: "main",
    attributes: { BANDWIDTH: "1300000", RESOLUTION: "1280x720", CODECS: "avc1.64001f", ...attributes },
    playlistUrl,
    sourceUrl: "https://cdn-a.example/live/ch1/master.m3u8",
  });
  const audio = (attributes: Record<string, string>, path: string): Rendition => ({
    kind: "audio",
    attributes: { NAME: "English", LANGUAGE: "en", ...attributes },
    playlistUrl: `https://cdn-a.example/live/ch1/${path}`,
    sourceUrl: "https://cdn-a.example/live/ch1/master.m3u8",
  });
  const lone = (playlistUrl: string): Rendition => ({
    kind: "main",
    attributes: {},
    playlistUrl,
    sourceUrl: playlistUrl,
  });

  test("[ID2] group, pathway and place of the playlist do not matter to a variant", () => {
    const moved = variant({ AUDIO: "aac_clone_b", "PATHWAY-ID": "b" }, "https://cdn-b.example/x/hd.m3u8");
    expect(trackIdFor(moved)).toBe(trackIdFor(variant({ AUDIO: "aac" })));
  });

  test.each(["BANDWIDTH", "AVERAGE-BANDWIDTH", "RESOLUTION", "FRAME-RATE", "CODECS", "VIDEO-RANGE"])(
    "[ID2] variants that differ in %s are different tracks",
    (name) => {
      expect(trackIdFor(variant({ [name]: "other" }))).not.toBe(trackIdFor(variant({})));
    },
  );

  test("[ID2] a stable id wins over everything else", () => {
    const stable = variant({ "STABLE-VARIANT-ID": "hd" });
    expect(trackIdFor(variant({ "STABLE-VARIANT-ID": "hd", BANDWIDTH: "1400000" }))).toBe(trackIdFor(stable));
    expect(trackIdFor(variant({ "STABLE-VARIANT-ID": "sd" }))).not.toBe(trackIdFor(stable));
  });

  test("[ID2] audio groups of different rates are different tracks though EXT-X-MEDIA describes them alike", () => {
    const low = audio({ "GROUP-ID": "low" }, "audio/64k/en.m3u8");
    expect(trackIdFor(audio({ "GROUP-ID": "high" }, "audio/128k/en.m3u8"))).not.toBe(trackIdFor(low));
    expect(trackIdFor(audio({ "GROUP-ID": "low_clone_b" }, "audio/64k/en.m3u8?t=2"))).toBe(trackIdFor(low));
    expect(trackIdFor(audio({ LANGUAGE: "de" }, "audio/64k/en.m3u8"))).not.toBe(trackIdFor(low));
  });

  test("[ID2] a media playlist of its own is told by the end of its path", () => {
    const hd = trackIdFor(lone("https://a.example/live/720p/index.m3u8?token=1"));
    expect(trackIdFor(lone("https://b.example/mount/live/720p/index.m3u8"))).toBe(hd);
    expect(trackIdFor(lone("https://a.example/live/1080p/index.m3u8?token=1"))).not.toBe(hd);
  });

  test("[ID2] attributes cannot be shifted into each other", () => {
    const one = variant({ "FRAME-RATE": "25,", CODECS: "a" });
    const other = variant({ "FRAME-RATE": "25", CODECS: ",a" });
    expect(trackIdFor(one)).not.toBe(trackIdFor(other));
  });
});

describe("segment", () => {
  const keyOf = (url: string, playlistUrl = PLAYLIST): string => segmentKeyOf({ url, playlistUrl });

  test.each([
    ["beside its playlist", "https://cdn-a.example/live/ch1/720p/s17.ts?token=1", PLAYLIST, "s17.ts"],
    ["below it", "https://cdn-a.example/live/ch1/720p/a/s17.ts", PLAYLIST, "a/s17.ts"],
    ["in a tree beside it", "https://cdn-a.example/live/ch1/media/720/s17.ts", PLAYLIST, "../media/720/s17.ts"],
    ["another CDN host", "https://cdn-b.example/live/ch1/720p/s17.ts?token=2", PLAYLIST, "s17.ts"],
    ["another mount point", "https://b.example/m/ch1/720p/s17.ts", "https://b.example/m/ch1/720p/i.m3u8", "s17.ts"],
    ["far away", "https://ads.example/ads/a/720p/1.ts", PLAYLIST, "../../../ads/a/720p/1.ts"],
    ["at the root", "https://a.example/s17.ts", "https://a.example/index.m3u8", "s17.ts"],
    ["a file named like a directory", "https://a.example/live/720p", "https://a.example/live/720p/i.m3u8", "../720p"],
  ])("[ID3] %s", (_, url, playlistUrl, key) => {
    expect(keyOf(url, playlistUrl)).toBe(key);
  });

  test.each([
    ["s17.ts?token=1", "s17.ts?token=2", true],
    ["live.17.m4s?token=1", "live.17.m4s?token=2", true],
    ["17?token=1", "17?token=2", true],
    ["segment.m4s?n=1&ad=a", "segment.m4s?n=1&ad=b", false],
    ["2024/segment?session=1", "2024/segment?session=2", false],
    ["segment.ts?n=1", "segment.ts?n=1", true],
  ])("[ID3] %s and %s are one: %s", (one, other, same) => {
    expect(keyOf(new URL(one, PLAYLIST).href) === keyOf(new URL(other, PLAYLIST).href)).toBe(same);
  });

  test("[ID3] a byte range says which segment it is, so the query does not count", () => {
    const byteRange = { start: 0, end: 100 };
    const at = (token: string): string =>
      segmentKeyOf({ url: `https://a.example/all.mp4?token=${token}`, playlistUrl: PLAYLIST, byteRange });
    expect(at("1")).toBe(at("2"));
  });

  test("[ID3] two adverts under one sequence number are two segments", () => {
    const tagOf = (ad: string): number =>
      segmentNameFor(17, { url: `https://ads.example/ads/${ad}/720p/1.ts`, playlistUrl: PLAYLIST }).tag;
    expect(tagOf("a")).not.toBe(tagOf("b"));
  });

  test("[ID3] byte ranges of one file are different segments", () => {
    const tagOf = (start: number, end: number): number =>
      segmentNameFor(17, { url: "https://a.example/all.mp4", playlistUrl: PLAYLIST, byteRange: { start, end } }).tag;
    expect(new Set([tagOf(0, 100), tagOf(0, 1000), tagOf(100, 1000)]).size).toBe(3);
  });

  test("[ID9] a key of the site's own replaces the path", () => {
    const at = (url: string) => segmentNameFor(17, { url, playlistUrl: PLAYLIST }, "mine");
    expect(at("https://a.example/x?id=1")).toEqual(at("https://b.example/y?id=2"));
  });
});
