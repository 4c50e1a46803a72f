import { expect, test } from "vitest";
import { runLoad } from "../../src/tracker-load/load.ts";
import { startTracker } from "../../src/tracker-server/index.ts";

const CROWD = { viewers: 60, joinsPerSecond: 500, holdSeconds: 0.5, swarms: 2, peers: 5, relaysPerSecond: 100 };

test("a crowd joins, connects, chats and leaves; the tool's count is the tracker's own", async () => {
  const tracker = await startTracker({ host: "127.0.0.1", port: 0 });
  const figures = await runLoad({ ...CROWD, tracker: tracker.url }, () => undefined);
  const { viewers, counters, refusals } = tracker.stats();
  await tracker.close();
  expect(figures).toMatchObject({ viewers: 60, joined: 60, failed: 0, refusals: {} });
  expect(figures.answers).toBe(figures.introductions);
  expect(figures.relays).toBeGreaterThan(20);
  expect(figures.joinMsP99).toBeGreaterThan(0);
  expect({ viewers, joins: counters.joins, leaves: counters.leaves }).toEqual({ viewers: 0, joins: 60, leaves: 60 });
  expect(counters.relays).toBeGreaterThanOrEqual(2 * figures.answers + figures.relays);
  expect(refusals).toEqual({});
});

test("whom the tracker refuses is counted, and the crowd goes on", async () => {
  const tracker = await startTracker({ host: "127.0.0.1", port: 0, viewersPerSwarmMax: 10 });
  const figures = await runLoad({ ...CROWD, tracker: tracker.url, swarms: 1 }, () => undefined);
  await tracker.close();
  expect(figures).toMatchObject({ joined: 10, failed: 50, refusals: { full: 50, "closed with 1013": 50 } });
});
