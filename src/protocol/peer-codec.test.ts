import { describe, expect, test } from "vitest";
import { BugError } from "../base/assert.ts";
import type { SegmentName, ViewerId } from "./ids.ts";
import { FRAME_BYTES_MAX } from "./limits.ts";
import { decodePeerMessage, encodePeerMessage } from "./peer-codec.ts";
import type { HaveEntry, PeerMessage, PeerMessageType } from "./peer-message.ts";
import { ProtocolError } from "./protocol-error.ts";
import { splitHaveEntries } from "./segment-list.ts";
import bad from "./vectors/peer-bad.json" with { type: "json" };
import good from "./vectors/peer-good.json" with { type: "json" };

const SEGMENT: SegmentName = { sequence: 1000, tag: 0x89abcdef };
const FULL_BITMAP = new Uint8Array(512).fill(0xff);
const HELLO: PeerMessage = {
  type: "hello",
  version: 1,
  versionMin: 1,
  viewer: "0123456789abcdef" as ViewerId,
  uplink: 2,
  seeder: false,
};

/** Does not compile while a type is missing. */
const TYPES: Record<PeerMessageType, true> = {
  hello: true,
  track: true,
  have: true,
  gone: true,
  fetching: true,
  uplink: true,
  listed: true,
  request: true,
  cancel: true,
  reject: true,
  chunk: true,
  received: true,
  position: true,
  "ask-hashes": true,
  hashes: true,
  subscribe: true,
  playlist: true,
  ping: true,
  pong: true,
  bye: true,
};

describe("golden frames", () => {
  for (const { name, rule, hex, message } of good.vectors) {
    test(`[${rule}] ${name}`, () => {
      const frame = bytesOf(hex);
      const decoded = decodePeerMessage(frame);
      expect(decoded).toEqual(withBytes(message));
      expect(decoded && encodePeerMessage(decoded)).toEqual(frame);
    });
  }

  for (const { name, rule, hex, code, field } of bad.vectors) {
    test(`[${rule}] refused: ${name}`, () => {
      const error = errorOf(hex);
      expect({ code: error.code, field: error.field }).toEqual({ code, field });
    });
  }

  test("[PE6] extensions are ignored, however little or much they say", () => {
    expect(good.ignored.map((hex) => decodePeerMessage(bytesOf(hex)))).toEqual(good.ignored.map(() => undefined));
  });

  test("every type has a good frame", () => {
    expect(new Set(good.vectors.map(({ message }) => message.type))).toEqual(new Set(Object.keys(TYPES)));
  });

  test("no two vectors share a name or a frame", () => {
    const all = [...good.vectors, ...bad.vectors];
    expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
    expect(new Set(all.map(({ hex }) => hex.replaceAll(" ", ""))).size).toBe(all.length);
  });
});

test("[PE4] an error names its code and its field", () => {
  expect(errorOf("02 20 0011223344556677 01").message).toBe("bad-field: slot");
  expect(errorOf("0e 05").message).toBe("bad-field: reason");
  expect(errorOf("0c ff").message).toBe("truncated: nonce");
});

test("[PE12] a bitmap is a copy, so that keeping it does not keep the frame", () => {
  const frame = encodePeerMessage(have([{ segment: SEGMENT, bitmap: Uint8Array.of(1) }]));
  const message = decodePeerMessage(frame);
  frame.fill(0xff);
  expect(message).toEqual(have([{ segment: SEGMENT, bitmap: Uint8Array.of(1) }]));
});

test("[PE18] a payload is a view of its frame, so that nothing is copied", () => {
  const payload = new Uint8Array(1000).fill(7);
  const chunk = { type: "chunk", slot: 0, segment: SEGMENT, chunk: 0, offset: 0, chunkBytes: 1000, payload } as const;
  const frame = encodePeerMessage(chunk);
  const message = decodePeerMessage(frame);
  expect(message?.type === "chunk" && message.payload.buffer === frame.buffer).toBe(true);
});

test("an encoded frame is not touched by the next one", () => {
  const first = encodePeerMessage({ type: "ping", nonce: 1 });
  encodePeerMessage({ type: "pong", nonce: 2 });
  expect(decodePeerMessage(first)).toEqual({ type: "ping", nonce: 1 });
});

test("[PE15] spans are rounded up and clamped: clocks have fractions, and a paused player no deadline", () => {
  const due = (dueInMs: number): unknown => {
    const message = decodePeerMessage(
      encodePeerMessage({ type: "request", slot: 0, segment: SEGMENT, chunks: [0], dueInMs }),
    );
    return message?.type === "request" && message.dueInMs;
  };
  expect([0.25, 1499.5, -3, Infinity].map(due)).toEqual([1, 1500, 0, 3_600_000]);
});

