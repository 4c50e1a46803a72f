import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { segmentIdOf, trackIdOf, type SegmentId } from "../../protocol/ids.ts";
import { CHUNK_BYTES } from "../../protocol/limits.ts";
import { chunkInput, HASH_BYTES, rootInput, rootLabel, type SegmentRoot } from "../../protocol/segment-root.ts";
import type { SwarmEvent } from "../core/event.ts";
import { Integrity, type Verdict } from "./integrity.ts";
import { createMemoryStore } from "./memory-store.ts";

const idOf = (sequence: number): SegmentId => segmentIdOf(trackIdOf("video"), { sequence, tag: 1 });

const sha256 = (input: Uint8Array): Buffer => createHash("sha256").update(input).digest().subarray(0, HASH_BYTES);

/** A segment of two and a half chunks, as the signer would sign it. */
function signedSegment(sequence: number) {
  const bytes = Uint8Array.from({ length: 2.5 * CHUNK_BYTES }, (_, i) => (i * sequence) % 251);
  const chunks = [0, 1, 2].map((chunk) => bytes.slice(chunk * CHUNK_BYTES, (chunk + 1) * CHUNK_BYTES));
  const hashes = Buffer.concat(chunks.map((chunk) => sha256(chunkInput(chunk))));
  const label = rootLabel({ sequence, uri: `s${String(sequence)}.ts` }, bytes.length);
  const root = { hash: sha256(rootInput(label, hashes)).toString("hex"), byteLength: bytes.length, label };
  return { id: idOf(sequence), chunks, hashes, root };
}

class Stage {
  readonly roots = new Map<SegmentId, SegmentRoot>();
  readonly files = new Map<SegmentId, Uint8Array>();
  readonly fetched: SegmentId[] = [];
  readonly events: SwarmEvent[] = [];
  readonly bugs: unknown[] = [];
  readonly store = createMemoryStore();
  readonly #arrivals: (() => void)[] = [];
  readonly integrity = new Integrity({
    store: this.store,
    rootOf: (segment) => this.roots.get(segment),
    fetchHashes: (segment) => {
      this.fetched.push(segment);
      return Promise.resolve(this.files.get(segment));
    },
    feed: (event) => {
      this.events.push(event);
      this.#arrivals.splice(0).forEach((arrived) => {
        arrived();
      });
    },
    retire: (bug) => this.bugs.push(bug),
  });

  sign(sequence: number, { file = true } = {}) {
    const segment = signedSegment(sequence);
    this.roots.set(segment.id, segment.root);
    if (file) this.files.set(segment.id, segment.hashes);
    return segment;
  }

  judge(segment: SegmentId, chunk: number, bytes: Uint8Array): Promise<Verdict> {
    return new Promise((resolve) => {
      this.integrity.peerChunk({ segment, chunk, byteLength: bytes.byteLength, bytes }, resolve);
    });
  }

  originBrings(segment: SegmentId, chunk: number, bytes: Uint8Array): void {
    this.store.put(segment, chunk, bytes);
    this.integrity.originChunk(segment, chunk);
  }

  async heard(count: number): Promise<readonly SwarmEvent[]> {
    while (this.events.length < count) await new Promise<void>((resolve) => this.#arrivals.push(resolve));
    return this.events;
  }
}

const flipped = (bytes: Uint8Array): Uint8Array => bytes.map((byte, at) => (at === 9 ? byte ^ 1 : byte));

