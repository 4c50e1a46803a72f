import { describe, expect, test } from "vitest";
import { aSegment, hold, pictureOf } from "../../../testkit/swarm-parts.ts";
import { CHUNK_BYTES } from "../../protocol/limits.ts";
import { FETCHING, HELD, MISSING, REQUESTED } from "./segment.ts";

describe("how large a segment is", () => {
  test("is unknown at first, and told by the origin for good", () => {
    const segment = aSegment();
    expect([segment.byteLength, segment.chunkCount, segment.expectedChunks]).toEqual([undefined, undefined, 0]);
    segment.learnSize(3 * CHUNK_BYTES, true);
    expect([segment.byteLength, segment.chunkCount, segment.expectedChunks]).toEqual([3 * CHUNK_BYTES, 3, 3]);
    segment.learnSize(9 * CHUNK_BYTES, false);
    expect(segment.chunkCount).toBe(3);
  });

  test.each([
    [1, 1],
    [CHUNK_BYTES - 1, 1],
    [CHUNK_BYTES, 1],
    [CHUNK_BYTES + 1, 2],
    [2 * CHUNK_BYTES, 2],
  ])("[ID6] %i bytes are %i chunks", (bytes, chunks) => {
    const segment = aSegment();
    segment.learnSize(bytes, true);
    expect(segment.chunkCount).toBe(chunks);
  });

  test("[ID4] is taken from a peer until the origin says otherwise", () => {
    const segment = aSegment();
    expect(segment.learnSize(4 * CHUNK_BYTES, false)).toBe(true);
    expect(segment.learnSize(5 * CHUNK_BYTES, false)).toBe(false);
    expect(segment.learnSize(6 * CHUNK_BYTES, true)).toBe(true);
    expect([segment.chunkCount, segment.sizeProven]).toEqual([6, true]);
  });

  test("is news once: the mean of the last segments must not count one of them for each of its ranges", () => {
    const segment = aSegment();
    expect([1, 2, 3].map(() => segment.learnSize(CHUNK_BYTES, true))).toEqual([true, false, false]);
  });

  test("[ID4] is not taken from a peer against what is held", () => {
    const segment = aSegment();
    hold(segment, [0, 5]);
    expect(segment.learnSize(5 * CHUNK_BYTES, false)).toBe(false);
    expect(segment.learnSize(6 * CHUNK_BYTES - 1, false)).toBe(false);
    expect(segment.learnSize(6 * CHUNK_BYTES, false)).toBe(true);
  });

  test.each([
    ["the origin", "origin"],
    ["a peer", "peer"],
  ] as const)("shows by a short chunk from %s, which is the last", (_, source) => {
    const segment = aSegment();
    hold(segment, [0], source);
    segment.hold(1, source, 100);
    expect([segment.byteLength, segment.complete]).toEqual([CHUNK_BYTES + 100, true]);
    expect(segment.sizeProven).toBe(source === "origin");
  });

  test("shows by a 416 behind a chunk that is held", () => {
    const segment = aSegment();
    hold(segment, [0, 1]);
    segment.endsBefore(2);
    expect([segment.byteLength, segment.complete]).toEqual([2 * CHUNK_BYTES, true]);
  });

  test("shows by a full chunk before a place where a 416 has said that nothing is", () => {
    const segment = aSegment();
    segment.setState(4, REQUESTED);
    segment.endsBefore(2);
    expect([segment.expectedChunks, segment.byteLength]).toEqual([2, undefined]);
    hold(segment, [1, 0]);
    expect([segment.byteLength, segment.complete]).toEqual([2 * CHUNK_BYTES, true]);
  });

  test("a 416 proves a peer's word wrong, and no peer may repeat it", () => {
    const segment = aSegment();
    segment.learnSize(9 * CHUNK_BYTES, false);
    segment.endsBefore(5);
    expect([segment.byteLength, segment.expectedChunks]).toEqual([undefined, 0]);
    expect(segment.learnSize(9 * CHUNK_BYTES, false)).toBe(false);
    expect(segment.learnSize(5 * CHUNK_BYTES, false)).toBe(true);
  });

  test("bytes of the origin beyond what a peer has told prove it wrong, too", () => {
    const segment = aSegment();
    segment.learnSize(2 * CHUNK_BYTES, false);
    hold(segment, [0, 1, 2]);
    expect([segment.heldCount, segment.complete]).toEqual([3, false]);
    segment.learnSize(3 * CHUNK_BYTES, true);
    expect(segment.complete).toBe(true);
  });
});