describe("what may not be said is a bug", () => {
  const cases: Record<string, PeerMessage> = {
    "a have of nothing": have([]),
    "a have of a whole segment of unknown size": have([{ segment: SEGMENT }]),
    "an empty bitmap": have([{ segment: SEGMENT, bitmap: new Uint8Array(4) }]),
    "a bitmap longer than its segment": have([{ segment: SEGMENT, byteLength: 1, bitmap: Uint8Array.of(1, 0) }]),
    "a list that no frame holds": have(Array.from({ length: 40 }, () => ({ segment: SEGMENT, bitmap: FULL_BITMAP }))),
    "a negative sequence number": { type: "gone", slot: 0, segments: [{ sequence: -1, tag: 0 }] },
    "half a sequence number": { type: "gone", slot: 0, segments: [{ sequence: 0.5, tag: 0 }] },
    "a tag of 33 bits": { type: "gone", slot: 0, segments: [{ sequence: 0, tag: 2 ** 32 }] },
    "a slot past the last": { type: "gone", slot: 32, segments: [SEGMENT] },
    "chunks that do not ascend": { type: "cancel", slot: 0, segment: SEGMENT, chunks: [1, 1] },
    "no chunks": { type: "cancel", slot: 0, segment: SEGMENT, chunks: [] },
    "a chunk past the largest segment": { type: "cancel", slot: 0, segment: SEGMENT, chunks: [0, 4096] },
    "a notice of no chunk": { type: "fetching", slot: 0, segment: SEGMENT, from: 3, to: 3, hops: 0 },
    "a notice with too many hops": { type: "fetching", slot: 0, segment: SEGMENT, from: 0, hops: 9 },
    "a listing with too many hops": { type: "listed", slot: 0, segment: SEGMENT, hops: 9 },
    "a part that leaves its chunk": chunkOf(2, 1, 2),
    "a part of no bytes": chunkOf(2, 0, 0),
    "a part larger than a payload may be": chunkOf(32_768, 0, 16_385),
    "an answer that nobody can await": { type: "request", slot: 0, segment: SEGMENT, chunks: [0], dueInMs: NaN },
    "hashes of nothing": hashesOf(0),
    "half a hash": hashesOf(24),
    "hashes past the end": hashesOf(48),
    "half a signature": { ...hashesOf(16), signature: new Uint8Array(32) },
    "a playlist of nothing": { type: "playlist", slot: 0, text: new Uint8Array(0) },
    "a playlist larger than a payload may be": { type: "playlist", slot: 0, text: new Uint8Array(16_385) },
    "half an id": { ...HELLO, viewer: "0123" as ViewerId },
  };
  for (const [name, message] of Object.entries(cases)) {
    test(name, () => {
      expect(() => encodePeerMessage(message)).toThrow(BugError);
    });
  }
});

describe("splitHaveEntries", () => {
  test("[PE9] few entries are one list, none are no list", () => {
    const entry: HaveEntry = { segment: SEGMENT, byteLength: 1 };
    expect(splitHaveEntries([])).toEqual([]);
    expect(splitHaveEntries([entry, entry])).toEqual([[entry, entry]]);
  });

  test("[PE9] every list fits into a frame, by count and by bytes", () => {
    const small = Array.from({ length: 300 }, () => ({ segment: SEGMENT, byteLength: 1 }));
    const large = Array.from({ length: 100 }, () => ({ segment: SEGMENT, bitmap: FULL_BITMAP }));
    const lists = splitHaveEntries([...small, ...large]);
    expect(lists.flat()).toEqual([...small, ...large]);
    expect(lists.slice(0, 2).map((list) => list.length)).toEqual([128, 128]);
    for (const list of lists) expect(encodePeerMessage(have(list)).length).toBeLessThanOrEqual(FRAME_BYTES_MAX);
  });
});

function errorOf(hex: string): ProtocolError {
  try {
    decodePeerMessage(bytesOf(hex));
  } catch (error) {
    if (error instanceof ProtocolError) return error;
    throw error;
  }
  throw new Error("was accepted");
}

/** Bytes of a vector: hex digits, where `ab*3` stands for `ababab`. */
function bytesOf(hex: string): Uint8Array {
  const digits = hex.replaceAll(/(..)\*(\d+)/g, (_, byte: string, count: string) => byte.repeat(Number(count)));
  const bytes = digits.replaceAll(" ", "").match(/../g) ?? [];
  return Uint8Array.from(bytes, (byte) => Number.parseInt(byte, 16));
}

const BYTE_FIELDS = ["bitmap", "payload", "hashes", "signature", "text"];

/** A vector's message with its fields of bytes as such. */
function withBytes(value: unknown, key = ""): unknown {
  if (typeof value === "string" && BYTE_FIELDS.includes(key)) return bytesOf(value);
  if (Array.isArray(value)) return value.map((item: unknown) => withBytes(item));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, withBytes(item, name)]));
}

function have(segments: readonly HaveEntry[]): PeerMessage {
  return { type: "have", slot: 0, segments };
}

function chunkOf(chunkBytes: number, offset: number, payloadBytes: number): PeerMessage {
  const payload = new Uint8Array(payloadBytes);
  return { type: "chunk", slot: 0, segment: SEGMENT, chunk: 0, offset, chunkBytes, payload };
}

/** Of a segment of two chunks. */
function hashesOf(bytes: number) {
  const hashes = new Uint8Array(bytes);
  return { type: "hashes", slot: 0, segment: SEGMENT, byteLength: 40_000, from: 0, hashes } as const;
}
