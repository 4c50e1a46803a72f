import { expect, test } from "vitest";
import { unreadyReasons } from "./readiness.ts";

const HEALTH = { uptimeMs: 1, draining: false, connections: 5, viewers: 4, seeders: 1, shortOfMemory: false };
const FACTS = { health: HEALTH, connectionsMax: 10, lagMsP99: 3 };

test("a tracker with room, memory and time is ready", () => {
  expect(unreadyReasons(FACTS)).toEqual([]);
});

test.each([
  ["draining", { health: { ...HEALTH, draining: true } }],
  ["full", { connectionsMax: 5 }],
  ["memory", { health: { ...HEALTH, shortOfMemory: true } }],
  ["event-loop-lag", { lagMsP99: 501 }],
])("not ready: %s", (reason, facts) => {
  expect(unreadyReasons({ ...FACTS, ...facts })).toEqual([reason]);
});
