/** What one stream saved, asked of either of two trackers on one bus, as reported by viewers of both. */
import { once } from "node:events";
import { request } from "node:http";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startTracker, type RunningTracker } from "../../src/tracker-server/index.ts";
import { createMemoryEngine } from "../../testkit/memory-bus.ts";
import { SWARM, TestViewer } from "./test-viewer.ts";

let one: RunningTracker;
let two: RunningTracker;
beforeEach(async () => {
  const engine = createMemoryEngine();
  one = await startTracker({ port: 0, bus: engine.open(), pricePerGb: 1 });
  two = await startTracker({ port: 0, bus: engine.open(), pricePerGb: 1 });
  await expect.poll(() => [one, two].map((tracker) => tracker.stats().cluster.nodes)).toEqual([2, 2]);
});
afterEach(() => Promise.all([one.close(), two.close()]));

const statsOf = (tracker: RunningTracker, swarm: string): Promise<Response> =>
  fetch(`${tracker.url.replace("ws:", "http:")}/v1/streams/${swarm}/stats`);

test("[TK58] viewers of two trackers are one stream, whichever of them is asked", async () => {
  const viewers = [await TestViewer.join(one), await TestViewer.join(two), await TestViewer.join(two)];
  for (const viewer of viewers) {
    viewer.send({
      ...{ type: "report", peerBytes: 800_000, originBytes: 200_000, uploadedBytes: 0, wastedBytes: 0, peers: 1 },
      ...{ playedMs: 900, startUpMs: 400 },
    });
    await viewer.settled();
  }
  for (const tracker of [one, two]) {
    const response = await statsOf(tracker, SWARM);
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      processes: { asked: 2, answered: 2, busUp: true },
      ...{ viewers: 3, sessions: 3, peak: 3, offload: 0.8 },
      totals: { peerBytes: 2_400_000, originBytes: 600_000, playedMs: 2700 },
      savedBytes: { origin: 2_400_000 },
      money: { spent: 0.0006 },
    });
  }
});

test("[TK58] a stream of the other tracker alone is found, one of nobody is not", async () => {
  await TestViewer.join(two);
  expect((await statsOf(one, SWARM)).status).toBe(200);
  const unknown = await statsOf(one, "a-swarm-of-nobody-at-all");
  expect(unknown.status).toBe(404);
  expect(await unknown.json()).toMatchObject({ processes: { asked: 2, answered: 2 } });
});

test("[TK58] a tracker that has just died is missing, and whoever hangs up meanwhile harms nobody", async () => {
  await TestViewer.join(one);
  await two.close();
  const hasty = request(`${one.url.replace("ws:", "http:")}/v1/streams/${SWARM}/stats`);
  hasty.on("error", () => undefined);
  hasty.end();
  await once(hasty, "finish");
  hasty.destroy();
  const response = await statsOf(one, SWARM);
  expect(await response.json()).toMatchObject({ processes: { asked: 2, answered: 1, busUp: true }, viewers: 1 });
  expect((await statsOf(one, SWARM)).status).toBe(200);
});
