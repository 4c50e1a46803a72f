import { describe, expect, test } from "vitest";
import { segmentIdOf, trackIdOf } from "../../protocol/ids.ts";
import { CHUNK_BYTES } from "../../protocol/limits.ts";
import type { SwarmEvent } from "../core/event.ts";
import { createMemoryStore } from "./memory-store.ts";
import { readOrigin } from "./origin-reader.ts";
import type { OriginRequest, OriginSink } from "./origin.ts";
import type { SegmentStore } from "./segment-store.ts";

const SEGMENT = segmentIdOf(trackIdOf("video"), { sequence: 7, tag: 1 });
const media = (byteLength: number): Uint8Array => Uint8Array.from({ length: byteLength }, (_, i) => (i * 31) % 251);

/** A comparison by elements of some 100,000 bytes takes a second. */
const isSame = (a: Uint8Array | undefined, b: Uint8Array): boolean => a !== undefined && Buffer.compare(a, b) === 0;

/** One reading whose answer the test gives; `told` is what the core hears. */
class Reading {
  readonly store: SegmentStore = createMemoryStore();
  readonly told: SwarmEvent[] = [];
  readonly stop: () => void;
  onTold: (event: SwarmEvent) => void = () => undefined;
  aborts = 0;
  asked: OriginRequest | undefined;
  #sink: OriginSink | undefined;

