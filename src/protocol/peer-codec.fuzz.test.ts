/** What must hold for every message between peers, and for all the bytes in the world. */

import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { createBitmap, setBit } from "../base/bitmap.ts";
import { SIGNATURE_BYTES } from "./attestation.ts";
import { HEX_64_PATTERN } from "./ids.ts";
import type { SegmentName, TrackId, ViewerId } from "./ids.ts";
import { CHUNK_BYTES, FRAME_PAYLOAD_BYTES_MAX, SEGMENT_CHUNKS_MAX } from "./limits.ts";
import { decodePeerMessage, encodePeerMessage } from "./peer-codec.ts";
import type { ByeReason, HaveEntry, PeerMessage, PeerMessageType, RejectReason, UplinkClass } from "./peer-message.ts";
import { ProtocolError } from "./protocol-error.ts";
import { splitHaveEntries } from "./segment-list.ts";
import { HASH_BYTES, HASHED_CHUNKS_MAX } from "./segment-root.ts";

const SEED = Number(process.env["FUZZ_SEED"] ?? 20_171);
const RUNS = Number(process.env["FUZZ_RUNS"] ?? 200);

beforeAll(() => {
  const again = `FUZZ_SEED=${String(SEED)} FUZZ_RUNS=${String(RUNS)}`;
  console.info(`seed ${String(SEED)}; again with ${again} npx vitest run src/protocol/peer-codec.fuzz.test.ts`);
});

/** Plain objects, as the parsers return them. */
const record = <Fields>(model: { [Name in keyof Fields]: fc.Arbitrary<Fields[Name]> }): fc.Arbitrary<Fields> =>
  fc.record(model, { noNullPrototype: true });
const safe = (max: number): fc.Arbitrary<number> => fc.integer({ min: 0, max });
const matching = <Id extends string>(pattern: RegExp): fc.Arbitrary<Id> =>
  fc.stringMatching(pattern).map((text) => text as Id);

const uplink = fc.constantFrom<UplinkClass>(0, 1, 2);
const track = matching<TrackId>(HEX_64_PATTERN);
const slot = fc.integer({ min: 0, max: 31 });
const segment: fc.Arbitrary<SegmentName> = record({
  sequence: fc.oneof(safe(100), fc.maxSafeNat()),
  tag: fc.integer({ min: 0, max: 0xffff_ffff }),
});
const chunk = fc.oneof(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: SEGMENT_CHUNKS_MAX - 1 }));
const chunks = fc.uniqueArray(chunk, { minLength: 1, maxLength: 20 }).map((list) => [...list].sort((a, b) => a - b));
const spanMs = fc.integer({ min: 0, max: 3_600_000 });
const byteLength = fc.integer({ min: 1, max: SEGMENT_CHUNKS_MAX * CHUNK_BYTES });

/** A bitmap of the given chunks, all of them within the segment. */
function bitmapOf(held: readonly number[], count: number): Uint8Array {
  const bitmap = createBitmap(count);
  for (const chunkHeld of held) setBit(bitmap, chunkHeld % count);
  return bitmap;
}

const startedAt = fc.option(
  fc.maxSafeNat().map((startedAtSeconds) => ({ startedAtSeconds })),
  { nil: {} },
);
const haveEntry: fc.Arbitrary<HaveEntry> = fc.oneof(
  fc
    .tuple(segment, startedAt, byteLength)
    .map(([name, extra, size]) => ({ segment: name, byteLength: size, ...extra })),
  fc.tuple(segment, startedAt, byteLength, chunks).map(([name, extra, size, held]) => {
    const bitmap = bitmapOf(held, Math.ceil(size / CHUNK_BYTES));
    return { segment: name, byteLength: size, ...extra, bitmap };
  }),
  fc
    .tuple(segment, startedAt, chunks, fc.integer({ min: 1, max: SEGMENT_CHUNKS_MAX }))
    .map(([name, extra, held, count]) => ({
      segment: name,
      ...extra,
      bitmap: bitmapOf(held, count),
    })),
);

