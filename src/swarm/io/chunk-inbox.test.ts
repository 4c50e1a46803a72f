import { describe, expect, test } from "vitest";
import { segmentIdOf, trackIdOf } from "../../protocol/ids.ts";
import { CHUNK_BYTES, FRAME_BYTES_MAX } from "../../protocol/limits.ts";
import { ProtocolError } from "../../protocol/protocol-error.ts";
import { ChunkInbox } from "./chunk-inbox.ts";

const TRACK = trackIdOf("video");
const NAME = { sequence: 3, tag: 9 };
const SEGMENT = segmentIdOf(TRACK, NAME);
const part = (chunk: number, offset: number, length: number, chunkBytes = CHUNK_BYTES) =>
  ({
    type: "chunk",
    slot: 0,
    segment: NAME,
    chunk,
    offset,
    chunkBytes,
    payload: new Uint8Array(length).fill(chunk + 1),
  }) as const;

describe("what peers send in parts", () => {
  test("is put together once it was asked for", () => {
    const inbox = new ChunkInbox();
    inbox.expect(SEGMENT, 4);
    expect(inbox.accept(part(4, 0, 20_000), TRACK)).toBeUndefined();
    const arrived = inbox.accept(part(4, 20_000, CHUNK_BYTES - 20_000), TRACK);
    expect(arrived).toMatchObject({ segment: SEGMENT, chunk: 4, byteLength: CHUNK_BYTES });
    expect(arrived?.bytes).toEqual(new Uint8Array(CHUNK_BYTES).fill(5));
  });

  test.each([
    ["a part is missing", [part(0, 0, 100), part(0, 200, 100)]],
    ["a part comes twice", [part(0, 0, 100), part(0, 50, 100)]],
    ["the size changes", [part(0, 0, 100, 1000), part(0, 100, 100, 2000)]],
  ])("breaks the protocol when %s", (_, parts) => {
    const inbox = new ChunkInbox();
    inbox.expect(SEGMENT, 0);
    expect(() => {
      for (const each of parts) inbox.accept(each, TRACK);
    }).toThrow(ProtocolError);
  });

  test("is acknowledged but not kept when nobody asked; a stream of it breaks the protocol", () => {
    const inbox = new ChunkInbox();
    expect(inbox.accept(part(1, 0, CHUNK_BYTES), TRACK)).toMatchObject({ byteLength: CHUNK_BYTES, bytes: undefined });
    expect(() => {
      for (let i = 0; i < 1000; i++) inbox.accept(part(1, 0, CHUNK_BYTES), TRACK);
    }).toThrow(ProtocolError);
  });

  test("[PE40] [T15] and extensions that nobody knows are ignored; a stream of them breaks the protocol", () => {
    const inbox = new ChunkInbox();
    inbox.ignore(FRAME_BYTES_MAX);
    expect(() => {
      for (let i = 0; i < 1000; i++) inbox.ignore(FRAME_BYTES_MAX);
    }).toThrow(ProtocolError);
  });

  test("may come interleaved with parts of other chunks", () => {
    const inbox = new ChunkInbox();
    for (const chunk of [0, 1]) inbox.expect(SEGMENT, chunk);
    inbox.accept(part(0, 0, 100, 200), TRACK);
    inbox.accept(part(1, 0, 100, 200), TRACK);
    expect(inbox.accept(part(0, 100, 100, 200), TRACK)?.bytes).toEqual(new Uint8Array(200).fill(1));
    expect(inbox.accept(part(1, 100, 100, 200), TRACK)?.bytes).toEqual(new Uint8Array(200).fill(2));
  });

  test("may begin again, as when a request was repeated", () => {
    const inbox = new ChunkInbox();
    inbox.expect(SEGMENT, 0);
    inbox.accept(part(0, 0, 100, 200), TRACK);
    inbox.expect(SEGMENT, 0);
    inbox.accept(part(0, 0, 100, 200), TRACK);
    expect(inbox.accept(part(0, 100, 100, 200), TRACK)?.byteLength).toBe(200);
  });

  test("is kept once: a second copy was not asked for", () => {
    const inbox = new ChunkInbox();
    inbox.expect(SEGMENT, 0);
    expect(inbox.accept(part(0, 0, 100, 100), TRACK)?.bytes).toBeDefined();
    expect(inbox.accept(part(0, 0, 100, 100), TRACK)).toMatchObject({ byteLength: 100, bytes: undefined });
  });

  test("of another segment or track of the same numbers is another chunk", () => {
    const inbox = new ChunkInbox();
    inbox.expect(SEGMENT, 0);
    expect(inbox.accept(part(0, 0, 100, 100), trackIdOf("audio"))?.bytes).toBeUndefined();
    expect(inbox.accept({ ...part(0, 0, 100, 100), segment: { sequence: 3, tag: 8 } }, TRACK)?.bytes).toBeUndefined();
  });

  test("is forgotten, the oldest first, when far more was asked for than any pipeline holds", () => {
    const inbox = new ChunkInbox();
    for (let chunk = 0; chunk < 513; chunk++) inbox.expect(SEGMENT, chunk);
    expect(inbox.accept(part(0, 0, 10, 10), TRACK)?.bytes).toBeUndefined();
    expect(inbox.accept(part(1, 0, 10, 10), TRACK)?.bytes).toBeDefined();
  });

  test("is not forgotten for an old request that was cancelled, when it is asked for again", () => {
    const inbox = new ChunkInbox();
    for (let chunk = 0; chunk < 512; chunk++) inbox.expect(SEGMENT, chunk);
    inbox.expect(SEGMENT, 0);
    for (let chunk = 600; chunk < 700; chunk++) inbox.expect(SEGMENT, chunk);
    expect(inbox.accept(part(0, 0, 10, 10), TRACK)?.bytes).toBeDefined();
  });

  test("unasked, now and then over hours, is honest as long as what was asked for comes, too", () => {
    const inbox = new ChunkInbox();
    for (let i = 0; i < 1000; i++) {
      inbox.expect(SEGMENT, 0);
      expect(inbox.accept(part(0, 0, CHUNK_BYTES), TRACK)?.bytes).toBeDefined();
      expect(inbox.accept(part(0, 0, CHUNK_BYTES), TRACK)?.bytes).toBeUndefined();
    }
  });
});

test("[PE39] hashes are taken of segments that were asked about, however often, and of no others", () => {
  const inbox = new ChunkInbox();
  const hashes = {
    type: "hashes",
    slot: 0,
    segment: NAME,
    byteLength: 9,
    from: 0,
    hashes: new Uint8Array(16),
  } as const;
  inbox.asked({ type: "request", slot: 0, segment: NAME, chunks: [0], dueInMs: 1 }, TRACK);
  expect(() => inbox.acceptHashes(hashes, TRACK)).toThrow(ProtocolError);
  inbox.asked({ type: "ask-hashes", slot: 0, segment: NAME, chunks: [0] }, TRACK);
  for (let i = 0; i < 3; i++) inbox.acceptHashes(hashes, TRACK);
  expect(() => inbox.acceptHashes({ ...hashes, segment: { ...NAME, tag: 8 } }, TRACK)).toThrow(ProtocolError);
  expect(() => inbox.acceptHashes(hashes, trackIdOf("audio"))).toThrow(ProtocolError);
});
