import { Fragment, LevelDetails, M3U8Parser, type PlaylistLevelType } from "hls.js";
import { describe, expect, test } from "vitest";
import { trackIdOf } from "../protocol/ids.ts";
import { SegmentCatalogue, type CataloguedSegment, type SegmentKey, type SegmentKeyInfo } from "./segment-catalogue.ts";

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

  test("[ID5] tells program date times in whole seconds", () => {
    const tags = (n: number): string => (n === 7 ? "#EXT-X-PROGRAM-DATE-TIME:2024-01-01T00:00:00.900Z\n" : "");
    const listed = new SegmentCatalogue().update(TRACK, parse({ first: 7, count: 2, tags }));
    expect(listed.map(({ startedAtSeconds }) => startedAtSeconds)).toEqual([1_704_067_200, 1_704_067_204]);
  });

  test("[IN1] tells the roots that it gives", () => {
    const hash = "0".repeat(32);
    const tag = (size: string): string => `#EXT-X-HLS-SWARM-ROOT:${hash},${size}\n`;
    const tags = (n: number): string =>
      n === 7
        ? `#EXT-X-MAP:URI="init.mp4"\n${tag("100")}`
        : n === 8
          ? tag("none")
          : `#EXT-X-DISCONTINUITY\n${tag("9")}`;
    const details = parse({ first: 7, count: 3, tags, uri: (n) => `hd/s${String(n)}.ts?t=1` });
    const listed = new SegmentCatalogue().update(TRACK, details);
    expect(listed.map(({ root }) => root)).toEqual([
      { hash, byteLength: 100, label: "7\ns7.ts\n\n100\n" },
      undefined,
      { hash, byteLength: 9, label: "9\ns9.ts\n\n9\n" },
    ]);
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

  test("[ID3] with another token or from another host lists the same segments, fetched the new way", () => {
    const catalogue = new SegmentCatalogue();
    const [before] = catalogue.update(TRACK, parse({ first: 7, count: 1 }));
    const moved = parse({ first: 7, count: 1, base: "https://b.example/live/index.m3u8", uri: () => "s7.ts?token=2" });
    const [after] = catalogue.update(TRACK, moved);
    expect(after?.id).toBe(before?.id);
    expect(catalogue.get(before!.id)?.fragment.url).toBe("https://b.example/live/s7.ts?token=2");
  });

  test("[ID3] with other bytes under an old number lists another segment", () => {
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

  test("[ID9] may name, keep the default, or refuse to share", () => {
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

describe("a segment that only peers list so far", () => {
  /** What everybody's playlist will list. */
  const future = (window: Partial<Window> = {}): CataloguedSegment => {
    const catalogue = new SegmentCatalogue();
    const details = parse({ ...window, first: 0, count: 11 });
    catalogue.update(TRACK, details);
    return catalogue.of(details.fragments[10]!)!;
  };
  const opened = (window: Partial<Window> = {}, segmentKey?: SegmentKey): SegmentCatalogue => {
    const catalogue = new SegmentCatalogue(segmentKey);
    catalogue.update(TRACK, parse({ first: 7, count: 3, ...window }));
    return catalogue;
  };

  test("is located by the way the newest ones are named, and asked for as hls.js would", () => {
    const uri = (n: number): string => `s${String(n)}.ts?token=1`;
    const catalogue = opened({ uri });
    const { id, name } = future();
    expect(catalogue.locate(TRACK, name)).toBe(true);
    const { fragment } = catalogue.get(id)!;
    expect(fragment).toBeInstanceOf(Fragment);
    expect(fragment).toMatchObject({ sn: 10, type: "main", level: 0, start: 12, duration: 4 });
    expect(fragment.url).toBe("https://cdn.example/live/s10.ts?token=1");
  });

  test("is the same one once the playlist lists it, with hls.js's own fragment", () => {
    const catalogue = opened();
    const { id, name } = future();
    catalogue.locate(TRACK, name);
    const foreseen = catalogue.get(id);
    const details = parse({ first: 8, count: 3 });
    expect(catalogue.update(TRACK, details).at(-1)?.id).toBe(id);
    expect(catalogue.of(details.fragments[2]!)).toBe(foreseen);
    expect(foreseen?.fragment).toBe(details.fragments[2]);
  });

  test("is another one when the playlist lists something else under its number", () => {
    const catalogue = opened();
    const { id, name } = future();
    catalogue.locate(TRACK, name);
    const uri = (n: number): string => (n === 10 ? "ad.ts" : `s${String(n)}.ts`);
    const details = parse({ first: 8, count: 3, uri });
    catalogue.update(TRACK, details);
    expect(catalogue.of(details.fragments[2]!)?.id).not.toBe(id);
    expect(catalogue.get(id)?.fragment.relurl).toBe("s10.ts");
  });

  test("is not guessed at: an address that does not have its name is none", () => {
    const catalogue = opened();
    const { id, name } = future({ uri: (n) => `ad${String(n)}.ts` });
    expect(catalogue.locate(TRACK, name)).toBe(false);
    expect(catalogue.get(id)).toBeUndefined();
  });

  test.each([
    ["no playlist", { count: 0 }],
    ["one segment alone", { first: 9, count: 1 }],
    ["names that do not tell", { uri: (n: number) => `${"abcdefghijk".charAt(n)}.ts` }],
    ["byte ranges", { tags: (n: number) => `#EXT-X-BYTERANGE:1000@${String(1000 * n)}\n`, uri: () => "all.mp4" }],
  ])("cannot be located after %s", (_, window) => {
    expect(opened(window).locate(TRACK, future(window).name)).toBe(false);
  });

  test("is named by the site where it names segments", () => {
    const segmentKey: SegmentKey = ({ kind, url, sequence }) => `${kind} ${url.slice(-6)} ${String(sequence)}`;
    const named = new SegmentCatalogue(segmentKey);
    const name = named.update(TRACK, parse({ first: 10, count: 1 }))[0]!.name;
    expect(opened({}, segmentKey).locate(TRACK, name)).toBe(true);
    expect(opened({}, () => false).locate(TRACK, name)).toBe(false);
  });

  test("is not located where every address has its name", () => {
    const segmentKey: SegmentKey = ({ sequence }) => String(sequence);
    const name = new SegmentCatalogue(segmentKey).update(TRACK, parse({ first: 10, count: 1 }))[0]!.name;
    expect(opened({}, segmentKey).locate(TRACK, name)).toBe(false);
  });
});