/** A full one now and then: comparing it takes long. */
const payload = fc.oneof(
  { weight: 19, arbitrary: fc.uint8Array({ minLength: 1, maxLength: 200 }) },
  { weight: 1, arbitrary: fc.nat(0xff).map((byte) => new Uint8Array(FRAME_PAYLOAD_BYTES_MAX).fill(byte)) },
);

const signature = fc.uint8Array({ minLength: SIGNATURE_BYTES, maxLength: SIGNATURE_BYTES });

/** Does not compile while a type is missing. */
const peerMessages: { [Type in PeerMessageType]: fc.Arbitrary<Extract<PeerMessage, { type: Type }>> } = {
  hello: record({
    type: fc.constant("hello"),
    version: fc.integer({ min: 1, max: 65_535 }),
    versionMin: fc.constant(1),
    viewer: matching<ViewerId>(HEX_64_PATTERN),
    uplink,
    seeder: fc.boolean(),
  }),
  track: record({ type: fc.constant("track"), slot, track, following: fc.boolean() }),
  have: record({
    type: fc.constant("have"),
    slot,
    segments: fc.array(haveEntry, { minLength: 1, maxLength: 25 }),
  }),
  gone: record({
    type: fc.constant("gone"),
    slot,
    segments: fc.array(segment, { minLength: 1, maxLength: 128 }),
  }),
  fetching: fc
    .tuple(slot, segment, chunk, fc.option(safe(SEGMENT_CHUNKS_MAX)), fc.option(byteLength), safe(8))
    .map(([toSlot, name, from, length, size, hops]) => ({
      type: "fetching",
      slot: toSlot,
      segment: name,
      from,
      ...(length !== null && { to: Math.min(from + 1 + length, SEGMENT_CHUNKS_MAX) }),
      ...(size !== null && { byteLength: size }),
      hops,
    })),
  uplink: record({ type: fc.constant("uplink"), uplink }),
  listed: record({ type: fc.constant("listed"), slot, segment, hops: safe(8) }),
  request: record({ type: fc.constant("request"), slot, segment, chunks, dueInMs: spanMs }),
  cancel: record({ type: fc.constant("cancel"), slot, segment, chunks }),
  reject: record({
    type: fc.constant("reject"),
    slot,
    segment,
    chunks,
    reason: fc.constantFrom<RejectReason>("busy", "gone", "off"),
    retryInMs: spanMs,
  }),
  chunk: fc.tuple(slot, segment, chunk, safe(CHUNK_BYTES - 1), payload).map(([toSlot, name, index, spare, bytes]) => {
    const offset = spare % (CHUNK_BYTES - bytes.length + 1);
    const chunkBytes = Math.min(CHUNK_BYTES, offset + bytes.length + (spare % 100));
    return { type: "chunk", slot: toSlot, segment: name, chunk: index, offset, chunkBytes, payload: bytes };
  }),
  received: record({ type: fc.constant("received"), bytes: fc.integer({ min: 0, max: 0xffff_ffff }) }),
  position: record({
    type: fc.constant("position"),
    slot,
    sequence: fc.maxSafeNat(),
    ahead: safe(100_000),
    behind: safe(100_000),
  }),
  "ask-hashes": record({ type: fc.constant("ask-hashes"), slot, segment, chunks }),
  hashes: fc
    .tuple(
      slot,
      segment,
      safe(HASHED_CHUNKS_MAX - 1),
      fc.integer({ min: 1, max: 40 }),
      byteLength,
      fc.option(signature),
    )
    .map(([toSlot, name, first, wanted, size, signed]) => {
      const count = Math.min(HASHED_CHUNKS_MAX, Math.ceil(size / CHUNK_BYTES));
      const from = first % count;
      const hashes = new Uint8Array(HASH_BYTES * Math.min(wanted, count - from)).fill(wanted);
      const head = { type: "hashes", slot: toSlot, segment: name, byteLength: size, from, hashes } as const;
      return signed === null ? head : { ...head, signature: signed };
    }),
  subscribe: record({ type: fc.constant("subscribe"), slot, on: fc.boolean() }),
  playlist: record({ type: fc.constant("playlist"), slot, text: payload }),
  ping: record({ type: fc.constant("ping"), nonce: fc.maxSafeNat() }),
  pong: record({ type: fc.constant("pong"), nonce: fc.maxSafeNat() }),
  bye: record({
    type: fc.constant("bye"),
    reason: fc.constantFrom<ByeReason>("leaving", "full", "duplicate", "protocol", "idle"),
  }),
};
const peerMessage = fc.oneof(...Object.values<fc.Arbitrary<PeerMessage>>(peerMessages));

