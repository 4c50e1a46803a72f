import { M3U8Parser, type LevelDetails, type PlaylistLevelType } from "hls.js";
import { describe, expect, test } from "vitest";
import { trackIdOf } from "../protocol/ids.ts";
import { partTrackOf } from "../playlist/stream-names.ts";
import { partsOf } from "./part-list.ts";
import { SegmentCatalogue } from "./segment-catalogue.ts";

const TRACK = partTrackOf(trackIdOf("hd"));
const HINT = '#EXT-X-PRELOAD-HINT:TYPE=PART,URI="s8.2.m4s"\n';

/** Segment 7 whole and in two parts, then parts of segment 8; as hls.js itself parses it. */
function parse({ open = 2, tail = HINT, partTarget = 2, ranges = false, base = BASE } = {}): LevelDetails {
  const uri = (sequence: number, part: number): string =>
    ranges ? `s${sequence}.m4s",BYTERANGE="1000@${1000 * part}` : `s${sequence}.${part}.m4s`;
  const part = (sequence: number, index: number): string =>
    `#EXT-X-PART:DURATION=2,URI="${uri(sequence, index)}"${index === 0 ? ",INDEPENDENT=YES" : ""}\n`;
  let text = `#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=6\n`;
  text += `#EXT-X-PART-INF:PART-TARGET=${partTarget}\n#EXT-X-MEDIA-SEQUENCE:7\n`;
  text += `${part(7, 0)}${part(7, 1)}#EXTINF:4,\ns7.m4s\n`;
  for (let index = 0; index < open; index++) text += part(8, index);
  return M3U8Parser.parseLevelPlaylist(text + tail, base, 0, "main" as PlaylistLevelType.MAIN, 0, null);
}
const BASE = "https://cdn.example/live/index.m3u8";

const numbers = (details: LevelDetails) =>
  partsOf(details).map(({ sequence, start, hinted }) => [sequence, start, hinted]);

describe("[ID12] parts", () => {
  test("have numbers that go on over segments, and the hint the next one", () => {
    expect(numbers(parse({ open: 1, tail: '#EXT-X-PRELOAD-HINT:TYPE=PART,URI="s8.1.m4s"\n' }))).toEqual([
      [14, 0, false],
      [15, 2, false],
      [16, 4, false],
      [17, 6, true],
    ]);
  });

  test("after a whole segment are hinted at as the first of the next", () => {
    const hint = numbers(parse({ open: 0, tail: '#EXT-X-PRELOAD-HINT:TYPE=PART,URI="s8.0.m4s"\n' })).at(-1);
    expect(hint).toEqual([16, 4, true]);
  });

  test("beyond what the targets let expect are left out, and so is a hint at one", () => {
    expect(numbers(parse({ open: 2 }))).toHaveLength(4);
    expect(numbers(parse({ open: 3, tail: "" }))).toHaveLength(4);
  });

  test("of a target that is rounded up are as many as they are", () => {
    expect(numbers(parse({ partTarget: 2.005, open: 1, tail: "" })).map(([sequence]) => sequence)).toEqual([
      14, 15, 16,
    ]);
  });

  test.each([
    ["an init segment", '#EXT-X-PRELOAD-HINT:TYPE=MAP,URI="init.mp4"\n'],
    ["the rest of a file", '#EXT-X-PRELOAD-HINT:TYPE=PART,URI="s8.m4s",BYTERANGE-START=1000\n'],
    ["nothing", ""],
  ])("are not foreseen by a hint at %s", (_, tail) => {
    expect(partsOf(parse({ open: 1, tail })).every(({ hinted }) => !hinted)).toBe(true);
  });

  test("are none where the stream has ended or never had any", () => {
    expect(partsOf(parse({ open: 0, tail: "#EXT-X-ENDLIST\n" }))).toEqual([]);
    expect(partsOf(parse({ partTarget: 0 }))).toEqual([]);
  });
});

describe("[ID12] a catalogue of parts", () => {
  test("keeps a hint's name once it is listed, and finds it by hls.js's part", () => {
    const catalogue = new SegmentCatalogue();
    const hinted = catalogue.updateParts(TRACK, parse({ open: 1, tail: HINT.replace("8.2", "8.1") })).at(-1)!;
    expect(hinted.hinted).toBe(true);
    expect(catalogue.get(hinted.id)).toMatchObject({
      hinted: true,
      part: { url: "https://cdn.example/live/s8.1.m4s" },
    });
    const details = parse({ open: 2, tail: "" });
    const listed = catalogue.updateParts(TRACK, details).at(-1)!;
    expect([listed.id, listed.hinted]).toEqual([hinted.id, undefined]);
    const part = details.partList!.at(-1)!;
    expect(catalogue.of(part)).toBe(catalogue.get(listed.id));
    expect(catalogue.of(part)).toMatchObject({ hinted: false, part });
  });

  test("tells byte ranges of one file apart, and their names do not tell the host", () => {
    const [names, elsewhere] = [BASE, BASE.replace("cdn", "b")].map((base) =>
      new SegmentCatalogue().updateParts(TRACK, parse({ ranges: true, base, tail: "" })).map(({ name }) => name),
    );
    expect(new Set(names?.map(({ tag }) => tag)).size).toBe(4);
    expect(names).toEqual(elsewhere);
  });

  test("gives the media sequence number to a site that names segments itself", () => {
    const asked: number[] = [];
    const key = ({ sequence, url }: { sequence: number; url: string }): string => {
      asked.push(sequence);
      return url;
    };
    new SegmentCatalogue(key).updateParts(TRACK, parse({ tail: "" }));
    expect(asked).toEqual([7, 7, 8, 8]);
  });

  test("cannot foresee an address", () => {
    const catalogue = new SegmentCatalogue();
    const { name } = catalogue.updateParts(TRACK, parse({ tail: "" })).at(-1)!;
    expect(catalogue.locate(TRACK, { ...name, sequence: name.sequence + 1 })).toBe(false);
  });
});
