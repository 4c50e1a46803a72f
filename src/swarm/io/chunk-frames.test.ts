import { expect, test } from "vitest";
import { segmentIdOf, type PeerId } from "../../protocol/ids.ts";
import { CHUNK_BYTES } from "../../protocol/limits.ts";
import { decodePeerMessage } from "../../protocol/peer-codec.ts";
import { nameOf, VIDEO } from "../../../testkit/swarm-parts.ts";
import { ChunkFrames } from "./chunk-frames.ts";
import { createMemoryStore } from "./memory-store.ts";

const name = nameOf(7);
const segment = segmentIdOf(VIDEO, name);
const peer = "somebody--" as PeerId;
const sending = (chunk: number, slot = 0) => ({ type: "send-chunk", peer, slot, segment, name, chunk }) as const;

/** The chunk that frames carry, put together. */
const carried = (frames: readonly Uint8Array[]): number[] =>
  frames.flatMap((frame) => {
    const message = decodePeerMessage(frame);
    return message?.type === "chunk" ? [...message.payload] : [];
  });

test("one set of frames for all who are sent a chunk by one name", () => {
  const store = createMemoryStore();
  const frames = new ChunkFrames(store);
  const bytes = Uint8Array.from({ length: CHUNK_BYTES }, (_, at) => at % 251);
  store.put(segment, 0, bytes);
  const first = frames.of(sending(0));
  expect(carried(first)).toEqual([...bytes]);
  expect(frames.of(sending(0))).toBe(first);
  const other = frames.of(sending(0, 1));
  expect(decodePeerMessage(other[0]!)).toMatchObject({ slot: 1 });
  expect(carried(other)).toEqual([...bytes]);
});

test("other bytes in the place of a chunk have frames of their own", () => {
  const store = createMemoryStore();
  const frames = new ChunkFrames(store);
  store.put(segment, 0, new Uint8Array(100).fill(1));
  frames.of(sending(0));
  store.delete(segment);
  store.put(segment, 0, new Uint8Array(100).fill(2));
  expect(carried(frames.of(sending(0)))).toEqual(Array<number>(100).fill(2));
});

test("frames of old chunks are let go", () => {
  const store = createMemoryStore();
  const frames = new ChunkFrames(store);
  for (let chunk = 0; chunk <= 128; chunk++) store.put(segment, chunk, new Uint8Array(1));
  const [oldest, second] = [frames.of(sending(0)), frames.of(sending(1))];
  for (let chunk = 2; chunk <= 128; chunk++) frames.of(sending(chunk));
  expect(frames.of(sending(1))).toBe(second);
  expect(frames.of(sending(0))).not.toBe(oldest);
});
