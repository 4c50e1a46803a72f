import { once } from "node:events";
import { afterEach, expect, test } from "vitest";
import { TestViewer } from "./test-viewer.ts";
import { TrackerProcess } from "./tracker-process.ts";

/* Time that stands still, everybody leaving at once, and a stop that meets a crowd: a tracker in a process of its own. */

let tracker: TrackerProcess;
afterEach(() => tracker.stop());

const MANY = { burst: 5_000, perSecond: 5_000 };
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

test("[TK67] a process that stood still cuts off nobody who answers, and nobody whose join was in time", async () => {
  tracker = await TrackerProcess.start({ heartbeatMs: 200, joinWithinMs: 1_000 });
  const alice = await TestViewer.join(tracker);
  const bob = await TestViewer.join(tracker);
  const joining = await TestViewer.open(tracker);
  tracker.child.kill("SIGSTOP");
  joining.sendRaw(
    JSON.stringify({
      type: "join",
      version: 1,
      versionMin: 1,
      swarm: "a-swarm-over-sockets",
      peersWanted: 8,
      uplink: 2,
    }),
  );
  await sleep(2_000); // ten heartbeats, and twice the time to join
  tracker.child.kill("SIGCONT");
  expect((await joining.next("joined")).viewers).toBe(3);
  await sleep(600); // three heartbeats: whoever was taken for dead would be gone by now
  bob.signal(alice, "still here");
  expect((await alice.next("signal")).signal).toBe("still here");
  expect(await tracker.stats()).toMatchObject({ viewers: 3, refusals: {} });
});

test("a thousand viewers that vanish at once are a thousand drops, and the next one is served", async () => {
  tracker = await TrackerProcess.start({
    connectionsPerAddressMax: 2_000,
    upgradesPerAddress: MANY,
    messagesPerAddress: { burst: 50_000, perSecond: 1_000 },
  });
  const viewers = await Promise.all(Array.from({ length: 1_000 }, () => TestViewer.join(tracker)));
  tracker.child.kill("SIGSTOP"); // so that it sees them all go in one turn
  for (const viewer of viewers) viewer.ws.terminate();
  tracker.child.kill("SIGCONT");
  const next = await TestViewer.join(tracker);
  const left = await TestViewer.join(tracker);
  await left.leave();
  await next.settled();
  while ((await tracker.stats()).connections > 1) await sleep(20);
  expect(await tracker.stats()).toMatchObject({ connections: 1, viewers: 1, held: 1_000, counters: { drops: 1_000 } });
});

test("a drain in the middle of joins ends them all, and the process", async () => {
  tracker = await TrackerProcess.start({ upgradesPerAddress: MANY });
  const joined = await Promise.all(Array.from({ length: 50 }, () => TestViewer.join(tracker)));
  const opening = Array.from({ length: 50 }, () => new TestViewer(tracker.url));
  const halfway = await Promise.all(Array.from({ length: 50 }, () => TestViewer.open(tracker)));
  for (const viewer of halfway) viewer.sendRaw('{"type":"join"');
  tracker.child.kill("SIGTERM");
  const end = once(tracker.child, "exit");
  tracker.child.kill("SIGTERM"); // twice
  expect(new Set(await Promise.all(joined.map(async (viewer) => (await viewer.closed).code)))).toEqual(new Set([1012]));
  await Promise.all([...opening, ...halfway].map((viewer) => viewer.closed));
  expect((await end)[0]).toBe(0);
});
