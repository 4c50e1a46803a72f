import { once } from "node:events";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { SIGNAL_CHARS_MAX, TRACKER_MESSAGE_CHARS_MAX } from "../../src/protocol/limits.ts";
import { startTracker, type RunningTracker } from "../../src/tracker-server/index.ts";
import { frame, openRaw, upgradeRequest } from "./raw-socket.ts";
import { JOIN, SWARM, TestViewer } from "./test-viewer.ts";

/*
 * Whatever anybody sends: the tracker lives, two bystanders go on signalling, and every socket is given back.
 * All against one tracker, so that a wound by one test would show in another.
 */

let tracker: RunningTracker;
let alice: TestViewer;
let bob: TestViewer;
const failures: string[] = [];

beforeAll(async () => {
  tracker = await startTracker({
    port: 0,
    upgradesPerAddress: { burst: 2_000, perSecond: 2_000 },
    floodPenaltyMs: 1,
    mistakes: { burst: 2_000, perSecond: 2_000 },
    introductions: { burst: 2_000, perSecond: 2_000 },
    logger: {
      info: () => undefined,
      warn: () => undefined,
      error: (text) => {
        failures.push(text);
      },
    },
  });
  alice = await TestViewer.join(tracker);
  bob = await TestViewer.join(tracker);
});

afterAll(async () => {
  bob.signal(alice, "still here");
  expect((await alice.next("signal")).signal).toBe("still here");
  await vi.waitFor(() => {
    expect(tracker.stats()).toMatchObject({ connections: 2, viewers: 2 });
  });
  expect(failures).toEqual([]);
  await tracker.close();
});

describe("HTTP that is no upgrade, or a wrong one", () => {
  test.each<[string, string, number]>([
    ["not HTTP at all", "\x16\x03\x01\x02\x00\x01\x00\x01\r\n\r\n", 400],
    ["an unknown method", "BREW / HTTP/1.1\r\nHost: a\r\n\r\n", 400],
    ["9 KiB of headers", `GET / HTTP/1.1\r\nHost: a\r\nX: ${"x".repeat(9_216)}\r\n\r\n`, 431],
    ["an 8 KiB path", `GET /${"x".repeat(8_192)} HTTP/1.1\r\nHost: a\r\n\r\n`, 431],
    ["an upgrade to something else", upgradeRequest({ Upgrade: "h2c" }), 400],
    ["no key", upgradeRequest({ "Sec-WebSocket-Key": undefined }), 400],
    ["a key of 15 bytes", upgradeRequest({ "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAA" }), 400],
    ["a key of 17 bytes", upgradeRequest({ "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAAA=" }), 400],
    ["version 7", upgradeRequest({ "Sec-WebSocket-Version": "7" }), 400],
    ["no subprotocol", upgradeRequest({ "Sec-WebSocket-Protocol": undefined }), 400],
    ["another subprotocol", upgradeRequest({ "Sec-WebSocket-Protocol": "bittorrent" }), 400],
    ["a broken list of subprotocols", upgradeRequest({ "Sec-WebSocket-Protocol": "hls-swarm.1,,\u0001" }), 400],
    ["a path with a zero byte", upgradeRequest({}, "/%00"), 404],
    ["a path that climbs", upgradeRequest({}, "/../etc/passwd"), 404],
    ["a path with nonsense", upgradeRequest({}, "/%zz"), 404],
  ])("%s", async (_, request, status) => {
    const raw = await openRaw(tracker.port);
    expect(await raw.request(request)).toBe(status);
    await raw.closed;
  });

  test("headers that never end are given up within seconds", async () => {
    const raws = await Promise.all([openRaw(tracker.port), openRaw(tracker.port)]);
    raws[1].socket.write("GET / HTTP/1.1\r\nHost: a\r\nX-Slow: ");
    await Promise.all(raws.map((raw) => raw.closed));
  }, 15_000);

  test("connections that are reset at once, and sockets that are half closed, leave nothing", async () => {
    for (let n = 0; n < 50; n++) {
      const socket = connect({ port: tracker.port, host: "127.0.0.1" });
      socket.on("error", () => undefined);
      await once(socket, "connect");
      socket.write(upgradeRequest());
      socket.resetAndDestroy();
    }
    const raw = await openRaw(tracker.port);
    await raw.upgrade();
    raw.socket.end();
    await raw.closed;
  });
});

