import { expect, test } from "vitest";
import { Heap } from "./heap.ts";
import { createRng } from "./random.ts";

const drain = <Item>(heap: Heap<Item>): Item[] => {
  const items: Item[] = [];
  for (let item = heap.pop(); item !== undefined; item = heap.pop()) items.push(item);
  return items;
};

test("gives the least first, whatever the order they came in", () => {
  const rng = createRng(1);
  const numbers = Array.from({ length: 500 }, () => Math.floor(rng.next() * 100));
  const heap = new Heap<number>((a, b) => a < b);
  for (const number of numbers) heap.push(number);
  expect(drain(heap)).toEqual(numbers.sort((a, b) => a - b));
});

test("gives equal items in the order they came, also when others leave in between", () => {
  const heap = new Heap<{ at: number; name: number }>((a, b) => a.at < b.at);
  for (let name = 0; name < 20; name++) heap.push({ at: name % 2, name });
  for (let i = 0; i < 5; i++) heap.pop();
  for (let name = 20; name < 30; name++) heap.push({ at: 1, name });
  expect(drain(heap).map(({ name }) => name)).toEqual([
    ...[10, 12, 14, 16, 18],
    ...[1, 3, 5, 7, 9, 11, 13, 15, 17, 19],
    ...[20, 21, 22, 23, 24, 25, 26, 27, 28, 29],
  ]);
});

test("shows the least without taking it, and has nothing when empty", () => {
  const heap = new Heap<string>((a, b) => a < b);
  expect([heap.peek(), heap.pop(), heap.size]).toEqual([undefined, undefined, 0]);
  heap.push("b");
  heap.push("a");
  expect([heap.peek(), heap.size]).toEqual(["a", 2]);
});
