import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CHUNK_BYTES } from "./limits.ts";
import {
  chunkInput,
  HASH_BYTES,
  HASHED_CHUNKS_MAX,
  hashesAddress,
  parseRoot,
  printRoot,
  ROOT_TAG,
  rootInput,
  rootLabel,
} from "./segment-root.ts";

const HASH = "00112233445566778899aabbccddeeff";
const ADDRESS = { sequence: 7, uri: "media/seg-7.ts" };

describe("[IN1] the tag", () => {
  test("says the root and the size, and is read back", () => {
    const root = { hash: HASH, byteLength: 70_000 };
    expect(printRoot(root)).toBe(`#${ROOT_TAG}:${HASH},70000`);
    expect(parseRoot(`${HASH},70000`, ADDRESS)).toEqual({ ...root, label: rootLabel(ADDRESS, 70_000) });
  });

  test("[IN23] has a signature behind that, where there is one", () => {
    const signature = "5a".repeat(64);
    const value = `${HASH},70000,${signature}`;
    expect(printRoot({ hash: HASH, byteLength: 70_000 }, signature)).toBe(`#${ROOT_TAG}:${value}`);
    const playlistUrl = "https://cdn.test/live/720p/index.m3u8";
    expect(parseRoot(value, ADDRESS, playlistUrl)?.signed).toEqual({ signature, playlistUrl });
  });

  test.each([
    ["", "nothing"],
    [HASH, "no size"],
    [`${HASH},0`, "an empty segment"],
    [`${HASH},007`, "a size in another form"],
    [`${HASH.toUpperCase()},7`, "capitals"],
    [`${HASH}00,7`, "a longer hash"],
    [`${HASH},7,8`, "more than there is to say"],
    [`${HASH},7,${"5a".repeat(63)}`, "a short signature"],
    [`${HASH},7,${"5A".repeat(64)}`, "a signature in capitals"],
    [`${HASH},${String(HASHED_CHUNKS_MAX * CHUNK_BYTES + 1)}`, "a segment above the bound"],
  ])("is no root of ours: %s (%s)", (value) => {
    expect(parseRoot(value, ADDRESS)).toBeUndefined();
  });

  test("of any text is a root or none, and throws nothing", () => {
    fc.assert(
      fc.property(fc.string(), (value) => {
        const root = parseRoot(value, ADDRESS);
        expect(root === undefined || printRoot(root, root.signed?.signature) === `#${ROOT_TAG}:${value}`).toBe(true);
      }),
    );
  });
});

describe("[IN3] what a root binds", () => {
  test("is the place of the segment as everybody knows it: tokens, hosts and folders do not count", () => {
    const label = rootLabel(ADDRESS, 9);
    expect(rootLabel({ sequence: 7, uri: "https://cdn.test/x/seg-7.ts?token=a#b" }, 9)).toBe(label);
    expect(rootLabel({ sequence: 7, uri: "seg-7.ts" }, 9)).toBe(label);
  });

  test("differs where sequence number, file, byte range or size do", () => {
    const ranges = [undefined, { start: 0, end: 5 }, { start: 5, end: 10 }];
    const labels = [7, 8].flatMap((sequence) =>
      ["a.ts", "b.ts", "ä b.ts"].flatMap((uri) =>
        ranges.flatMap((byteRange) => [5, 6].map((size) => rootLabel({ sequence, uri, byteRange }, size))),
      ),
    );
    expect(new Set(labels).size).toBe(36);
  });

  test("never is what is hashed of a chunk, and no two labels and lists of hashes are hashed alike", () => {
    const hashes = fc.uint8Array({ minLength: HASH_BYTES, maxLength: 2 * HASH_BYTES });
    const address = fc.record({ sequence: fc.nat(), uri: fc.webPath() });
    fc.assert(
      fc.property(fc.tuple(address, hashes), fc.tuple(address, hashes), ([a, ours], [b, theirs]) => {
        const [one, other] = [rootLabel(a, ours.length), rootLabel(b, theirs.length)];
        const input = rootInput(one, ours);
        expect(input).not.toEqual(chunkInput(input.subarray(1)));
        const same = one === other && ours.join() === theirs.join();
        expect(rootInput(other, theirs).join() === input.join()).toBe(same);
      }),
    );
  });
});

test.each([
  ["seg-7.ts", undefined, "seg-7.ts.hashes"],
  ["https://cdn.test/a/seg-7.ts?token=x#t", undefined, "https://cdn.test/a/seg-7.ts.hashes?token=x#t"],
  ["all.mp4", { start: 100, end: 250 }, "all.mp4.100-250.hashes"],
])("[IN4] the hashes of %s, %j are at %s", (uri, byteRange, address) => {
  expect(hashesAddress(uri, byteRange)).toBe(address);
});
