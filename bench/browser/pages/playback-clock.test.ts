import { expect, test } from "vitest";
import { PlaybackClock } from "./playback-clock.ts";

/** Plays at normal speed from `at` on, seen every 100 ms. */
function play(clock: PlaybackClock, from: { at: number; position: number; ms: number }): void {
  for (let ms = 100; ms <= from.ms; ms += 100) clock.sample(from.at + ms, from.position + ms / 1000, false);
}

function startedClock(): PlaybackClock {
  const clock = new PlaybackClock();
  clock.playing(1000, 0);
  play(clock, { at: 1000, position: 0, ms: 1000 });
  return clock;
}

test("start-up ends at the playing event after which time went on", () => {
  const clock = new PlaybackClock();
  clock.playing(300, 0);
  clock.sample(400, 0, false);
  expect(clock.startedAt).toBeUndefined();
  clock.sample(500, 0.1, false);
  expect(clock.startedAt).toBe(300);
});

test("the jump to the live point is not playback", () => {
  const clock = new PlaybackClock();
  clock.playing(300, 0);
  clock.sample(400, 34, false);
  expect(clock.startedAt).toBeUndefined();
  clock.sample(500, 34.1, false);
  expect(clock.startedAt).toBe(400);
  expect(clock.stalls(600)).toEqual([]);
});

test("even playback has no stall", () => {
  expect(startedClock().stalls(2050)).toEqual([]);
});

test("standing still is a stall of its whole length", () => {
  const clock = startedClock();
  for (let at = 2100; at < 3500; at += 100) clock.sample(at, 1, false);
  play(clock, { at: 3500, position: 1, ms: 500 });
  expect(clock.stalls(4000)).toEqual([{ startedAt: 2000, ms: 1500 }]);
});

test("a stall that still lasts counts up to now", () => {
  const clock = startedClock();
  clock.sample(2100, 1, false);
  expect(clock.stalls(4000)).toEqual([{ startedAt: 2000, ms: 2000 }]);
});

test("a late sample is no stall: playback accounts for the time", () => {
  const clock = startedClock();
  clock.sample(5000, 4, false);
  expect(clock.stalls(5000)).toEqual([]);
});

test("a stall hidden by a late sample is found", () => {
  const clock = startedClock();
  clock.sample(5000, 2, false);
  expect(clock.stalls(5000)).toEqual([{ startedAt: 2000, ms: 2000 }]);
});

test("a pause and the end are no stalls", () => {
  const clock = startedClock();
  clock.sample(2100, 1, true);
  clock.sample(5000, 1, true);
  expect(clock.stalls(5100)).toEqual([]);
});

test("a seek across a stall ends it", () => {
  const clock = startedClock();
  clock.sample(2900, 1, false);
  clock.sample(3000, 20, false);
  play(clock, { at: 3000, position: 20, ms: 300 });
  expect(clock.stalls(3300)).toEqual([{ startedAt: 2000, ms: 1000 }]);
});
