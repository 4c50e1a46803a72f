import { expect, onTestFinished, test, vi } from "vitest";
import { Gathering } from "./gathering.ts";

test("what comes after a pause is written when the turn is over, what comes soon after that is gathered", () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "setImmediate"] });
  onTestFinished(() => void vi.useRealTimers());
  let now = 0;
  const writtenAt: number[] = [];
  const gathering = new Gathering(
    () => now,
    () => writtenAt.push(now),
  );
  const pass = (ms: number) => {
    now += ms;
    vi.advanceTimersByTime(ms);
  };
  gathering.begin();
  gathering.begin();
  expect(writtenAt).toEqual([]);
  pass(0);
  expect(writtenAt).toEqual([0]);
  pass(1);
  gathering.begin();
  pass(1);
  gathering.begin();
  expect(writtenAt).toEqual([0]);
  pass(2);
  expect(writtenAt).toEqual([0, 4]);
  pass(100);
  gathering.begin();
  pass(0);
  expect(writtenAt).toEqual([0, 4, 104]);
});
