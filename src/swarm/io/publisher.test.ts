import { generateKeyPairSync } from "node:crypto";
import { afterEach, describe, expect, test, vi } from "vitest";
import { SILENT } from "../../base/logger.ts";
import { parseRoot, printRoot, rootLabel, type SegmentAddress, type SegmentRoot } from "../../protocol/segment-root.ts";
import { PublisherKey } from "../../signer/publisher-key.ts";
import { hasSigned } from "./publisher.ts";

const KEY = generateKeyPairSync("ed25519").privateKey;
const HASH = "00112233445566778899aabbccddeeff";
const SEVENTH = { sequence: 7, uri: "seg-7.m4s", byteRange: { start: 100, end: 600 } };
const PLAYLIST = "https://cdn.test/live/720p/index.m3u8?token=1";

/** The value of the tag that a signer gives the segment of 500 bytes at `address`. */
function tagOf(address: SegmentAddress, { stream = "", rendition = "720p/index.m3u8", hash = HASH } = {}): string {
  const root = { hash, byteLength: 500, label: rootLabel(address, 500) };
  const signature = new PublisherKey(KEY, stream).sign(root, rendition);
  return printRoot(root, signature).replace(/^[^:]*:/, "");
}

function read(value: string, address: SegmentAddress = SEVENTH, playlistUrl = PLAYLIST): SegmentRoot {
  const root = parseRoot(value, address, playlistUrl);
  if (!root) throw new Error("no root");
  return root;
}

const counts = (root: SegmentRoot, stream = "", { publicKey: key } = new PublisherKey(KEY, "")): Promise<boolean> =>
  hasSigned({ key, stream }, root, SILENT);

afterEach(() => {
  vi.restoreAllMocks();
});

describe("[IN24] a root counts", () => {
  test("that the publisher signed, wherever the CDN has mounted the stream", async () => {
    expect(await counts(read(tagOf(SEVENTH)))).toBe(true);
    for (const url of ["https://other.test/720p/index.m3u8", "https://cdn.test/edge/7/a/b/c/720p/index.m3u8#x"])
      expect(await counts(read(tagOf(SEVENTH), { ...SEVENTH, uri: "https://cdn.test/x/seg-7.m4s?t=2" }, url))).toBe(
        true,
      );
    expect(await counts(read(tagOf(SEVENTH, { stream: "Größe\n1" })), "Größe\n1")).toBe(true);
  });

  test("without a signature where the page names no publisher, and only there", async () => {
    const root = read(`${HASH},500`);
    expect(await hasSigned(undefined, root, SILENT)).toBe(true);
    expect(await counts(root)).toBe(false);
  });
});

describe("[T4] [IN25] what a CDN that is not trusted shows again does not count:", () => {
  test.each<[string, SegmentRoot]>([
    ["the root of n - 3 as that of n", read(tagOf({ ...SEVENTH, sequence: 4 }))],
    ["that of another file", read(tagOf({ ...SEVENTH, uri: "seg-8.m4s" }))],
    ["that of another rendition", read(tagOf(SEVENTH, { rendition: "240p/index.m3u8" }))],
    ["that of another byte range", read(tagOf({ ...SEVENTH, byteRange: { start: 600, end: 1100 } }))],
    ["that of another stream", read(tagOf(SEVENTH, { stream: "yesterday" }))],
    ["another size under the same signature", read(tagOf(SEVENTH).replace(",500,", ",501,"))],
    ["another hash under the same signature", read(tagOf(SEVENTH).replace(HASH, HASH.replace("00", "01")))],
    ["the same in a playlist at another place", read(tagOf(SEVENTH), SEVENTH, "https://cdn.test/240p/index.m3u8")],
    ["what nobody signed", read(`${HASH},500,${"0".repeat(128)}`)],
  ])("%s", async (_, root) => {
    expect(await counts(root)).toBe(false);
  });

  test("the root of a broadcast of yesterday under the same numbers, where broadcasts have names", async () => {
    const root = read(tagOf(SEVENTH, { stream: "news 2026-01-01" }));
    expect(await counts(root, "news 2026-01-02")).toBe(false);
    expect(await counts(root, "news 2026-01-01")).toBe(true);
  });
});

describe("[IN24] no root counts", () => {
  test("for another key, or for what is none", async () => {
    const other = new PublisherKey(generateKeyPairSync("ed25519").privateKey, "");
    expect(await counts(read(tagOf(SEVENTH)), "", other)).toBe(false);
    for (const key of ["", "00", "not hex", "z".repeat(64)])
      expect(await hasSigned({ key, stream: "" }, read(tagOf(SEVENTH)), SILENT)).toBe(false);
  });

  test("in a browser without Ed25519, which is said", async () => {
    vi.spyOn(crypto.subtle, "importKey").mockRejectedValue(new DOMException("Unrecognized name", "NotSupportedError"));
    const warned: string[] = [];
    const log = { ...SILENT, warn: (_: string, message: () => string) => void warned.push(message()) };
    const { publicKey: key } = new PublisherKey(KEY, "");
    expect(await hasSigned({ key, stream: "" }, read(tagOf(SEVENTH)), log)).toBe(false);
    expect(warned).toEqual([expect.stringContaining("no check of signatures here")]);
  });
});