describe("[IN6] a chunk that a peer brought", () => {
  test("fits in its place, and nowhere else", async () => {
    const stage = new Stage();
    const { id, chunks } = stage.sign(7);
    for (const [place] of chunks.entries())
      for (const [chunk, bytes] of chunks.entries())
        expect(await stage.judge(id, place, bytes)).toBe(chunk === place ? "fits" : "forged");
    expect(stage.fetched).toEqual([id]);
  });

  test("is forged with one bit flipped, cut short, or past the end", async () => {
    const stage = new Stage();
    const { id, chunks } = stage.sign(7);
    const [first = new Uint8Array()] = chunks;
    expect(await stage.judge(id, 0, flipped(first))).toBe("forged");
    expect(await stage.judge(id, 0, first.subarray(0, -1))).toBe("forged");
    expect(await stage.judge(id, 3, first)).toBe("forged");
  });

  test("of an older segment is not taken for one of this", async () => {
    const stage = new Stage();
    const { chunks } = stage.sign(4);
    const { id } = stage.sign(7);
    expect(await stage.judge(id, 0, chunks[0] ?? new Uint8Array())).toBe("forged");
  });

  test("is judged at once where there is no root", () => {
    const verdicts: Verdict[] = [];
    const arrived = { segment: idOf(7), chunk: 0, byteLength: 9, bytes: new Uint8Array(9) };
    new Stage().integrity.peerChunk(arrived, (verdict) => verdicts.push(verdict));
    expect(verdicts).toEqual(["fits"]);
  });
});

describe("[IN7] without hashes that the root proves nobody is believed and nobody blamed", () => {
  test.each([
    ["there is no file", undefined],
    ["the file is of another segment", signedSegment(8).hashes],
    ["the file is cut short", signedSegment(7).hashes.subarray(0, HASH_BYTES)],
    ["one hash is another", flipped(signedSegment(7).hashes)],
  ])("%s", async (_, file) => {
    const stage = new Stage();
    const { id, chunks } = stage.sign(7, { file: false });
    if (file) stage.files.set(id, file);
    expect(await stage.judge(id, 0, chunks[0] ?? new Uint8Array())).toBe("unknown");
    expect(stage.events).toEqual([{ type: "segment-unprovable", segment: id }]);
  });

  test("after three in a row the origin is asked no more", async () => {
    const stage = new Stage();
    for (let sequence = 1; sequence <= 5; sequence++) {
      const { id, chunks } = stage.sign(sequence, { file: false });
      expect(await stage.judge(id, 0, chunks[0] ?? new Uint8Array())).toBe("unknown");
    }
    expect(stage.fetched).toHaveLength(3);
  });
});

describe("[IN8] what the origin brought", () => {
  test("is proven by itself once it is whole, and costs no request", async () => {
    const stage = new Stage();
    const { id, chunks } = stage.sign(7);
    chunks.forEach((bytes, chunk) => {
      stage.originBrings(id, chunk, bytes);
    });
    expect(await stage.heard(3)).toEqual([0, 1, 2].map((chunk) => ({ type: "chunk-proven", segment: id, chunk })));
    expect(stage.fetched).toEqual([]);
  });

  test("is proven chunk by chunk where the hashes are wanted", async () => {
    const stage = new Stage();
    const { id, chunks } = stage.sign(7);
    stage.integrity.want(id);
    stage.originBrings(id, 1, chunks[1] ?? new Uint8Array());
    expect(await stage.heard(1)).toEqual([{ type: "chunk-proven", segment: id, chunk: 1 }]);
  });

  test("is not given on when it is not what was signed", async () => {
    const stage = new Stage();
    const { id, chunks } = stage.sign(7);
    stage.integrity.want(id);
    stage.originBrings(id, 0, flipped(chunks[0] ?? new Uint8Array()));
    expect(await stage.heard(1)).toEqual([{ type: "segment-unprovable", segment: id }]);
    expect(stage.bugs).toEqual([]);
  });

  test("before the playlist listed it is proven as soon as it does", async () => {
    const stage = new Stage();
    const { id, chunks, root } = stage.sign(7);
    stage.roots.delete(id);
    stage.originBrings(id, 2, chunks[2] ?? new Uint8Array());
    stage.roots.set(id, root);
    stage.integrity.catchUp(id, true);
    expect(await stage.heard(1)).toEqual([{ type: "chunk-proven", segment: id, chunk: 2 }]);
  });
});