describe("decode(encode(x)) is x", () => {
  for (const [type, messages] of Object.entries(peerMessages))
    test(`[PE4] ${type}`, () => {
      check(
        fc.property<[PeerMessage]>(messages, (message) => {
          expect(decodePeerMessage(encodePeerMessage(message))).toEqual(message);
        }),
      );
    });
});

describe("no bytes make the decoder do anything but return or throw ProtocolError", () => {
  test("[PE4] random bytes", () => {
    check(fc.property(fc.uint8Array({ maxLength: 100 }), survivesFrame), 10);
  });

  test("[PE4] a type that exists, and then random bytes", () => {
    const frame = fc.tuple(
      fc.oneof(fc.integer({ min: 1, max: 14 }), fc.integer({ min: 0x40, max: 0x45 })),
      fc.uint8Array({ maxLength: 60 }),
    );
    check(
      fc.property(frame, ([code, rest]) => {
        survivesFrame(Uint8Array.of(code, ...rest));
      }),
      10,
    );
  });

  test("[PE4] valid frames with bits flipped, cut short, or longer than they were", () => {
    const change = record({
      flips: fc.array(fc.nat(), { maxLength: 3 }),
      cut: fc.nat(4),
      tail: fc.uint8Array({ maxLength: 3 }),
    });
    check(
      fc.property(peerMessage, change, (message, { flips, cut, tail }) => {
        const whole = encodePeerMessage(message);
        const kept = whole.subarray(0, Math.max(0, whole.length - cut));
        const frame = new Uint8Array(kept.length + tail.length);
        frame.set(kept);
        frame.set(tail, kept.length);
        for (const bit of flips) {
          // Headers are where a frame can go wrong: half of all flips hit the first 16 bytes.
          const at = (bit >> 4) % Math.max(1, (bit & 8) === 0 ? Math.min(16, frame.length) : frame.length);
          frame[at] = (frame[at] ?? 0) ^ (1 << (bit & 7));
        }
        survivesFrame(frame);
      }),
      10,
    );
  });

  test("[PE9] any list of segments goes through in frames", () => {
    check(
      fc.property(fc.array(haveEntry, { maxLength: 200 }), (entries) => {
        const heard = splitHaveEntries(entries).map((segments) => {
          const message = decodePeerMessage(encodePeerMessage({ type: "have", slot: 0, segments }));
          return message?.type === "have" ? message.segments : [];
        });
        expect(heard.flat()).toEqual(entries);
      }),
      0.2,
    );
  });
});

/** Whatever a frame decodes to encodes to that frame again: there is one way to say a thing. */
function survivesFrame(frame: Uint8Array): void {
  const message = returned(() => decodePeerMessage(frame));
  if (message) expect(hexOf(encodePeerMessage(message))).toBe(hexOf(frame));
}

/** Compares a hundred times faster than the bytes. */
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

function returned<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}

function check<Values>(property: fc.IProperty<Values>, share = 1): void {
  fc.assert(property, { seed: SEED, numRuns: Math.ceil(RUNS * share) });
}
