import { expect, test } from "vitest";
import { HeartbeatWheel } from "./heartbeat.ts";

/** A target that counts, and that answers a ping when it is told to. */
function createTarget() {
  return {
    pings: 0,
    givenUp: 0,
    ping() {
      this.pings++;
    },
    giveUp() {
      this.givenUp++;
    },
  };
}

test("everybody is pinged once a period, a few at every tick", () => {
  const wheel = new HeartbeatWheel(1_000, 100);
  const targets = Array.from({ length: 100 }, createTarget);
  for (const target of targets) wheel.add(target);
  for (let tick = 1; tick <= 10; tick++) {
    wheel.tick();
    expect(targets.filter((target) => target.pings === 1)).toHaveLength(tick * 10);
  }
  expect(targets.every((target) => target.pings === 1)).toBe(true);
});

test("two pings without an answer, and a target is given up", () => {
  const wheel = new HeartbeatWheel(100, 100);
  const target = createTarget();
  wheel.add(target);
  wheel.tick();
  wheel.tick();
  expect(target).toMatchObject({ pings: 2, givenUp: 0 });
  wheel.tick();
  expect(target).toMatchObject({ pings: 2, givenUp: 1 });
});

test("any sign of life counts for both", () => {
  const wheel = new HeartbeatWheel(100, 100);
  const target = createTarget();
  const heartbeat = wheel.add(target);
  for (let round = 0; round < 10; round++) {
    wheel.tick();
    wheel.tick();
    heartbeat.heard();
  }
  expect(target).toMatchObject({ pings: 20, givenUp: 0 });
});

test("a stopped one is left alone", () => {
  const wheel = new HeartbeatWheel(100, 100);
  const target = createTarget();
  wheel.add(target).stop();
  wheel.tick();
  expect(target.pings).toBe(0);
});

test("a period shorter than a tick still pings", () => {
  const wheel = new HeartbeatWheel(1, 100);
  const target = createTarget();
  wheel.add(target);
  wheel.tick();
  expect(target.pings).toBe(1);
});
