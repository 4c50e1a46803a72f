import { afterEach, describe, expect, test, vi } from "vitest";
import { SIGNAL_CHARS_MAX } from "../../src/protocol/limits.ts";
import { startTracker, type RunningTracker, type TrackerOptions } from "../../src/tracker-server/index.ts";
import { openRaw, upgradeRequest } from "./raw-socket.ts";
import { TestViewer } from "./test-viewer.ts";

let tracker: RunningTracker;
const start = async (options: TrackerOptions): Promise<void> => {
  tracker = await startTracker({ port: 0, ...options });
};
afterEach(() => tracker.close());

const MANY = { burst: 2_000, perSecond: 2_000 };
const LOTS = { burst: 100_000, perSecond: 100_000 };

describe("who gets a socket", () => {
  test("an address has so many, and a proxy's clients have their own", async () => {
    await start({ connectionsPerAddressMax: 2, trustProxy: ["loopback"] });
    const from = (address: string): Promise<number> =>
      openRaw(tracker.port).then((raw) => raw.request(upgradeRequest({ "X-Forwarded-For": address })));
    expect(await from("203.0.113.7")).toBe(101);
    expect(await from("203.0.113.7")).toBe(101);
    expect(await from("203.0.113.7")).toBe(429);
    expect(await from("198.51.100.1, 203.0.113.7")).toBe(429);
    expect(await from("203.0.113.8")).toBe(101);
    expect(await from("2001:db8::1")).toBe(101);
    expect(await from("2001:db8::2")).toBe(101);
    expect(await from("2001:db8::3")).toBe(429);
    expect(tracker.stats()).toMatchObject({ connections: 5, addresses: 3, refusals: { "address-full": 3 } });
  });

  test("a burst of sockets of one address does not get in, and the operator is told once", async () => {
    const warn = vi.fn();
    await start({
      logger: { info: vi.fn(), warn, error: vi.fn() },
      upgradesPerAddress: { burst: 20, perSecond: 0.01 },
    });
    let refused = 0;
    for (let n = 0; n < 200; n++) {
      const raw = await openRaw(tracker.port);
      if ((await raw.request(upgradeRequest())) === 429) refused++;
      raw.socket.destroy();
    }
    expect(refused).toBe(180);
    expect(warn).toHaveBeenCalledExactlyOnceWith(expect.stringContaining("--trust-proxy"));
  });

  test("sites that are not on the list stay outside", async () => {
    await start({ allowOrigins: ["https://example.com"] });
    const from = async (origin: string | undefined): Promise<number> =>
      (await openRaw(tracker.port)).request(upgradeRequest({ Origin: origin }));
    expect(await from("https://example.com")).toBe(101);
    expect(await from("HTTPS://EXAMPLE.COM")).toBe(101);
    for (const origin of [
      "https://example.com:8443",
      "https://user@example.com",
      "http://example.com",
      "null",
      undefined,
    ])
      expect(await from(origin)).toBe(403);
  });

  test("who does not join goes", async () => {
    await start({ joinWithinMs: 50 });
    const silent = await TestViewer.open(tracker);
    expect(await silent.closed).toEqual({ code: 1008, reason: "no join in time" });
  });
});

describe("what a socket may do", () => {
  test("mistakes are answered, and a fifth in a row closes", async () => {
    await start({});
    const clumsy = await TestViewer.join(tracker);
    for (let n = 0; n < 5; n++) clumsy.sendRaw("nonsense");
    expect((await clumsy.closed).code).toBe(1008);
    expect(clumsy.unread).toHaveLength(5);
    expect(tracker.stats().refusals).toEqual({ "not-json": 5 });
  });

  test("a flood closes its own socket and no other", async () => {
    await start({ messages: { burst: 50, perSecond: 1 } });
    const alice = await TestViewer.join(tracker);
    const flooder = await TestViewer.join(tracker);
    for (let n = 0; n < 1_000; n++) flooder.signal(alice, "x");
    expect((await flooder.closed).code).toBe(4008);
    await alice.next("gone");
    expect(tracker.stats().counters.relays).toBe(49);
    expect(alice.ws.readyState).toBe(alice.ws.OPEN);
  });

  test("a message above the bound closes the socket with 1009", async () => {
    await start({});
    const viewer = await TestViewer.join(tracker);
    viewer.sendRaw("x".repeat(100_000));
    expect((await viewer.closed).code).toBe(1009);
    await vi.waitFor(() => {
      expect(tracker.stats().refusals).toEqual({ "too-large": 1 });
    });
  });
});

