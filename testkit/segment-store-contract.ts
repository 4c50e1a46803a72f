import { describe, expect, test } from "vitest";
import { segmentIdOf, trackIdOf } from "../src/protocol/ids.ts";
import type { SegmentStore } from "../src/swarm/io/segment-store.ts";

const TRACK = trackIdOf("video");
const [FIRST, SECOND] = [7, 8].map((sequence) => segmentIdOf(TRACK, { sequence, tag: 1 })) as [
  ReturnType<typeof segmentIdOf>,
  ReturnType<typeof segmentIdOf>,
];
const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

/** What every SegmentStore must do, whatever it is made of. */
export function segmentStoreContract(name: string, create: () => SegmentStore): void {
  describe(name, () => {
    test("gives back what it was given, and nothing else", () => {
      const store = create();
      expect(store.put(FIRST, 3, bytes(1, 2))).toBe(true);
      expect(store.get(FIRST, 3)).toEqual(bytes(1, 2));
      expect([store.get(FIRST, 0), store.get(SECOND, 3)]).toEqual([undefined, undefined]);
    });

    test("keeps the first of two", () => {
      const store = create();
      store.put(FIRST, 0, bytes(1));
      expect(store.put(FIRST, 0, bytes(2, 2))).toBe(false);
      expect([store.get(FIRST, 0), store.byteLength]).toEqual([bytes(1), 1]);
    });

    test("puts a segment together in the order of its chunks, whatever order they came in", () => {
      const store = create();
      for (const chunk of [2, 0, 1]) store.put(FIRST, chunk, bytes(chunk, chunk));
      expect(store.assemble(FIRST, 3)).toEqual(bytes(0, 0, 1, 1, 2, 2));
      expect(store.assemble(FIRST, 2)).toEqual(bytes(0, 0, 1, 1));
    });

    test("does not put together what has a gap, or is not there", () => {
      const store = create();
      store.put(FIRST, 0, bytes(1));
      store.put(FIRST, 2, bytes(3));
      expect([store.assemble(FIRST, 3), store.assemble(SECOND, 1)]).toEqual([undefined, undefined]);
    });

    test("hands over a buffer of its own each time: one that is detached takes nothing with it", () => {
      const store = create();
      store.put(FIRST, 0, bytes(1, 2));
      const whole = store.assemble(FIRST, 1);
      expect(whole?.buffer.byteLength).toBe(2);
      if (whole) structuredClone(whole, { transfer: [whole.buffer] });
      expect(whole?.byteLength).toBe(0);
      expect(store.assemble(FIRST, 1)).toEqual(bytes(1, 2));
      expect(store.get(FIRST, 0)).toEqual(bytes(1, 2));
    });

    test("counts what it holds, and forgets segment by segment, or everything", () => {
      const store = create();
      store.put(FIRST, 0, bytes(1, 2));
      store.put(FIRST, 1, bytes(3));
      store.put(SECOND, 0, bytes(4));
      expect(store.byteLength).toBe(4);
      store.delete(FIRST);
      store.delete(FIRST);
      expect([store.byteLength, store.get(FIRST, 0), store.get(SECOND, 0)]).toEqual([1, undefined, bytes(4)]);
      expect(store.put(FIRST, 0, bytes(9))).toBe(true);
      store.clear();
      expect([store.byteLength, store.get(SECOND, 0)]).toEqual([0, undefined]);
    });
  });
}
