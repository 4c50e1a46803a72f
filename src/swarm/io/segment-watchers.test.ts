import { expect, test, vi } from "vitest";
import { segmentIdOf, trackIdOf } from "../../protocol/ids.ts";
import type { SegmentDelivery, SegmentWatcher } from "./driver-api.ts";
import { SegmentWatchers } from "./segment-watchers.ts";
import { inTask } from "./task.ts";

const SEGMENT = segmentIdOf(trackIdOf("video"), { sequence: 7, tag: 1 });
const OTHER = segmentIdOf(trackIdOf("video"), { sequence: 8, tag: 1 });

const watcher = (): Required<SegmentWatcher> => ({
  originOpened: vi.fn(),
  progress: vi.fn(),
  complete: vi.fn(),
  failed: vi.fn(),
});
const delivery = (): SegmentDelivery => ({ bytes: new Uint8Array(3), peerBytes: 1, originBytes: 2 });
/** Two, because tasks of different channels need not come in order. */
const settle = async (): Promise<void> => {
  for (let task = 0; task < 2; task++) await new Promise<void>(inTask);
};

test("tells those who wait for a segment, and nobody else, how it goes", () => {
  const watchers = new SegmentWatchers();
  const [here, there] = [watcher(), watcher()];
  watchers.add(SEGMENT, here);
  watchers.add(OTHER, there);
  watchers.originOpened(SEGMENT);
  watchers.progress(SEGMENT, { peerBytes: 1, originBytes: 2, byteLength: 3 });
  watchers.progress(SEGMENT, undefined);
  expect(here.originOpened).toHaveBeenCalledTimes(1);
  expect(vi.mocked(here.progress).mock.calls).toEqual([[1, 2, 3]]);
  expect(there.originOpened).not.toHaveBeenCalled();
});

test("tells the end later, once, to each with a delivery of its own", async () => {
  const watchers = new SegmentWatchers();
  const both = [watcher(), watcher()];
  for (const each of both) watchers.add(SEGMENT, each);
  watchers.complete(SEGMENT, delivery);
  watchers.complete(SEGMENT, delivery);
  for (const each of both) expect(each.complete).not.toHaveBeenCalled();
  await settle();
  const [one, two] = both.map((each) => vi.mocked(each.complete).mock.calls);
  expect([one?.length, two?.length]).toEqual([1, 1]);
  expect(one?.[0]?.[0]).not.toBe(two?.[0]?.[0]);
});

test("tells a failure with its status, and then no completion", async () => {
  const watchers = new SegmentWatchers();
  const alice = watcher();
  watchers.add(SEGMENT, alice);
  watchers.failed(SEGMENT, 404);
  watchers.complete(SEGMENT, delivery);
  await settle();
  expect(vi.mocked(alice.failed).mock.calls).toEqual([[404]]);
  expect(alice.complete).not.toHaveBeenCalled();
});

test("leaves alone whoever stopped, even while the end was on its way", async () => {
  const watchers = new SegmentWatchers();
  const [alice, bob] = [watcher(), watcher()];
  const stop = watchers.add(SEGMENT, alice);
  watchers.add(SEGMENT, bob);
  watchers.complete(SEGMENT, delivery);
  expect(stop()).toBe(false);
  await settle();
  expect(alice.complete).not.toHaveBeenCalled();
  expect(bob.complete).toHaveBeenCalledTimes(1);
});

test("says when nobody waits any more, once", () => {
  const watchers = new SegmentWatchers();
  const stops = [watchers.add(SEGMENT, watcher()), watchers.add(SEGMENT, watcher())];
  expect(stops.map((stop) => stop())).toEqual([false, true]);
  expect(stops.map((stop) => stop())).toEqual([false, false]);
  watchers.add(SEGMENT, watcher());
  expect(stops[0]?.()).toBe(false);
});

test("one watcher may wait twice, and stop once", async () => {
  const watchers = new SegmentWatchers();
  const alice = watcher();
  const stop = watchers.add(SEGMENT, alice);
  watchers.add(SEGMENT, alice);
  expect(stop()).toBe(false);
  watchers.complete(SEGMENT, delivery);
  await settle();
  expect(alice.complete).toHaveBeenCalledTimes(1);
});

test("tells nobody anything once closed", async () => {
  const watchers = new SegmentWatchers();
  const [alice, bob] = [watcher(), watcher()];
  watchers.add(SEGMENT, alice);
  watchers.add(OTHER, bob);
  watchers.complete(SEGMENT, delivery);
  watchers.close();
  watchers.failed(OTHER, 500);
  await settle();
  expect(alice.complete).not.toHaveBeenCalled();
  expect(bob.failed).not.toHaveBeenCalled();
});
