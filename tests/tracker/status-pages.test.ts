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
  const healthy = await fetch(`${base}/healthz`);
  expect(healthy.status).toBe(200);
  expect(healthy.headers.get("access-control-allow-origin")).toBe("*");
  expect(await healthy.json()).toMatchObject({ status: "ok", viewers: 1 });

  const drained = tracker.drain(); // viewers are told at the next tick: until then the port is open
  const red = await fetch(`${base}/healthz`);
  expect(red.status).toBe(503);
  expect(await red.json()).toMatchObject({ status: "draining" });
  await Promise.all([drained, bystander.closed]);
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
