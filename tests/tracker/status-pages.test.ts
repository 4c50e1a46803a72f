import { afterEach, beforeEach, expect, test } from "vitest";
import { startTracker, type RunningTracker } from "../../src/tracker-server/index.ts";
import { SWARM, TestViewer } from "./test-viewer.ts";

let tracker: RunningTracker;
let base: string;
beforeEach(async () => {
  tracker = await startTracker({ port: 0 });
  base = tracker.url.replace("ws:", "http:");
});
afterEach(() => tracker.close());

test("/healthz is green, and red while draining", async () => {
  const bystander = await TestViewer.join(tracker);
  const seeder = await TestViewer.join(tracker, { seeder: true });
  const healthy = await fetch(`${base}/healthz`);
  expect(healthy.status).toBe(200);
  expect(healthy.headers.get("access-control-allow-origin")).toBe("*");
  expect(await healthy.json()).toMatchObject({ status: "ok", viewers: 1, seeders: 1 });

  const drained = tracker.drain(); // viewers are told at the next tick: until then the port is open
  const red = await fetch(`${base}/healthz`);
  expect(red.status).toBe(503);
  expect(await red.json()).toMatchObject({ status: "draining" });
  await Promise.all([drained, bystander.closed, seeder.closed]);
});

test("/readyz says why no viewer should be sent here", async () => {
  const small = await startTracker({ port: 0, connectionsMax: 1 });
  const askReady = async (): Promise<[number, unknown]> => {
    const response = await fetch(`${small.pagesUrl}/readyz`);
    return [response.status, await response.json()];
  };
  expect(await askReady()).toEqual([200, { status: "ready", reasons: [] }]);
  const only = await TestViewer.join(small);
  expect(await askReady()).toEqual([503, { status: "not-ready", reasons: ["full"] }]);
  const drained = small.drain();
  expect(await askReady()).toEqual([503, { status: "not-ready", reasons: ["draining", "full"] }]);
  await Promise.all([drained, only.closed]);
});

test("/metrics says what the tracker counted, each time anew, and no secrets", async () => {
  const alice = await TestViewer.join(tracker);
  const bob = await TestViewer.join(tracker);
  await TestViewer.join(tracker, { seeder: true });
  alice.signal(bob, "an offer");
  await bob.next("signal");
  alice.sendRaw("nonsense");
  await alice.next("error");
  const response = await fetch(`${base}/metrics`);
  expect(response.headers.get("content-type")).toContain("text/plain; version=0.0.4");
  const text = await response.text();
  for (const line of [
    "hls_swarm_viewers 2",
    "hls_swarm_seeders 1",
    "hls_swarm_joins_total 3",
    "hls_swarm_relays_total 1",
    "hls_swarm_messages_received_total 5",
    'hls_swarm_refusals_total{reason="not-json"} 1',
    'hls_swarm_viewers_per_swarm_bucket{le="1"} 0',
    'hls_swarm_viewers_per_swarm_bucket{le="2"} 1',
    'hls_swarm_viewers_per_swarm_bucket{le="+Inf"} 1',
  ])
    expect(text.split("\n")).toContain(line);
  expect(text).toMatch(/^nodejs_eventloop_lag_p99_seconds \S+$/m);
  expect(text).toMatch(/^process_cpu_seconds_total \S+$/m);
  for (const secret of ["127.0.0.1", SWARM.slice(0, 8), alice.id, alice.joined.resume])
    expect(text).not.toContain(secret);
  // Asked again, counters are what they were: they are read, not added up.
  expect(await (await fetch(`${base}/metrics`)).text()).toContain("\nhls_swarm_joins_total 3\n");
});

test("with a port of their own, viewers see no pages", async () => {
  const discreet = await startTracker({ port: 0, metricsPort: 0 });
  const forViewers = discreet.url.replace("ws:", "http:");
  expect(discreet.pagesUrl).not.toBe(forViewers);
  const statusOf = async (url: string): Promise<number> => (await fetch(url)).status;
  for (const page of ["/metrics", "/debug", "/debug.json"])
    expect([await statusOf(forViewers + page), await statusOf(discreet.pagesUrl + page)]).toEqual([404, 200]);
  for (const page of ["/healthz", "/readyz"])
    expect([await statusOf(forViewers + page), await statusOf(discreet.pagesUrl + page)]).toEqual([200, 200]);
  expect(await statusOf(`${discreet.pagesUrl}/`)).toBe(404);
  await discreet.close();
  await expect(fetch(`${discreet.pagesUrl}/healthz`)).rejects.toThrow();
});

test("/debug.json has the numbers and no secrets", async () => {
  const alice = await TestViewer.join(tracker);
  const report = { peerBytes: 900, originBytes: 100, uploadedBytes: 5, wastedBytes: 1, peers: 1 };
  alice.send({ type: "report", ...report });
  alice.sendRaw("nonsense");
  await alice.next("error");
  const response = await fetch(`${base}/debug.json`);
  const text = await response.text();
  expect(response.headers.get("access-control-allow-origin")).toBe("*");
  expect(JSON.parse(text)).toMatchObject({
    viewers: 1,
    offload: 0.9,
    swarms: [{ swarm: SWARM.slice(0, 8), viewers: 1, offload: 0.9, reported: { peerBytes: 900, originBytes: 100 } }],
    counters: { joins: 1 },
    refusals: { "not-json": 1 },
  });
  for (const secret of ["127.0.0.1", SWARM, alice.id, alice.joined.resume]) expect(text).not.toContain(secret);
});

test("/debug is a page for browsers and JSON for those who ask for it", async () => {
  const page = await fetch(`${base}/debug`, { headers: { accept: "text/html,application/xhtml+xml,*/*;q=0.8" } });
  expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
  expect(page.headers.get("content-security-policy")).toContain("default-src 'none'");
  expect(await page.text()).not.toMatch(/https?:\/\//); // loads nothing from anywhere
  const json = await fetch(`${base}/debug`, { headers: { accept: "application/json" } });
  expect(await json.json()).toMatchObject({ viewers: 0 });
});

test("other paths and methods are turned away", async () => {
  expect((await fetch(`${base}/`)).status).toBe(426);
  expect((await fetch(`${base}/stats`)).status).toBe(404);
  expect((await fetch(`${base}/debug`, { method: "POST", body: "x" })).status).toBe(405);
  const head = await fetch(`${base}/healthz`, { method: "HEAD" });
  expect([head.status, await head.text()]).toEqual([200, ""]);
});

test("/debug can be switched off", async () => {
  const discreet = await startTracker({ port: 0, debug: false });
  const discreetBase = discreet.url.replace("ws:", "http:");
  expect((await fetch(`${discreetBase}/debug`)).status).toBe(404);
  expect((await fetch(`${discreetBase}/debug.json`)).status).toBe(404);
  expect((await fetch(`${discreetBase}/healthz`)).status).toBe(200);
  await discreet.close();
});
