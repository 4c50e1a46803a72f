import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { WakeupTimer } from "./wakeup-timer.ts";

beforeEach(() => {
  vi.useFakeTimers({ now: 0 });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A timer on a clock that stands still for `lateMs` after each wait, as in a hidden tab. */
function lateTimer(): {
  readonly timer: WakeupTimer;
  readonly clock: { lateMs: number };
  readonly woken: (number | undefined)[];
} {
  const clock = { lateMs: 0 };
  const woken: (number | undefined)[] = [];
  const timer = new WakeupTimer(
    () => Date.now() + clock.lateMs,
    (lagMs) => woken.push(lagMs),
  );
  return { timer, clock, woken };
}

test("wakes once, at the instant it was last set to", () => {
  const { timer, woken } = lateTimer();
  timer.set(500);
  timer.set(200);
  timer.set(300);
  expect(vi.getTimerCount()).toBe(1);
  vi.advanceTimersByTime(299);
  expect(woken).toEqual([]);
  vi.advanceTimersByTime(5000);
  expect(woken).toEqual([undefined]);
});

test("is not armed anew for the same instant, nor at all for never", () => {
  const { timer } = lateTimer();
  timer.set(500);
  const armed = vi.spyOn(globalThis, "setTimeout");
  timer.set(500);
  timer.set(Infinity);
  expect([armed.mock.calls.length, vi.getTimerCount()]).toEqual([0, 0]);
  armed.mockRestore();
});

test("wakes at once for an instant that has gone by, and within a minute for one far away", () => {
  const { timer, woken } = lateTimer();
  timer.set(-100);
  vi.advanceTimersByTime(0);
  expect(woken).toHaveLength(1);
  timer.set(1e12);
  vi.advanceTimersByTime(60_000);
  expect(woken).toHaveLength(2);
});

test("[SW20] tells how late it is when that has changed: at once when it gets worse, slowly when it gets better", () => {
  const { timer, clock, woken } = lateTimer();
  const wake = (lateMs: number): void => {
    clock.lateMs = 0;
    timer.set(Date.now() + 100);
    clock.lateMs = lateMs;
    vi.advanceTimersByTime(100);
  };
  wake(20);
  wake(900);
  expect(woken).toEqual([undefined, 900]);
  for (let i = 0; i < 60; i++) wake(0);
  const told = woken.filter((lagMs) => lagMs !== undefined);
  expect(told).toEqual([...told].sort((a, b) => b - a));
  expect(told.length).toBeGreaterThan(2);
  expect(told.at(-1)).toBeLessThan(250);
});

test("takes a machine that slept for no habit", () => {
  const { timer, clock, woken } = lateTimer();
  timer.set(100);
  clock.lateMs = 3_600_000;
  vi.advanceTimersByTime(100);
  expect(woken).toEqual([2000]);
});

test("does nothing once closed", () => {
  const { timer, woken } = lateTimer();
  timer.set(100);
  timer.close();
  timer.close();
  vi.advanceTimersByTime(1000);
  expect([woken, vi.getTimerCount()]).toEqual([[], 0]);
});
