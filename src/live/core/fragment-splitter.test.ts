import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { FragmentSplitter, type Cut } from "./fragment-splitter.ts";
import { MediaError } from "./iso-boxes.ts";

/** Ten frames a second, a key frame every two seconds, parts of half a second. */
const file = new Uint8Array(
  await readFile(new URL("../../../testkit/origin/low-latency-stream/parts.mp4", import.meta.url)),
);

function split(pieceBytes: number): readonly Cut[] {
  const splitter = new FragmentSplitter();
  const cuts: Cut[] = [];
  for (let at = 0; at < file.length; at += pieceBytes) cuts.push(...splitter.push(file.subarray(at, at + pieceBytes)));
  return cuts;
}

const fragmentsOf = (cuts: readonly Cut[]) => cuts.flatMap((cut) => (cut.type === "fragment" ? cut.fragment : []));

test("[LI43] an init segment says what its tracks are", () => {
  const [cut] = split(file.length);
  if (cut?.type !== "init") throw new Error("no init segment");
  const [track, ...others] = cut.init.tracks;
  expect(others).toEqual([]);
  expect(track).toMatchObject({ kind: "video", timescale: 10_000, size: { width: 160, height: 90 } });
  expect(track?.codec).toMatch(/^avc1\.4d[0-9a-f]{4}$/);
});

test("[LI43] every fragment says when it begins, how long it lasts, and whether with a key frame", () => {
  const fragments = fragmentsOf(split(file.length));
  expect(fragments.map(({ start }) => start)).toEqual(Array.from({ length: 16 }, (_, index) => index / 2));
  expect(fragments.every(({ duration, frames }) => duration === 0.5 && frames === 5)).toBe(true);
  expect(fragments.map(({ isIndependent }) => isIndependent)).toEqual(
    Array.from({ length: 16 }, (_, index) => index % 4 === 0),
  );
});

test.each([1, 7, 1000, 100_000])("[LI43] nothing is lost or changed in pieces of %i bytes", (pieceBytes) => {
  const cuts = split(pieceBytes);
  const bytes = cuts.map((cut) => (cut.type === "init" ? cut.init.bytes : cut.fragment.bytes));
  expect(Buffer.compare(Buffer.concat(bytes), file)).toBe(0);
  expect(cuts.map(({ type }) => type)).toEqual(["init", ...Array.from({ length: 16 }, () => "fragment")]);
});

test("[LI43] an index at the end belongs to no fragment", () => {
  const splitter = new FragmentSplitter();
  splitter.push(file);
  expect(splitter.push(Uint8Array.of(0, 0, 0, 8, ...Buffer.from("mfra")))).toEqual([]);
  const [again] = splitter.push(file);
  expect(again?.type === "init" && again.init.bytes[7]).toBe("p".charCodeAt(0)); // of "ftyp"
});

test.each<[string, (bytes: Uint8Array) => void]>([
  ["a box shorter than its header", (bytes) => bytes.set([0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3])],
  ["a box larger than any fragment", (bytes) => bytes.set([0xff, 0xff, 0xff, 0xff])],
  ["a box within that reaches out", (bytes) => bytes.set([0xff], boxAt(bytes, "trak") - 2)],
  ["a run that is cut short", (bytes) => bytes.set([0xff], boxAt(bytes, "trun") + 8)],
  ["a fragment of another track", (bytes) => bytes.set([9], boxAt(bytes, "tfhd") + 8)],
])("[LI43] %s is no media", (_name, spoil) => {
  const bytes = file.slice();
  spoil(bytes);
  expect(() => new FragmentSplitter().push(bytes)).toThrow(MediaError);
});

/** Where the type of the first such box stands. */
const boxAt = (bytes: Uint8Array, type: string): number => Buffer.from(bytes).indexOf(type, 0, "latin1");
