/** A viewer that is held out, in a real browser, at a real tracker, with somebody there to share with. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTracker, type RunningTracker } from "../../src/tracker-server/index.ts";
import { useStage } from "./stage.ts";

const stage = useStage();
let tracker: RunningTracker;
beforeAll(async () => {
  tracker = await startTracker({ port: 0, holdOutShare: 0.5, reportEveryMs: 200 });
});
afterAll(() => tracker.close());

test("[TK56] a viewer that is held out makes no connection, and asks the CDN for what plain hls.js does", async () => {
  const plainUrl = stage.url("well", "hold-out-plain");
  const plain = await stage.call("play", { version: "1.7", engine: "plain", url: plainUrl });
  expect(plain).toMatchObject({ ended: true, errors: [] });
  const labels = Array.from({ length: 30 }, (_, index) => `hold-out-${String(index)}`);
  const urls = labels.map((label) => stage.url("well", label));
  const played = await stage.call("playHeldOut", { tracker: tracker.url, urls });
  expect(played).toMatchObject({ ended: true, connections: 0, peers: 0 });
  expect(played.sharingUrl).toBeDefined();
  const label = labels[urls.indexOf(played.url ?? "")] ?? "";
  const expected = stage.origin.countsOf("hold-out-plain");
  expect(stage.origin.countsOf(label)).toEqual(expected);
  expect(played.originBytes).toBe(expected.bytes);
  const { swarms } = tracker.stats();
  expect(swarms).toEqual([]); // everybody has left
  expect(tracker.stats().reported.originBytes).toBeGreaterThanOrEqual(expected.bytes);
  expect(tracker.stats().reported.playedMs).toBeGreaterThan(500);
});