test("a viewer that never reads costs a bound, and its peers learn that it is gone", async () => {
  await start({ messages: LOTS, messagesPerAddress: LOTS, mistakes: LOTS });
  const deaf = await TestViewer.join(tracker);
  const sender = await TestViewer.join(tracker);
  const isGone = sender.next("gone");
  deaf.ws.pause();
  const rssBefore = process.memoryUsage.rss();
  const signal = "x".repeat(SIGNAL_CHARS_MAX);
  let sent = 0;
  // The kernel takes some megabytes before anything waits in the tracker.
  while (tracker.stats().counters.undelivered < 20 && sent < 10_000) {
    for (let n = 0; n < 50; n++, sent++) sender.signal(deaf, signal);
    await sender.settled();
  }
  expect(await isGone).toEqual({ type: "gone", peer: deaf.id });
  expect(tracker.stats().counters.undelivered).toBeGreaterThanOrEqual(20);
  // It gets no more signals; what else it provokes ends it, as soon as the kernel takes no more.
  for (let n = 0; n < 500 && !tracker.stats().refusals["slow-reader"]; n++) {
    for (let signals = 0; signals < 20; signals++) sender.signal(deaf, signal);
    for (let mistakes = 0; mistakes < 500; mistakes++) deaf.sendRaw("nonsense");
    await sender.settled();
  }
  await vi.waitFor(() => {
    expect(tracker.stats()).toMatchObject({ viewers: 1, refusals: { "slow-reader": 1 } });
  });
  expect(process.memoryUsage.rss() - rssBefore).toBeLessThan(100 * 1024 * 1024);
  deaf.ws.terminate();
});

test("a socket that stopped answering is found out and cut off", async () => {
  await start({ heartbeatMs: 100 });
  const alice = await TestViewer.join(tracker);
  const halfOpen = await TestViewer.join(tracker, {}, { autoPong: false });
  expect((await halfOpen.closed).code).toBe(1006);
  expect(await alice.next("gone")).toEqual({ type: "gone", peer: halfOpen.id });
  expect(alice.ws.readyState).toBe(alice.ws.OPEN);
  expect(tracker.stats()).toMatchObject({ viewers: 1, held: 1, refusals: { silent: 1 } });
});

test("a thousand viewers come and go, and nothing is left", async () => {
  await start({
    connectionsPerAddressMax: 1_000,
    upgradesPerAddress: { burst: 1_000, perSecond: 10_000 },
    messagesPerAddress: { burst: 10_000, perSecond: 100_000 },
    floodPenaltyMs: 1,
    resumeWithinMs: 1,
  });
  for (let wave = 0; wave < 10; wave++) {
    const viewers = await Promise.all(Array.from({ length: 100 }, () => TestViewer.join(tracker)));
    await Promise.all(viewers.map((viewer, n) => (n % 2 ? viewer.leave() : viewer.drop())));
  }
  const stats = tracker.stats();
  expect(stats.counters.joins).toBe(1_000);
  await vi.waitFor(() => {
    expect(tracker.stats()).toMatchObject({ connections: 0, viewers: 0, held: 0, swarmCount: 0, addresses: 0 });
  });
});

describe("stopping", () => {
  test("a drain tells everybody when to come back, and closes", async () => {
    await start({ upgradesPerAddress: MANY });
    const viewers = await Promise.all(Array.from({ length: 20 }, () => TestViewer.join(tracker)));
    const idle = await TestViewer.open(tracker);
    const drained = tracker.drain();
    expect((await new TestViewer(tracker.url).closed).code).toBe(1006);
    for (const viewer of [...viewers, idle]) {
      expect((await viewer.next("drain")).reconnectInMs).toBeLessThan(5_000);
      expect((await viewer.closed).code).toBe(1012);
    }
    await drained;
    await expect(fetch(tracker.url.replace("ws:", "http:"))).rejects.toThrow();
    await tracker.drain(); // a second time is harmless, as is close
  });

  test("a close ends every socket at once, in whatever state it is", async () => {
    await start({});
    const viewer = await TestViewer.join(tracker);
    const raw = await openRaw(tracker.port);
    raw.socket.write("GET / HTTP/1.1\r\n");
    const answered = await openRaw(tracker.port);
    await answered.request("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
    await Promise.all([tracker.close(), tracker.close()]);
    await Promise.all([viewer.closed, raw.closed, answered.closed]);
  });

  test("a hundred trackers are started and stopped, and nothing is left", async () => {
    await start({});
    const before = process.getActiveResourcesInfo().length;
    for (let n = 0; n < 100; n++) await (await startTracker({ port: 0 })).close();
    await vi.waitFor(() => {
      expect(process.getActiveResourcesInfo().length).toBeLessThan(before + 10); // the waiting itself takes a few
    });
  });

  test("a taken port and a wrong option are refused", async () => {
    await start({});
    await expect(startTracker({ port: tracker.port })).rejects.toThrow(/EADDRINUSE/);
    await expect(startTracker({ port: 0, trustProxy: ["everybody"] })).rejects.toThrow(/"everybody"/);
    await expect(startTracker({ port: 0, connectionsMax: -1 })).rejects.toThrow(/connectionsMax/);
  });
});

test("a join for sixteen peers gets sixteen", async () => {
  await start({ upgradesPerAddress: MANY });
  for (let n = 0; n < 40; n++) await TestViewer.join(tracker);
  expect((await TestViewer.join(tracker, { peersWanted: 16 })).joined.peers).toHaveLength(16);
});