describe("a chunk", () => {
  test("is held once, by its source", () => {
    const segment = aSegment({ chunks: 3 });
    hold(segment, [0], "peer");
    hold(segment, [2], "origin");
    expect([0, 1, 2].map((chunk) => segment.sourceOf(chunk))).toEqual(["peer", undefined, "origin"]);
    expect([segment.peerBytes, segment.originBytes, segment.heldCount]).toEqual([CHUNK_BYTES, CHUNK_BYTES, 2]);
    expect(() => segment.hold(0, "peer", CHUNK_BYTES)).toThrow("held once");
    expect(() => segment.setState(0, MISSING)).toThrow("stays held");
  });

  const sized = (bytes: number): ReturnType<typeof aSegment> => {
    const segment = aSegment();
    segment.learnSize(bytes, true);
    return segment;
  };

  test.each([
    ["short in the middle", 0, CHUNK_BYTES - 1],
    ["full at the short end", 2, CHUNK_BYTES],
    ["past the end", 3, CHUNK_BYTES],
    ["short past the end", 3, 10],
  ])("that is %s is not this segment's, and is not held", (_, chunk, bytes) => {
    const segment = sized(2 * CHUNK_BYTES + 10);
    expect(segment.hold(chunk, "peer", bytes)).toBe(false);
    expect([segment.heldCount, segment.peerBytes, segment.stateOf(chunk)]).toEqual([0, 0, MISSING]);
  });

  test("past the end never completes a segment in place of one within", () => {
    const segment = sized(3 * CHUNK_BYTES);
    for (const chunk of [0, 1, 7]) segment.hold(chunk, "peer", CHUNK_BYTES);
    expect(segment.complete).toBe(false);
    expect(segment.hold(2, "peer", CHUNK_BYTES)).toBe(true);
    expect(segment.complete).toBe(true);
  });
});

describe("what the origin is sending", () => {
  test("is coming; what is held or asked of peers is left alone", () => {
    const segment = aSegment({ chunks: 6 });
    hold(segment, [1]);
    segment.setState(2, REQUESTED);
    segment.fetch(0, 5);
    expect(pictureOf(segment)).toBe("~#?~~.");
    segment.unfetch(0, 5);
    expect(pictureOf(segment)).toBe(".#?...");
  });

  test("to the end of an unknown size is coming whatever the size turns out to be", () => {
    const segment = aSegment();
    segment.fetch(0, undefined);
    hold(segment, [0, 1]);
    expect(pictureOf(segment)).toBe("##~");
    expect(segment.stateOf(50)).toBe(FETCHING);
    segment.learnSize(5 * CHUNK_BYTES, true);
    expect(pictureOf(segment)).toBe("##~~~");
    expect(segment.stateOf(50)).toBe(MISSING);
  });

  test("from somewhere to the end leaves what is before it missing, however the size is learned", () => {
    const segment = aSegment();
    segment.fetch(3, undefined);
    segment.learnSize(2 * CHUNK_BYTES, false);
    expect(pictureOf(segment)).toBe("..");
    segment.learnSize(5 * CHUNK_BYTES, true);
    expect(pictureOf(segment)).toBe("...~~");
  });

  test("that broke off is missing again", () => {
    const segment = aSegment();
    segment.fetch(0, undefined);
    hold(segment, [0]);
    segment.unfetch(0, undefined);
    expect([pictureOf(segment), segment.stateOf(9)]).toEqual(["#", MISSING]);
  });
});

describe("a notice", () => {
  test("is kept per chunk and says nothing of the size", () => {
    const segment = aSegment();
    segment.notice(40, 1000);
    expect([segment.noticedAt[40], segment.noticedAt[39], segment.expectedChunks]).toEqual([1000, -Infinity, 0]);
  });

  test("to the end covers chunks that turn out to exist later", () => {
    const segment = aSegment();
    segment.noticeRest(2, 1000);
    segment.learnSize(6 * CHUNK_BYTES, true);
    expect([...segment.noticedAt]).toEqual([-Infinity, -Infinity, 1000, 1000, 1000, 1000]);
  });

  test("of chunks past the end is ignored: a bitmap must not outgrow its segment", () => {
    const segment = aSegment({ chunks: 7 });
    hold(segment, [0]);
    segment.notice(12, 1000);
    expect(segment.offeredBitmap()).toEqual(Uint8Array.of(1));
    expect(segment.noticedAt.length).toBe(7);
  });
});

describe("a segment that starts over", () => {
  test("[SW62] holds nothing, and keeps the origin's word on its size only", () => {
    const [told, proven] = [aSegment(), aSegment({ chunks: 4 })];
    told.learnSize(4 * CHUNK_BYTES, false);
    for (const segment of [told, proven]) {
      hold(segment, [0, 1], "peer");
      segment.fetch(2, 4);
      segment.reset();
      expect([segment.heldCount, segment.peerBytes, segment.stateOf(0)]).toEqual([0, 0, MISSING]);
    }
    expect([told.byteLength, proven.byteLength]).toEqual([undefined, 4 * CHUNK_BYTES]);
    expect(pictureOf(proven)).toBe("..~~");
    expect(proven.hold(0, "origin", CHUNK_BYTES)).toBe(true);
    expect(proven.stateOf(0)).toBe(HELD);
  });
});
