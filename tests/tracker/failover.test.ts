/** Viewers with several trackers: the real engine and its tracker links against real trackers, over sockets. */
import { afterEach, expect, test, vi } from "vitest";
import { WebSocket } from "ws";
import { SILENT } from "../../src/base/logger.ts";
import { swarmIdOf } from "../../src/protocol/ids.ts";
import { createSwarmDriver, type SwarmDriver } from "../../src/swarm/io/driver.ts";
import { createWebSocketTrackerLinks } from "../../src/swarm/io/websocket-tracker-link.ts";
import { startTracker, type RunningTracker, type TrackerOptions } from "../../src/tracker-server/index.ts";
import { TestViewer } from "./test-viewer.ts";

const running: Array<{ close(): unknown }> = [];
afterEach(async () => {
  for (const one of running.splice(0).reverse()) await one.close();
});

async function start(options: TrackerOptions = {}): Promise<RunningTracker> {
  const tracker = await startTracker({ host: "127.0.0.1", port: 0, ...options });
  running.push(tracker);
  return tracker;
}

/** A viewer without a player: it stays in touch, and nothing else is asked of it. */
function view(trackers: readonly string[]): SwarmDriver {
  const driver = createSwarmDriver({
    swarm: swarmIdOf("stream"),
    trackers,
    origin: {
      locate: () => false,
      hashes: () => Promise.resolve(undefined),
      fetch: () => ({ abort: () => undefined }),
    },
    rtc: {},
    upload: true,
    memoryBytesMax: 1e6,
    openPeerLink: () => ({ signal: () => undefined, send: () => undefined, close: () => undefined, bufferedBytes: 0 }),
    openTrackerLink: createWebSocketTrackerLinks(WebSocket),
    logger: SILENT,
  });
  running.push(driver);
  return driver;
}

const joined = (tracker: RunningTracker): Promise<void> =>
  vi.waitFor(
    () => {
      expect(tracker.stats().viewers).toBe(1);
    },
    { timeout: 10_000, interval: 20 },
  );

test("[TR30] the next on the list is joined when the first is not there", async () => {
  const [dead, alive] = [await start(), await start()];
  await dead.close();
  view([dead.url, alive.url]);
  await joined(alive);
});

test("[TR30] a tracker that dies is left for one that it had named", async () => {
  const second = await start();
  const first = await start({ otherTrackers: [{ url: second.url }] });
  const viewer = view([first.url]);
  await joined(first);
  await first.close();
  await joined(second);
  await vi.waitFor(() => {
    expect(viewer.stats().tracker).toBe("joined");
  });
});

test("[TR17] a tracker that drains sends its viewers to the others", async () => {
  const second = await start();
  const first = await start({ otherTrackers: [{ url: second.url }], drainSpreadMs: 100 });
  view([first.url]);
  await joined(first);
  await first.drain();
  await joined(second);
});

test("[TR31] the address of a list leads to the best of it", async () => {
  const second = await start();
  const first = await start({ otherTrackers: [{ url: second.url }] });
  const response = await fetch(`${first.url.replace("ws", "http")}/v1/trackers`);
  expect(await response.json()).toEqual({ type: "redirect", trackers: [second.url] });
  expect(response.headers.get("access-control-allow-origin")).toBe("*");
  view([`${first.url.replace("ws", "http")}/v1/trackers`]);
  await joined(second);
});

test("[TR31] without anywhere to go the list is no list", async () => {
  const tracker = await start();
  const response = await fetch(`${tracker.url.replace("ws", "http")}/v1/trackers`);
  expect(response.status).toBe(503);
  expect(await response.text()).toContain("publicUrl");
});

test("[TR32] a full tracker sends on, at the door and at join", async () => {
  const second = await start();
  const others = [{ url: second.url }];
  for (const full of [
    await start({ otherTrackers: others, connectionsMax: 1 }),
    await start({ otherTrackers: others, viewersPerSwarmMax: 1 }),
  ]) {
    await TestViewer.join(full, { swarm: swarmIdOf("stream") });
    const viewer = view([full.url]);
    await joined(second);
    expect(full.stats()).toMatchObject({ viewers: 1, counters: { redirects: 1 } });
    viewer.close();
    await vi.waitFor(() => {
      expect(second.stats().viewers).toBe(0);
    });
  }
});

test("[TK44] a viewer of a tracker with the same secret keeps its id", async () => {
  const secret = "a secret of at least 32 characters";
  const [first, second] = [await start({ secret }), await start({ secret })];
  const alice = await TestViewer.join(first);
  const { resume } = alice.joined;
  await first.close();
  expect((await TestViewer.join(second, { resume })).id).toBe(alice.id);
  const stranger = await start();
  expect((await TestViewer.join(stranger, { resume })).id).not.toBe(alice.id);
  expect(stranger.stats().counters.staleResumes).toBe(1);
});

test.each([
  [{ publicUrl: "tracker.example.com" }, "publicUrl must look like wss://tracker.example.com"],
  [{ otherTrackers: [{ url: "https://tracker.example.com" }] }, "the url of another tracker must look like"],
  [{ secret: "short" }, "secret must have at least 32 characters"],
])("a wrong option is named: %j", async (options, message) => {
  await expect(startTracker({ port: 0, ...options })).rejects.toThrow(message);
});