describe("frames that break RFC 6455", () => {
  const TEXT = 0x81;
  const length64 = (high: number, low: number): Buffer => {
    const head = Buffer.alloc(14);
    head.set([TEXT, 0xff]);
    head.writeUInt32BE(high, 2);
    head.writeUInt32BE(low, 6);
    return head;
  };
  test.each<[string, Buffer, number]>([
    ["unmasked", Buffer.from([TEXT, 2, 0x7b, 0x7d]), 1002],
    ["a reserved bit", frame(TEXT | 0x20, "{}"), 1002],
    ["compressed without agreement", frame(TEXT | 0x40, "{}"), 1002],
    ["a reserved data opcode", frame(0x83, "{}"), 1002],
    ["a reserved control opcode", frame(0x8b), 1002],
    ["a length of 2^63", length64(0x80000000, 0), 1009],
    ["a length of 4 GiB", length64(1, 0), 1009],
    ["a length above the bound", length64(0, 3 * TRACKER_MESSAGE_CHARS_MAX + 1), 1009],
    ["a fragmented ping", frame(0x09, "x"), 1002],
    ["a ping of 126 bytes", frame(0x89, "x".repeat(126)), 1002],
    ["a continuation of nothing", frame(0x80, "x"), 1002],
    ["a text within a text", Buffer.concat([frame(0x01, "{"), frame(0x01, "}")]), 1002],
    ["invalid UTF-8", frame(TEXT, Buffer.from([0xc3, 0x28])), 1007],
    ["UTF-8 that ends inside a character", frame(TEXT, Buffer.from([0xe2, 0x82])), 1007],
    ["10,000 empty fragments", Buffer.concat(Array.from({ length: 10_000 }, (_, n) => frame(n ? 0x00 : 0x01))), 1008],
    ["a close of one byte", frame(0x88, "x"), 1002],
    ["a close with a code that must not be sent", frame(0x88, Buffer.from([1005 >> 8, 1005 & 0xff])), 1002],
    [
      "a close that explains itself, and data after it",
      Buffer.concat([
        frame(0x88, Buffer.concat([Buffer.from([0x03, 0xe8]), Buffer.alloc(123, "x")])),
        frame(TEXT, "{}"),
      ]),
      1000,
    ],
  ])("%s", async (_, bytes, code) => {
    const raw = await openRaw(tracker.port);
    await raw.upgrade();
    expect(await raw.closeCodeAfter(bytes)).toBe(code);
  });

  test("a flood of pings", async () => {
    const raw = await openRaw(tracker.port);
    await raw.upgrade();
    const flood = Buffer.concat(Array.from({ length: 5_000 }, () => frame(0x89, "x")));
    expect(await raw.closeCodeAfter(flood)).toBe(4008); // pings count as messages
  });

  test("a pong nobody asked for is nothing", async () => {
    const viewer = await TestViewer.join(tracker);
    viewer.ws.pong();
    await viewer.settled();
    await viewer.leave();
  });
});

