import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { startTracker, type RunningTracker } from "../../src/tracker-server/index.ts";
import { frame, openRaw, upgradeRequest, type RawSocket } from "./raw-socket.ts";
import { TestViewer } from "./test-viewer.ts";

/* TCP and HTTP as nobody should speak it, and what a tracker with few places for newcomers does about crowds. */

const HANDSHAKES = 50;
let tracker: RunningTracker;
const failures: string[] = [];

beforeAll(async () => {
  tracker = await startTracker({
    port: 0,
    handshakesMax: HANDSHAKES,
    allowOrigins: ["https://example.com"],
    trustProxy: ["loopback"],
    logger: { info: () => undefined, warn: () => undefined, error: (text) => failures.push(text) },
  });
});
afterAll(async () => {
  await vi.waitFor(() => {
    expect(tracker.stats().connections).toBe(0);
  });
  expect(failures).toEqual([]);
  await tracker.close();
});

const ORIGIN = { Origin: "https://example.com" };
const joinFrom = (address: string): Promise<TestViewer> =>
  TestViewer.join(tracker, {}, { headers: { ...ORIGIN, "X-Forwarded-For": address } });

/** An upgrade request with more header lines than names. */
const withLines = (...lines: readonly string[]): string =>
  upgradeRequest(ORIGIN).replace(/\r\n$/, `${lines.join("\r\n")}\r\n\r\n`);

test.each<[string, string, number]>([
  ["two keys", withLines("Sec-WebSocket-Key: BBBBBBBBBBBBBBBBBBBBBB=="), 400],
  ["two versions", withLines("Sec-WebSocket-Version: 7"), 400],
  ["two origins, one of them listed", withLines("Origin: https://evil.example"), 403],
  ["two subprotocols in two lines, one of them ours", withLines("Sec-WebSocket-Protocol: other"), 101],
  ["200 more headers", withLines(...Array.from({ length: 200 }, (_, n) => `X-${String(n)}: a`)), 101],
  ["a method that upgrades nothing", upgradeRequest(ORIGIN).replace("GET", "POST"), 405],
  ["a proxy's request", "CONNECT example.com:443 HTTP/1.1\r\nHost: a\r\n\r\n", 0],
  ["a body that never ends", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", 405],
  ["a length and chunks", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", 400],
  ["HTTP/1.0 without a host", "GET /healthz HTTP/1.0\r\n\r\n", 200],
  ["no host", "GET /healthz HTTP/1.1\r\n\r\n", 400],
  [
    "a lie about who is asking",
    upgradeRequest({ ...ORIGIN, "X-Forwarded-For": `${"9".repeat(1_000)},,;:::::::` }),
    101,
  ],
])("%s", async (_, request, status) => {
  const raw = await openRaw(tracker.port);
  expect(await raw.request(request)).toBe(status);
  raw.socket.destroy();
});

test("compression is offered, and not agreed to", async () => {
  const raw = await openRaw(tracker.port);
  const offer = { ...ORIGIN, "Sec-WebSocket-Extensions": "permessage-deflate; server_max_window_bits=15" };
  expect(await raw.request(upgradeRequest(offer))).toBe(101);
  expect(raw.received.toLowerCase()).not.toContain("extensions");
  raw.socket.destroy();
});

test("requests that do not wait for their answers are hung up on, and so is who comes back to try again", async () => {
  const raw = await openRaw(tracker.port, "127.0.8.1");
  raw.socket.write("GET /debug.json HTTP/1.1\r\nHost: a\r\n\r\n".repeat(1_000));
  await raw.closed;
  expect(raw.received.split("HTTP/1.1 200").length - 1).toBeLessThan(3);
  const again = await openRaw(tracker.port, "127.0.8.1");
  expect(await again.request("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")).toBe(0);
  const neighbour = await openRaw(tracker.port, "127.0.8.2");
  expect(await neighbour.request("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")).toBe(200);
  neighbour.socket.destroy();
});

test("a viewer that sends its join along with the request is served, byte by byte or at once", async () => {
  const join = frame(
    0x81,
    JSON.stringify({ type: "join", version: 1, versionMin: 1, swarm: "a-swarm-in-pieces", peersWanted: 1, uplink: 2 }),
  );
  for (const pieceBytes of [1_000, 7]) {
    const raw = await openRaw(tracker.port);
    const bytes = Buffer.concat([Buffer.from(upgradeRequest({ ...ORIGIN, "X-Forwarded-For": "203.0.113.9" })), join]);
    raw.socket.setNoDelay(true);
    for (let at = 0; at < bytes.length; at += pieceBytes) {
      raw.socket.write(bytes.subarray(at, at + pieceBytes));
      await new Promise(setImmediate);
    }
    await vi.waitFor(() => {
      expect(raw.received).toContain('"joined"');
    });
    raw.socket.destroy();
  }
});

test("[TK64] silent connections make room for those who come after them", async () => {
  const silent = await Promise.all(Array.from({ length: 3 * HANDSHAKES }, () => openRaw(tracker.port)));
  const alice = await joinFrom("203.0.113.1");
  await Promise.all(silent.slice(0, 2 * HANDSHAKES).map((raw) => raw.closed));
  expect(silent.at(-1)?.socket.destroyed).toBe(false);
  for (const raw of silent) raw.socket.destroy();
  await alice.leave();
});

test("[TK64] sockets that do not join make room for those who do", async () => {
  const idle: RawSocket[] = [];
  for (let n = 0; n < 2 * HANDSHAKES; n++) {
    const raw = await openRaw(tracker.port);
    expect(await raw.request(upgradeRequest({ ...ORIGIN, "X-Forwarded-For": `198.51.100.${String(n)}` }))).toBe(101);
    idle.push(raw);
  }
  const alice = await joinFrom("203.0.113.2");
  expect(tracker.stats().refusals["handshakes-full"]).toBeGreaterThanOrEqual(HANDSHAKES);
  for (const raw of idle) raw.socket.destroy();
  await alice.leave();
});

test("a socket that is reset while it is closed leaves nothing", async () => {
  for (let n = 0; n < 20; n++) {
    const raw = await openRaw(tracker.port);
    await raw.request(upgradeRequest({ ...ORIGIN, "X-Forwarded-For": `192.0.2.${String(n)}` }));
    raw.socket.write(frame(0x88, Buffer.from([0x03, 0xe8])));
    raw.socket.resetAndDestroy();
  }
});
