import { describe, expect, test } from "vitest";
import {
  isNoMedia,
  rangeHeader,
  readAnswer,
  resourceRange,
  type ByteRange,
  type HostTraits,
  type Part,
} from "./http-answer.ts";

const FRESH: HostTraits = { ranges: "untried", lengths: "untried" };

function answer(
  status: number,
  headers: Record<string, string>,
  asked?: Part,
  {
    byteRange,
    cors = false,
    lengths = "untried",
  }: { byteRange?: ByteRange; cors?: boolean; lengths?: HostTraits["lengths"] } = {},
) {
  const head = { status, type: cors ? "cors" : "basic", headers: new Headers(headers) } as const;
  return readAnswer(head, asked, byteRange, { ...FRESH, lengths });
}

describe("the whole segment", () => {
  const whole = { kind: "body", ranged: false, suspect: false, firstByte: 0, skip: 0 };

  test.each([
    ["its length is Content-Length", { "content-length": "900" }, {}, { bodyBytes: 900, byteLength: 900 }],
    ["no length without one", {}, {}, {}],
    ["no length when it is compressed", { "content-length": "900", "content-encoding": "gzip" }, {}, {}],
    [
      "identity is not compressed",
      { "content-length": "9", "content-encoding": "identity" },
      {},
      { bodyBytes: 9, byteLength: 9 },
    ],
    ["nonsense is no length", { "content-length": "9, 9" }, {}, {}],
    [
      "another origin: the length is doubtful at first",
      { "content-length": "900" },
      { cors: true },
      { doubtfulBytes: 900 },
    ],
    [
      "then believed",
      { "content-length": "900" },
      { cors: true, lengths: "true" },
      { bodyBytes: 900, byteLength: 900 },
    ],
    ["or never", { "content-length": "900" }, { cors: true, lengths: "coded" }, {}],
  ] as const)("%s", (_, headers, options, expected) => {
    expect(answer(200, headers, undefined, options)).toEqual({ ...whole, ...expected });
  });

  test("a range that was ignored brings it too", () => {
    expect(answer(200, { "content-length": "900" }, { from: 100, to: 200 })).toEqual({
      ...whole,
      bodyBytes: 900,
      byteLength: 900,
    });
  });

  test("a segment that is a byte range is cut out of the resource when the range was ignored", () => {
    const got = answer(200, { "content-length": "9000" }, { from: 0 }, { byteRange: { start: 1000, end: 1500 } });
    expect(got).toEqual({ ...whole, skip: 1000, take: 500, byteLength: 500, bodyBytes: 9000 });
  });
});

describe("a part", () => {
  const part = { kind: "body", ranged: true, suspect: false, skip: 0 };

  test.each([
    [
      "exactly as asked",
      { from: 100, to: 200 },
      "bytes 100-199/900",
      "100",
      { firstByte: 100, take: 100, bodyBytes: 100, byteLength: 900 },
    ],
    [
      "of a total nobody knows",
      { from: 100, to: 200 },
      "bytes 100-199/*",
      "100",
      { firstByte: 100, take: 100, bodyBytes: 100 },
    ],
    ["to the end", { from: 100 }, "bytes 100-899/900", "800", { firstByte: 100, bodyBytes: 800, byteLength: 900 }],
    [
      "short at the end",
      { from: 800, to: 999 },
      "bytes 800-899/900",
      "100",
      { firstByte: 800, take: 199, bodyBytes: 100, byteLength: 900 },
    ],
    [
      "exactly as asked, Content-Range hidden",
      { from: 100, to: 200 },
      "",
      "100",
      { firstByte: 100, take: 100, bodyBytes: 100 },
    ],
    ["to the end, Content-Range hidden", { from: 100 }, "", "800", { firstByte: 100, bodyBytes: 800, byteLength: 900 }],
    [
      "short, Content-Range hidden",
      { from: 800, to: 999 },
      "",
      "100",
      { firstByte: 800, take: 199, bodyBytes: 100, byteLength: 900 },
    ],
    ["of no length at all", { from: 100, to: 200 }, "", "", { firstByte: 100, take: 100 }],
  ])("%s", (_, asked, contentRange, contentLength, expected) => {
    const headers = {
      ...(contentRange && { "content-range": contentRange }),
      ...(contentLength && { "content-length": contentLength }),
    };
    expect(answer(206, headers, asked)).toEqual({ ...part, ...expected });
  });

  test("the end that a doubtful length suggests is not believed before the body has come", () => {
    const got = answer(206, { "content-length": "100" }, { from: 800, to: 999 }, { cors: true });
    expect(got).toEqual({ ...part, firstByte: 800, take: 199, doubtfulBytes: 100 });
  });

  test("of a byte range: offsets are within the segment", () => {
    const got = answer(
      206,
      { "content-range": "bytes 1100-1199/9000" },
      { from: 100, to: 200 },
      { byteRange: { start: 1000, end: 1500 } },
    );
    expect(got).toEqual({ ...part, firstByte: 100, take: 100, bodyBytes: 100, byteLength: 500 });
  });

  test("206 that nobody asked for is the whole if it says so", () => {
    expect(answer(206, { "content-range": "bytes 0-899/900" })).toMatchObject({ firstByte: 0, byteLength: 900 });
    expect(answer(206, { "content-range": "bytes 0-99/900" })).toEqual({ kind: "unusable" });
  });

  test.each([
    ["another place", { from: 100, to: 200 }, { "content-range": "bytes 0-99/900" }],
    ["less, though more is there", { from: 100, to: 200 }, { "content-range": "bytes 100-149/900" }],
    ["more", { from: 100, to: 200 }, { "content-range": "bytes 100-299/900" }],
    ["more, Content-Range hidden", { from: 100, to: 200 }, { "content-length": "900" }],
    ["compressed", { from: 100, to: 200 }, { "content-range": "bytes 100-199/900", "content-encoding": "br" }],
  ])("%s is not usable", (_, asked, headers) => {
    expect(answer(206, headers, asked)).toEqual({ kind: "unusable" });
  });

  test("less of a byte range than the playlist says is not usable", () => {
    const got = answer(206, { "content-length": "99" }, { from: 0 }, { byteRange: { start: 1000, end: 1500 } });
    expect(got).toEqual({ kind: "unusable" });
  });
});

