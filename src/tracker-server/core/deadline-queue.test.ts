import { expect, test } from "vitest";
import { DeadlineQueue } from "./deadline-queue.ts";

test("the oldest is due first, and only when its time has come", () => {
  const queue = new DeadlineQueue<string>(100);
  expect(queue.next()).toBe(Infinity);
  queue.add(0, "alice");
  queue.add(30, "bob");
  queue.add(60, "carol");
  expect(queue.next()).toBe(100);
  expect(queue.takeDue(99)).toEqual([]);
  expect(queue.takeDue(130)).toEqual(["alice", "bob"]);
  expect(queue.next()).toBe(160);
});

test("adding again starts the wait anew, removing ends it", () => {
  const queue = new DeadlineQueue<string>(100);
  queue.add(0, "alice");
  queue.add(10, "bob");
  queue.add(20, "alice");
  queue.delete("bob");
  expect(queue.size).toBe(1);
  expect(queue.takeDue(110)).toEqual([]);
  expect(queue.takeOldest()).toBe("alice");
  expect(queue.takeOldest()).toBeUndefined();
});