  constructor(from: number, to?: number) {
    const origin = {
      locate: () => false,
      hashes: () => Promise.resolve(undefined),
      fetch: (request: OriginRequest, sink: OriginSink) => {
        [this.asked, this.#sink] = [request, sink];
        return { abort: () => this.aborts++ };
      },
    };
    const reading = { fetch: 5, segment: SEGMENT, from, ...(to === undefined ? {} : { to }) };
    this.stop = readOrigin(origin, this.store, reading, (event) => {
      this.told.push(event);
      this.onTold(event);
    });
  }

  get origin(): OriginSink {
    if (!this.#sink) throw new Error("nothing was asked of the origin");
    return this.#sink;
  }

  /** The chunks that the core heard of, and how long each is. */
  get chunks(): (readonly [number, number])[] {
    return this.told.flatMap((event) =>
      event.type === "origin-chunk" ? [[event.chunk, event.byteLength] as const] : [],
    );
  }

  get closed(): SwarmEvent | undefined {
    return this.told.find((event) => event.type === "origin-closed");
  }
}

const feedIn = (sink: OriginSink, bytes: Uint8Array, size: number): void => {
  for (let at = 0; at < bytes.byteLength; at += size) sink.data(bytes.slice(at, at + size));
};

test("asks for bytes where the core asks for chunks", () => {
  expect(new Reading(2, 4).asked).toEqual({ segment: SEGMENT, from: 2 * CHUNK_BYTES, to: 4 * CHUNK_BYTES });
  expect(new Reading(0).asked).toEqual({ segment: SEGMENT, from: 0 });
});

describe("[ID6] cuts at every 32 KiB of the segment, and keeps the bytes", () => {
  const bytes = media(3 * CHUNK_BYTES + 1000);
  test.each([1000, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES + 7, 1e9])(
    "when they arrive %i at a time",
    (size) => {
      const reading = new Reading(0);
      reading.origin.opened({ firstByte: 0, ranged: true });
      feedIn(reading.origin, bytes, size);
      expect(reading.chunks.map(([chunk]) => chunk)).toEqual([0, 1, 2]);
      reading.origin.closed({ outcome: "complete", status: 200 });
      expect(reading.chunks.at(-1)).toEqual([3, 1000]);
      expect(isSame(reading.store.assemble(SEGMENT, 4), bytes)).toBe(true);
      expect(reading.closed).toMatchObject({ receivedBytes: bytes.byteLength, byteLength: bytes.byteLength });
    },
  );

  test("also from the middle of the segment", () => {
    const reading = new Reading(2, 4);
    reading.origin.opened({ firstByte: 2 * CHUNK_BYTES, byteLength: 9 * CHUNK_BYTES, ranged: true });
    feedIn(reading.origin, media(2 * CHUNK_BYTES), 5000);
    reading.origin.closed({ outcome: "complete", status: 206 });
    expect(reading.told[0]).toEqual({ type: "origin-opened", fetch: 5, firstChunk: 2, byteLength: 9 * CHUNK_BYTES });
    expect(reading.chunks).toEqual([
      [2, CHUNK_BYTES],
      [3, CHUNK_BYTES],
    ]);
  });

  test("also from the start when the range was ignored, which the core hears of first", () => {
    const reading = new Reading(2, 3);
    reading.origin.opened({ firstByte: 0, ranged: false });
    feedIn(reading.origin, media(2 * CHUNK_BYTES), CHUNK_BYTES);
    reading.origin.closed({ outcome: "complete", status: 200 });
    expect(reading.told.slice(0, 2)).toMatchObject([
      { type: "origin-ranges", usable: false },
      { type: "origin-opened", firstChunk: 0 },
    ]);
    expect(reading.closed).toMatchObject({ byteLength: 2 * CHUNK_BYTES });
  });

  test("in buffers that nothing else writes to", () => {
    const reading = new Reading(0);
    reading.origin.opened({ firstByte: 0, ranged: true });
    const piece = media(CHUNK_BYTES);
    reading.origin.data(piece);
    piece.fill(0);
    reading.origin.data(new Uint8Array(CHUNK_BYTES).fill(9));
    expect(isSame(reading.store.get(SEGMENT, 0), media(CHUNK_BYTES))).toBe(true);
  });
});

describe("the end", () => {
  test.each([
    ["of everything", 0, undefined, 2, 2 * CHUNK_BYTES],
    ["of a range that ends before the segment", 0, 2, 2, undefined],
    ["of a range that the segment ends in", 0, 5, 2, 2 * CHUNK_BYTES],
    ["of the rest", 1, undefined, 1, 2 * CHUNK_BYTES],
  ])("%s tells the size where it can", (_, from, to, chunks, byteLength) => {
    const reading = new Reading(from, to);
    reading.origin.opened({ firstByte: from * CHUNK_BYTES, ranged: true });
    feedIn(reading.origin, media(chunks * CHUNK_BYTES), CHUNK_BYTES);
    reading.origin.closed({ outcome: "complete", status: 206 });
    expect(reading.closed?.type === "origin-closed" ? reading.closed.byteLength : -1).toBe(byteLength);
  });

  test("by failure leaves out what was not a whole chunk, and counts it", () => {
    const reading = new Reading(0);
    reading.origin.opened({ firstByte: 0, ranged: true });
    feedIn(reading.origin, media(CHUNK_BYTES + 500), 1000);
    reading.origin.closed({ outcome: "failed", status: 0 });
    expect(reading.chunks).toEqual([[0, CHUNK_BYTES]]);
    expect(reading.closed).toEqual({
      type: "origin-closed",
      fetch: 5,
      outcome: "failed",
      status: 0,
      receivedBytes: CHUNK_BYTES + 500,
    });
  });

  test("by 416 passes the size on", () => {
    const reading = new Reading(9);
    reading.origin.closed({ outcome: "void", status: 416, byteLength: 1234 });
    expect(reading.told).toEqual([
      { type: "origin-closed", fetch: 5, outcome: "void", status: 416, receivedBytes: 0, byteLength: 1234 },
    ]);
  });
});

test("stopped in the middle of what just arrived, it neither keeps nor tells the rest", () => {
  const reading = new Reading(0);
  reading.onTold = (event) => {
    if (event.type === "origin-chunk") reading.stop();
  };
  reading.origin.opened({ firstByte: 0, ranged: true });
  reading.origin.data(media(4 * CHUNK_BYTES));
  expect([reading.aborts, reading.chunks, reading.store.byteLength]).toEqual([1, [[0, CHUNK_BYTES]], CHUNK_BYTES]);
});
