import { expect, test } from "vitest";
import { createRng } from "../../base/random.ts";
import { SwapList } from "./swap-list.ts";

const contents = (list: SwapList<number>): number[] => Array.from({ length: list.size }, (_, i) => list.at(i) ?? -1);

test("a list holds what a set would hold, whatever is added and removed", () => {
  const rng = createRng(5);
  const list = new SwapList<number>();
  const expected = new Set<number>();
  for (let step = 0; step < 2_000; step++) {
    const item = Math.floor(rng.next() * 40);
    if (rng.next() < 0.5) {
      list.add(item);
      expected.add(item);
    } else {
      list.delete(item);
      expected.delete(item);
    }
    expect(contents(list).sort()).toEqual([...expected].sort());
  }
});

test("there is nothing past the end", () => {
  const list = new SwapList<number>();
  list.add(1);
  expect(list.at(1)).toBeUndefined();
});
