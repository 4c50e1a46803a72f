import { expect, test } from "vitest";
import { ALL_ARE_IN, runRestart } from "../../src/tracker-load/restart.ts";
import { startTracker } from "../../src/tracker-server/index.ts";

const CROWD = { viewers: 300, joinsPerSecond: 500, holdSeconds: 20, swarms: 3, peers: 5, relaysPerSecond: 0 };
const HERE = { host: "127.0.0.1", secret: "a secret of at least 32 characters" };

test("[TK45] 300 viewers that lose their tracker are back within seconds, none refused, each with its id", async () => {
  let tracker = await startTracker({ ...HERE, port: 0 });
  let restarted: Promise<void> | undefined;
  const restart = async (): Promise<void> => {
    await tracker.close(); // without a word to anybody
    tracker = await startTracker({ ...HERE, port: tracker.port });
  };
  const figures = await runRestart({ ...CROWD, tracker: tracker.url }, (text) => {
    if (text === ALL_ARE_IN) restarted = restart();
  });
  await restarted;
  const { counters, refusals } = tracker.stats();
  await tracker.close();
  expect(figures).toMatchObject({ viewers: 300, back: 300, keptIds: 300 });
  expect(figures.backMsMax).toBeLessThan(10_000);
  expect(counters).toMatchObject({ joins: 300, restores: 300, introductions: 0 });
  expect(refusals).toEqual({});
});
