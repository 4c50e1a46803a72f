import { expect, test } from "vitest";
import { Playback } from "./playback.ts";

/** A player at 100 s with 10 s buffered, as of second 1 of the clock. */
function playing({ rate = 1, bufferedEnd = 110 } = {}): Playback {
  const playback = new Playback();
  playback.update(1000, 100, bufferedEnd, rate, 30);
  return playback;
}

test.each([
  ["now", 1000, 100],
  ["a second later", 2000, 101],
  ["at the end of what is buffered", 11_000, 110],
  ["never beyond it", 60_000, 110],
])("the playhead moves on between reports: %s", (_, now, position) => {
  expect(playing().positionAt(now)).toBe(position);
});

test("a paused player stays where it is, a fast one runs", () => {
  expect(playing({ rate: 0 }).positionAt(9000)).toBe(100);
  expect(playing({ rate: 2 }).positionAt(2000)).toBe(102);
});

test("a playhead beyond its buffer, as after a seek, is where it says", () => {
  expect(playing({ bufferedEnd: 20 }).positionAt(5000)).toBe(100);
});

test.each([
  ["ahead", 1, 108, 9000],
  ["ahead of a fast player", 2, 108, 5000],
  ["ahead of a paused one, which may go on at once", 0, 108, 9000],
  ["ahead of a slow one, which may be normal again", 0.5, 108, 9000],
  ["behind: at once", 1, 90, 1000],
])("[SW20] a moment is due when the playhead reaches it: %s", (_, rate, start, dueAt) => {
  expect(playing({ rate }).dueAt(1000, start)).toBe(dueAt);
});

test("a moment stays due at the same instant while the player plays", () => {
  const playback = playing();
  expect([1000, 3000, 8000].map((now) => playback.dueAt(now, 109))).toEqual([10_000, 10_000, 10_000]);
});

test("playback has started once there is a position", () => {
  const playback = new Playback();
  playback.update(500, undefined, 0, 0, 30);
  expect([playback.started, playback.movedAt]).toEqual([false, Infinity]);
  playback.update(1000, 100, 100, 1, 30);
  playback.update(2000, 101, 110, 1, 30);
  expect([playback.started, playback.movedAt]).toEqual([true, 1000]);
});

test.each([
  ["a seek forward", 130, 5000],
  ["a seek back", 90, 5000],
  ["playing on, a little late", 102.5, 1000],
  ["a player that runs ahead of our reckoning", 105.5, 1000],
])("a jump begins it anew: %s", (_, position, movedAt) => {
  const playback = playing();
  playback.update(5000, position, position + 10, 1, 30);
  expect(playback.movedAt).toBe(movedAt);
});

test("a stall is no jump", () => {
  const playback = playing({ bufferedEnd: 102 });
  playback.update(60_000, 102, 112, 1, 30);
  expect(playback.movedAt).toBe(1000);
});

test.each([
  ["that the player has gone on", 100.55, 110, 1, 30, false],
  ["a seek", 130, 140, 1, 30, true],
  ["a stall", 100.1, 110, 1, 30, true],
  ["more in the buffer", 100.5, 114, 1, 30, true],
  ["another rate", 100.5, 110, 2, 30, true],
  ["a longer buffer to fill", 100.5, 110, 1, 60, true],
])("[SW4] a report tells whether it is news: %s", (_, position, bufferedEnd, rate, bufferAheadMax, isNews) => {
  expect(playing().update(1500, position, bufferedEnd, rate, bufferAheadMax)).toBe(isNews);
});

test("[SW4] the first picture is news", () => {
  const playback = new Playback();
  expect(playback.update(0, undefined, 0, 1, 30)).toBe(true);
  expect(playback.update(100, 5, 9, 1, 30)).toBe(true);
});
