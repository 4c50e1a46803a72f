import { afterEach, expect, test } from "vitest";
import { startBuiltTracker } from "./built-tracker.ts";
import { TestViewer } from "./test-viewer.ts";

/* The built package with workers, in processes of their own. */

const running: Array<Awaited<ReturnType<typeof startBuiltTracker>>> = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((tracker) => tracker.kill()));
});
async function startWorkers(count: number) {
  const tracker = await startBuiltTracker("none", count);
  running.push(tracker);
  return tracker;
}

test("[TK37] workers share a port, and their viewers are one swarm", async () => {
  const tracker = await startWorkers(2);
  const alice = await TestViewer.join(tracker);
  const bob = await TestViewer.join(tracker); // the other worker: they take turns
  expect(bob.id.slice(0, 2)).not.toBe(alice.id.slice(0, 2));
  expect((await bob.next("peers")).peers).toEqual([{ peer: alice.id, uplink: 2 }]);
  bob.signal(alice, "offer");
  expect(await alice.next("signal")).toMatchObject({ from: bob.id, signal: "offer" });
});

test("[TK37] a worker that dies is replaced, and the viewers of the others stay", async () => {
  const tracker = await startWorkers(2);
  const viewers = [await TestViewer.join(tracker), await TestViewer.join(tracker)];
  const [pid = 0] = tracker.workerPids;
  process.kill(pid, "SIGKILL");
  await Promise.race(viewers.map(({ closed }) => closed));
  const left = viewers.filter(({ ws }) => ws.readyState === ws.OPEN);
  expect(left).toHaveLength(1);
  await expect.poll(() => tracker.workerPids, { timeout: 30_000 }).toHaveLength(3);
  const back = await TestViewer.join(tracker);
  await Promise.all([back.settled(), left[0]!.settled()]);
});

test("[TK37] SIGTERM drains them all", async () => {
  const tracker = await startWorkers(2);
  const viewers = [await TestViewer.join(tracker), await TestViewer.join(tracker)];
  tracker.signal("SIGTERM");
  for (const viewer of viewers) {
    await viewer.next("drain");
    expect((await viewer.closed).code).toBe(1012);
  }
  expect(await tracker.ended).toBe(0);
});
