/** True bytes at a place that is not theirs, from a peer or from the origin, and roots that do not count. */
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { segmentIdOf, swarmIdOf, trackIdOf } from "../../protocol/ids.ts";
import { CHUNK_BYTES } from "../../protocol/limits.ts";
import { chunkInput, HASH_BYTES, rootInput, rootLabel, type SegmentRoot } from "../../protocol/segment-root.ts";
import type { SwarmEvent } from "../core/event.ts";
import { Integrity, type Verdict } from "./integrity.ts";
import { createMemoryStore } from "./memory-store.ts";

const SEQUENCE = 12;
const SEGMENT = segmentIdOf(trackIdOf("720p"), { sequence: SEQUENCE, tag: 1 });
const sha256 = (input: Uint8Array): Buffer => createHash("sha256").update(input).digest().subarray(0, HASH_BYTES);

/** Two chunks of the stream at a place and a time, with what a signer writes of them. */
function media(rendition: string, day: string, sequence: number) {
  const place = `${rendition} ${day} ${String(sequence)}`;
  const chunks = [" a", " b"].map((half) => new Uint8Array(Buffer.alloc(CHUNK_BYTES, place + half)));
  const hashes = Buffer.concat(chunks.map((chunk) => sha256(chunkInput(chunk))));
  const label = rootLabel({ sequence, uri: `seg-${String(sequence)}.ts` }, 2 * CHUNK_BYTES);
  return {
    chunks,
    hashes,
    root: { hash: sha256(rootInput(label, hashes)).toString("hex"), byteLength: 2 * CHUNK_BYTES, label },
  };
}

const TRUE = media("720p", "today", SEQUENCE);

function stage(root: SegmentRoot, hashes: Uint8Array, counts = true) {
  const events: SwarmEvent[] = [];
  const store = createMemoryStore();
  const integrity = new Integrity({
    swarm: swarmIdOf("stream"),
    store,
    proofOf: () => root,
    fetchHashes: () => Promise.resolve(hashes),
    counts: () => Promise.resolve(counts),
    feed: (event) => events.push(event),
    tell: () => undefined,
    retire: (bug) => {
      throw bug;
    },
  });
  const judge = (chunk: number, bytes = new Uint8Array()): Promise<Verdict> =>
    new Promise((resolve) => {
      integrity.fetch(SEGMENT);
      integrity.peerChunk({ segment: SEGMENT, chunk, byteLength: bytes.length, bytes }, resolve);
    });
  return { events, store, integrity, judge };
}

test.each([
  ["n - 3 as n", media("720p", "today", SEQUENCE - 3)],
  ["another rendition", media("240p", "today", SEQUENCE)],
  ["an old live window, whose numbers have come again", media("720p", "yesterday", SEQUENCE)],
])("[T4] a peer that serves %s is found out at its first chunk", async (_, replayed) => {
  const { judge } = stage(TRUE.root, TRUE.hashes);
  expect(await judge(0, TRUE.chunks[0])).toBe("fits");
  for (const chunk of [0, 1]) expect(await judge(chunk, replayed.chunks[chunk])).toBe("forged");
  expect(await judge(0, TRUE.chunks[1])).toBe("forged"); // of the segment, at another place
});

test("[T4] [IN3] a playlist that gives n - 3's root, and its hashes, as those of n proves nothing", async () => {
  const replayed = media("720p", "today", SEQUENCE - 3);
  const { judge, events } = stage({ ...replayed.root, label: TRUE.root.label }, replayed.hashes);
  expect(await judge(0, replayed.chunks[0])).toBe("unknown");
  expect(events).toContainEqual({ type: "segment-unprovable", segment: SEGMENT });
});

test("[IN24] a root that does not count proves neither what peers nor what the origin brings", async () => {
  const { judge, events, store, integrity } = stage(TRUE.root, TRUE.hashes, false);
  expect(await judge(0, TRUE.chunks[0])).toBe("unknown");
  TRUE.chunks.forEach((bytes, chunk) => {
    store.put(SEGMENT, chunk, bytes);
    integrity.originChunk(SEGMENT, chunk);
  });
  await expect.poll(() => events.length).toBeGreaterThan(1);
  expect(events.every(({ type }) => type === "segment-unprovable")).toBe(true);
});
