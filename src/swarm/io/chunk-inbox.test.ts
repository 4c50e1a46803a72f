import { describe, expect, test } from "vitest";
import { segmentIdOf, trackIdOf } from "../../protocol/ids.ts";
import { CHUNK_BYTES } from "../../protocol/limits.ts";
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
});
