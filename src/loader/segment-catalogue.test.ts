import { LevelDetails, M3U8Parser, type PlaylistLevelType } from "hls.js";
import { describe, expect, test } from "vitest";
import { trackIdOf } from "../protocol/ids.ts";
import { SegmentCatalogue, type SegmentKeyInfo } from "./segment-catalogue.ts";

const TRACK = trackIdOf("hd");
const BASE = "https://cdn.example/live/index.m3u8";

interface Window {
  readonly first: number;
  readonly count: number;
  readonly base?: string;
  /** Lines before each segment. */
  readonly tags?: (sequence: number) => string;
  readonly uri?: (sequence: number) => string;
}

/** A playlist as hls.js itself parses it. */
function parse({ first, count, base = BASE, tags = () => "", uri = (n) => `s${String(n)}.ts` }: Window): LevelDetails {
  let text = `#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-MEDIA-SEQUENCE:${String(first)}\n`;
  for (let n = first; n < first + count; n++) text += `${tags(n)}#EXTINF:4,\n${uri(n)}\n`;
  return M3U8Parser.parseLevelPlaylist(text, base, 0, "main" as PlaylistLevelType.MAIN, 0, null);
}

describe("a playlist", () => {
  test("is listed oldest first, with what policy needs", () => {
    const listed = new SegmentCatalogue().update(TRACK, parse({ first: 7, count: 3 }));
    expect(listed.map(({ name, start, duration }) => [name.sequence, start, duration])).toEqual([
      [7, 0, 4],
      [8, 4, 4],
      [9, 8, 4],
    ]);
    expect(listed.every((segment) => !("startedAtSeconds" in segment))).toBe(true);
  });

  test("tells program date times in whole seconds", () => {
    const tags = (n: number): string => (n === 7 ? "#EXT-X-PROGRAM-DATE-TIME:2024-01-01T00:00:00.900Z\n" : "");
    const listed = new SegmentCatalogue().update(TRACK, parse({ first: 7, count: 2, tags }));
    expect(listed.map(({ startedAtSeconds }) => startedAtSeconds)).toEqual([1_704_067_200, 1_704_067_204]);
  });

  test("leaves out what must not be loaded", () => {
    const tags = (n: number): string => (n === 8 ? "#EXT-X-GAP\n" : "");
    const listed = new SegmentCatalogue().update(TRACK, parse({ first: 7, count: 3, tags }));
    expect(listed.map(({ name }) => name.sequence)).toEqual([7, 9]);
  });

  test("leaves out what is too large to share", () => {
    const tags = (n: number): string => `#EXT-X-BYTERANGE:${n === 8 ? "200000000" : "1000"}@0\n`;
    const listed = new SegmentCatalogue().update(TRACK, parse({ first: 7, count: 3, tags }));
    expect(listed.map(({ name }) => name.sequence)).toEqual([7, 9]);
  });

  test("finds segments by fragment and by name", () => {
    const catalogue = new SegmentCatalogue();
    const details = parse({ first: 7, count: 3 });
    const [listed] = catalogue.update(TRACK, details);
    const fragment = details.fragments[0]!;
    expect(catalogue.of(fragment)).toMatchObject({ id: listed?.id, track: TRACK, byteRange: undefined, fragment });
    expect(catalogue.get(listed!.id)).toBe(catalogue.of(fragment));
    expect(catalogue.of(parse({ first: 7, count: 1 }).fragments[0]!)).toBeUndefined();
  });
});

describe("a playlist that is loaded again", () => {
  test("keeps names, and takes the newest fragments", () => {
    const catalogue = new SegmentCatalogue();
    const before = parse({ first: 7, count: 3 });
    const after = parse({ first: 8, count: 3 });
    const listed = [catalogue.update(TRACK, before), catalogue.update(TRACK, after)];
    expect(listed[1]?.[0]?.id).toBe(listed[0]?.[1]?.id);
    expect(catalogue.of(before.fragments[1]!)).toBe(catalogue.of(after.fragments[0]!));
    expect(catalogue.of(before.fragments[1]!)?.fragment).toBe(after.fragments[0]);
  });

  test("with another token or from another host lists the same segments, fetched the new way", () => {
    const catalogue = new SegmentCatalogue();
    const [before] = catalogue.update(TRACK, parse({ first: 7, count: 1 }));
    const moved = parse({ first: 7, count: 1, base: "https://b.example/live/index.m3u8", uri: () => "s7.ts?token=2" });
    const [after] = catalogue.update(TRACK, moved);
    expect(after?.id).toBe(before?.id);
    expect(catalogue.get(before!.id)?.fragment.url).toBe("https://b.example/live/s7.ts?token=2");
  });

  test("with other bytes under an old number lists another segment", () => {
    const catalogue = new SegmentCatalogue();
    const [before] = catalogue.update(TRACK, parse({ first: 7, count: 1 }));
    const [after] = catalogue.update(TRACK, parse({ first: 7, count: 1, uri: () => "ad.ts" }));
    expect(after?.id).not.toBe(before?.id);
  });

  test("remembers for a while where segments that have left it are, and not for ever", () => {
    const catalogue = new SegmentCatalogue();
    const [first] = catalogue.update(TRACK, parse({ first: 0, count: 3 }));
    catalogue.update(TRACK, parse({ first: 3, count: 3 }));
    expect(catalogue.get(first!.id)).toBeDefined();
    for (let n = 6; n < 300; n += 3) catalogue.update(TRACK, parse({ first: n, count: 3 }));
    expect(catalogue.get(first!.id)).toBeUndefined();
  });
});

describe("a site that names segments itself", () => {
  test("is told what there is to know, once per segment", () => {
    const told: SegmentKeyInfo[] = [];
    const catalogue = new SegmentCatalogue((segment) => {
      told.push(segment);
      return undefined;
    });
    const tags = (): string => "#EXT-X-BYTERANGE:1000@500\n";
    catalogue.update(TRACK, parse({ first: 7, count: 1, tags, uri: () => "all.mp4?t=1" }));
    catalogue.update(TRACK, parse({ first: 7, count: 1, tags, uri: () => "all.mp4?t=1" }));
    expect(told).toEqual([
      {
        kind: "main",
        url: "https://cdn.example/live/all.mp4?t=1",
        playlistUrl: BASE,
        sequence: 7,
        byteRange: { start: 500, end: 1500 },
      },
    ]);
  });

  test("may name, keep the default, or refuse to share", () => {
    const catalogue = new SegmentCatalogue(({ sequence }) =>
      sequence === 7 ? "same" : sequence === 8 ? undefined : false,
    );
    const listed = catalogue.update(TRACK, parse({ first: 7, count: 3 }));
    const byDefault = new SegmentCatalogue().update(TRACK, parse({ first: 7, count: 3 }));
    expect(listed).toHaveLength(2);
    expect(listed[0]?.id).not.toBe(byDefault[0]?.id);
    expect(listed[1]?.id).toBe(byDefault[1]?.id);
  });
});
