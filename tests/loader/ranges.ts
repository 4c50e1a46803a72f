/** What real servers do with ranges, met by a real browser from another origin. */
import { describe, expect, test, vi } from "vitest";
import type { Stage } from "./stage.ts";

export function proveRanges(stage: Stage): void {
  const FILE = "s1.m4s";
  const PARTS = [{ from: 0, to: 32_768 }, { from: 65_536 }];

  describe.each([false, true])("through hls.js's own loader: %s", (withXhrSetup) => {
    test.each(["well", "hides-content-range"])(
      "a server that serves %s gives exactly what is asked for",
      async (way) => {
        const viewer = `ranges-${way}-${String(withXhrSetup)}`;
        const parts = await stage.call("fetchParts", { url: stage.url(way, viewer), parts: PARTS, withXhrSetup });
        const { length } = stage.origin.bytes(FILE);
        expect(
          parts.map(({ answer, outcome, sha256 }) => [answer?.firstByte, answer?.ranged, outcome.outcome, sha256]),
        ).toEqual([
          [0, true, "complete", stage.sha256(FILE, 0, 32_768)],
          [65_536, true, "complete", stage.sha256(FILE, 65_536)],
        ]);
        const end = withXhrSetup ? String(65_536 + 128 * 1024 * 1024 - 1) : "";
        expect(stage.origin.countsOf(viewer)).toEqual({
          abandoned: 0,
          bytes: 32_768 + length - 65_536,
          requests: [`${FILE} bytes=0-32767`, `${FILE} bytes=65536-${end}`],
        });
        expect(parts[1]?.outcome).toMatchObject({ byteLength: length });
        expect(stage.origin.preflights).toBe(0);
      },
    );

    test.each([
      ["no-ranges", 2],
      ["refuses-ranges", 3],
      ["wrong-range", 3],
    ])("a server with %s gives everything instead, found out once", async (way, requests) => {
      const viewer = `ranges-${way}-${String(withXhrSetup)}`;
      const parts = await stage.call("fetchParts", { url: stage.url(way, viewer), parts: PARTS, withXhrSetup });
      for (const { answer, outcome, sha256 } of parts) {
        expect(answer).toMatchObject({ firstByte: 0, ranged: false });
        expect(outcome).toMatchObject({ outcome: "complete", byteLength: stage.origin.bytes(FILE).length });
        expect(sha256).toBe(stage.sha256(FILE));
      }
      const made = stage.origin.countsOf(viewer).requests;
      expect(made).toHaveLength(requests);
      expect(made.slice(1)).toEqual(made.slice(1).map(() => FILE));
    });

    test.each(["1.5", "1.6", "1.7", "1.7 light"] as const)("hls.js %s: ahead of the playlist", async (version) => {
      const viewer = `ahead-${version.replace(" ", "-")}-${String(withXhrSetup)}`;
      const url = stage.url("well", viewer, "short.m3u8");
      const parts = [{ from: 0 }, { from: 1000, to: 2000 }];
      const fetched = await stage.call("fetchParts", { version, url, parts, withXhrSetup, unlisted: true });
      expect(fetched.map(({ sha256 }) => sha256)).toEqual([stage.sha256("s3.m4s"), stage.sha256("s3.m4s", 1000, 2000)]);
      expect(stage.origin.countsOf(viewer).requests).toEqual(["s3.m4s", "s3.m4s bytes=1000-1999"]);
    });

    test("a part after the end is void", async () => {
      const url = stage.url("well", "void");
      const [part] = await stage.call("fetchParts", { url, parts: [{ from: 10_000_000 }], withXhrSetup });
      expect(part?.outcome).toMatchObject({ outcome: "void", status: 416 });
    });
  });

  test("a compressed segment arrives whole, and its compressed length is not taken for its own", async () => {
    const parts = await stage.call("fetchParts", {
      url: stage.url("compresses", "gzip"),
      parts: [{ from: 0 }, { from: 0 }],
    });
    const byteLength = stage.origin.bytes(FILE).length;
    for (const { answer, outcome, sha256 } of parts) {
      expect(answer).toEqual({ firstByte: 0, ranged: true });
      expect(outcome).toEqual({ outcome: "complete", status: 200, byteLength });
      expect(sha256).toBe(stage.sha256(FILE));
    }
  });

  test("a length that proved true is told at the head of the next answer", async () => {
    const parts = await stage.call("fetchParts", {
      url: stage.url("well", "lengths"),
      parts: [{ from: 0 }, { from: 0 }],
    });
    const byteLength = stage.origin.bytes(FILE).length;
    expect(parts.map(({ answer }) => answer)).toEqual([
      { firstByte: 0, ranged: true },
      { firstByte: 0, ranged: true, byteLength },
    ]);
  });

  test("bytes are handed over as they arrive, and an abort ends the request", async () => {
    const url = stage.url("never-ends", "streamed");
    const bytes = await stage.call("fetchFirstBytes", { url, parts: [{ from: 0 }] });
    expect(bytes).toBeGreaterThan(0);
    await vi.waitFor(() => {
      expect(stage.origin.countsOf("streamed").abandoned).toBe(1);
    });
  });

  test.each([
    ["breaks-off", 0],
    ["hangs-up", 0],
    ["missing", 404],
    ["broken", 500],
    ["apologises", 200],
  ])("a server that %s has failed", async (way, status) => {
    const [part] = await stage.call("fetchParts", { url: stage.url(way, "failing"), parts: [{ from: 0 }] });
    expect(part?.outcome).toEqual({ outcome: "failed", status });
  });

  test.each(["well", "no-ranges"])("segments of one file, from a server that serves %s", async (way) => {
    const viewer = `one-file-${way}`;
    const url = stage.url(way, viewer, "ranged.m3u8");
    const parts = await stage.call("fetchParts", { url, parts: [{ from: 0 }, { from: 1000, to: 2000 }] });
    const { length } = stage.origin.bytes(FILE);
    expect(parts[0]?.sha256).toBe(stage.sha256(FILE));
    expect(parts[0]?.answer).toMatchObject({ firstByte: 0, byteLength: length });
    expect(parts[1]?.sha256).toBe(way === "well" ? stage.sha256(FILE, 1000, 2000) : stage.sha256(FILE));
  });
}