describe("no body", () => {
  test("416 after the end is void, and may tell the size", () => {
    expect(answer(416, { "content-range": "bytes */900" }, { from: 1000 })).toEqual({ kind: "void", byteLength: 900 });
    expect(answer(416, {}, { from: 1000 })).toEqual({ kind: "void" });
  });

  test("416 is a refusal where there must be bytes", () => {
    expect(answer(416, {}, { from: 0, to: 10 })).toEqual({ kind: "refused", status: 416 });
    expect(answer(416, {}, undefined)).toEqual({ kind: "refused", status: 416 });
    expect(answer(416, {}, { from: 10 }, { byteRange: { start: 0, end: 20 } })).toEqual({
      kind: "refused",
      status: 416,
    });
  });

  test.each([204, 304, 403, 404, 500, 503])("%i is a refusal", (status) => {
    expect(answer(status, { "content-length": "900" }, { from: 1 })).toEqual({ kind: "refused", status });
  });
});

test.each([
  ["a part", { from: 100, to: 200 }, undefined, "bytes=100-199"],
  ["the rest", { from: 100 }, undefined, "bytes=100-"],
  ["a part of a byte range", { from: 100, to: 200 }, { start: 1000, end: 1500 }, "bytes=1100-1199"],
  ["the rest of a byte range", { from: 100 }, { start: 1000, end: 1500 }, "bytes=1100-1499"],
] as const)("Range for %s", (_, part, byteRange, header) => {
  expect(rangeHeader(resourceRange(part, byteRange))).toBe(header);
});

test.each([
  ["a page", "text/html; charset=utf-8", "<!doctype html>", true],
  ["a page after an empty line", "text/html", "\r\n <html>", true],
  ["a page after a byte order mark", "text/html", "\u00ef\u00bb\u00bf<html>", true],
  ["a message", "application/json", "{", true],
  ["a storage error", "application/xml", "<Error>", true],
  ["a playlist", "application/vnd.apple.mpegurl", "#EXTM3U\n#EXTINF", true],
  ["a playlist that says to be media", "video/mp2t", "#EXTM3U", true],
  ["a transport stream of the wrong type", "text/html", "G@", false],
  ["media", "video/mp4", "<", false],
  ["nothing yet", "text/html", "", false],
])("[T7] [IN28] %s is media or not", (_, type, text, expected) => {
  const begin = Uint8Array.from(text, (character) => character.charCodeAt(0));
  expect(isNoMedia(new Headers({ "content-type": type }), begin)).toBe(expected);
});

test.each([
  ["a plain success", 200, {}, undefined, false],
  ["one of no known type", 200, { "content-type": "application/octet-stream" }, undefined, false],
  ["one of the type that servers give what they do not know", 200, { "content-type": "text/plain" }, undefined, false],
  ["a compressed one", 200, { "content-encoding": "br" }, undefined, false],
  ["the type of a page", 200, { "content-type": "text/html; charset=utf-8" }, undefined, true],
  ["the type of a playlist", 200, { "content-type": "application/x-mpegURL" }, undefined, true],
  ["a coding that may still be on it", 200, { "content-encoding": "aws-chunked" }, undefined, true],
  ["what a proxy has changed", 203, {}, undefined, true],
  ["what is still being made", 202, {}, undefined, true],
  ["a part that was asked for", 206, {}, { from: 0, to: 100 }, false],
  [
    "a part that nobody asked for, and that shows to be all",
    206,
    { "content-range": "bytes 0-9/10" },
    undefined,
    false,
  ],
  ["a part that nobody asked for", 206, { "content-length": "10" }, undefined, true],
  ["a part of the wrong type", 206, { "content-type": "text/html" }, { from: 0, to: 100 }, true],
] as const)("[T7] [IN28] %s", (_, status, headers, asked, suspect) => {
  expect(answer(status, headers, asked)).toMatchObject({ kind: "body", suspect });
});