describe("messages that are none", () => {
  const join = (changes: Record<string, unknown>): string => JSON.stringify({ ...JOIN, ...changes });
  const nonsense: ReadonlyArray<readonly [text: string, field?: string]> = [
    [""],
    ["null"],
    ["true"],
    ["42"],
    ['"join"'],
    ["[]"],
    ["{}", "type"],
    ["[".repeat(10_000)],
    [`{"type":${"[".repeat(8_000)}${"]".repeat(8_000)}}`, "type"],
    ["1".repeat(TRACKER_MESSAGE_CHARS_MAX)],
    ["x".repeat(TRACKER_MESSAGE_CHARS_MAX + 1)],
    ["\uFEFF{}"],
    [`${join({})} and more`],
    ['{"type":"__proto__"}', "type"],
    ['{"type":"constructor"}', "type"],
    ['{"type":{"toString":null}}', "type"],
    ['{"__proto__":{"type":"leave"}}', "type"],
    [join({ swarm: "" }), "swarm"],
    [join({ swarm: "x".repeat(65) }), "swarm"],
    [join({ swarm: "a-swarm-with-\r\nlines" }), "swarm"],
    [join({ swarm: "a-swarm-with-\u0000zero" }), "swarm"],
    [join({ swarm: "a-swarm-with:*{}colons" }), "swarm"],
    [join({ swarm: [SWARM] }), "swarm"],
    [join({ peersWanted: -1 }), "peersWanted"],
    [join({ peersWanted: 1e9 }), "peersWanted"],
    [join({ peersWanted: "8" }), "peersWanted"],
    [join({ peersWanted: 1.5 }), "peersWanted"],
    [`{"type":"join","version":1,"versionMin":1,"swarm":"${SWARM}","peersWanted":1e999,"uplink":2}`, "peersWanted"],
    [join({ uplink: 3 }), "uplink"],
    [join({ track: "nonsense" }), "track"],
    [join({ resume: { length: 5 } }), "resume"],
    [join({ resume: "x".repeat(10_000) }), "resume"],
    [join({ version: null }), "version"],
    ["S", "to"],
    ["Sé-id-ascii" + "x", "to"],
    ["Saaaaaaaaaa", "signal"],
    [`Saaaaaaaaaa${"x".repeat(SIGNAL_CHARS_MAX + 1)}`, "signal"],
    [JSON.stringify({ type: "signal", to: "aaaaaaaaaa", signal: "x" }), "type"],
    [
      JSON.stringify({ type: "report", peerBytes: -1, originBytes: 0, uploadedBytes: 0, wastedBytes: 0, peers: 0 }),
      "peerBytes",
    ],
    [
      JSON.stringify({
        type: "report",
        peerBytes: 2 ** 53,
        originBytes: 0,
        uploadedBytes: 0,
        wastedBytes: 0,
        peers: 0,
      }),
      "peerBytes",
    ],
  ];

  test("each is answered by an error that names the field, and the socket lives", async () => {
    const viewer = await TestViewer.open(tracker);
    for (const [text, field] of nonsense) {
      viewer.sendRaw(text);
      const error = await viewer.next("error");
      expect([text.slice(0, 80), error.code, error.field]).toEqual([text.slice(0, 80), "bad-message", field]);
      expect(error.message).not.toBe("");
    }
    viewer.ws.send(Buffer.from(join({})), { binary: true });
    expect(await viewer.next("error")).toMatchObject({ code: "bad-message" });
    viewer.sendRaw(join({ version: 9, versionMin: 9 }));
    expect(await viewer.next("error")).toMatchObject({ code: "bad-version" });
    expect((await viewer.closed).code).toBe(4002);
  });

  test("250 joins on one socket are one viewer", async () => {
    const before = tracker.stats().swarmCount;
    const viewer = await TestViewer.join(tracker, { swarm: "swarm-number-0000" });
    for (let n = 1; n < 250; n++) viewer.sendRaw(join({ swarm: `swarm-number-${String(n).padStart(4, "0")}` }));
    await viewer.settled();
    expect(viewer.unread.every((message) => message.type === "error" && message.code === "already-joined")).toBe(true);
    expect(viewer.unread).toHaveLength(249);
    expect(tracker.stats().swarmCount).toBe(before + 1);
    await viewer.leave();
  });
});
