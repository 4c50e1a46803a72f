import { createServer, type Server, type ServerResponse } from "node:http";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { encodeTrackerMessage } from "../../protocol/tracker-codec.ts";
import type { TrackerToViewer } from "../../protocol/tracker-message.ts";
import { TRACKER_SUBPROTOCOL } from "../../protocol/version.ts";
import { createWebSocketTrackerLinks, openWebSocketTrackerLink } from "./websocket-tracker-link.ts";

const open = createWebSocketTrackerLinks(WebSocket);
const DRAIN: TrackerToViewer = { type: "drain", reconnectInMs: 1_000 };

let tracker: WebSocketServer;
let url: string;
/** What the link under test has said, in order. */
let log: unknown[];
const events = {
  open: () => void log.push("open"),
  message: (message: TrackerToViewer) => void log.push(message),
  closed: (reason: string) => void log.push(`closed: ${reason}`),
};

beforeEach(async () => {
  log = [];
  tracker = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await new Promise((resolve) => tracker.once("listening", resolve));
  const address = tracker.address();
  url = `ws://127.0.0.1:${String(typeof address === "object" ? address?.port : "")}`;
});

afterEach(async () => {
  for (const client of tracker.clients) client.terminate();
  await new Promise((resolve) => tracker.close(resolve));
});

const connected = (): Promise<WebSocket> => new Promise((resolve) => tracker.once("connection", resolve));
const logged = (length: number): Promise<void> =>
  vi.waitFor(() => {
    expect(log).toHaveLength(length);
  });

test("opens with our subprotocol, and messages pass both ways", async () => {
  const connection = connected();
  const link = open(url, events);
  const viewer = await connection;
  expect(viewer.protocol).toBe(TRACKER_SUBPROTOCOL);
  await logged(1);
  const heard = new Promise((resolve) => viewer.addEventListener("message", ({ data }) => resolve(data)));
  link.send({ type: "leave" });
  expect(await heard).toBe('{"type":"leave"}');
  viewer.send(encodeTrackerMessage(DRAIN));
  await logged(2);
  expect(log).toEqual(["open", DRAIN]);
  link.close();
});

test("what was sent just before close() arrives; closed is said once, and not at once", async () => {
  const connection = connected();
  const link = open(url, events);
  const viewer = await connection;
  const heard: unknown[] = [];
  viewer.addEventListener("message", ({ data }) => heard.push(data));
  const gone = new Promise((resolve) => viewer.once("close", resolve));
  await logged(1);
  link.send({ type: "leave" });
  link.close();
  expect(log).toEqual(["open"]);
  viewer.send(encodeTrackerMessage(DRAIN));
  link.close();
  link.send({ type: "leave" });
  await gone;
  expect(heard).toEqual(['{"type":"leave"}']);
  expect(log).toEqual(["open", "closed: closed here"]);
});

test.each(["garbage", '{"type":"joined"}', Buffer.from("{}")])(
  "a message that breaks the protocol closes the link: %s",
  async (bad) => {
    const connection = connected();
    open(url, events);
    const viewer = await connection;
    await logged(1);
    const gone = new Promise((resolve) => viewer.once("close", resolve));
    viewer.send(bad);
    viewer.send(encodeTrackerMessage(DRAIN));
    await gone;
    expect(log).toHaveLength(2);
    expect(log[1]).toMatch(/^closed: (broke the protocol|not a text message)/);
  },
);

test("the tracker hangs up", async () => {
  const connection = connected();
  open(url, events);
  const viewer = await connection;
  await logged(1);
  viewer.close(1001);
  await logged(2);
  expect(log).toEqual(["open", "closed: closed by the tracker with code 1001"]);
});

test("nobody listens there", async () => {
  open("ws://127.0.0.1:1", events);
  await logged(1);
  expect(log).toEqual(["closed: connection failed"]);
});

test("closed before it opened", async () => {
  open(url, events).close();
  expect(log).toEqual([]);
  await logged(1);
  expect(log).toEqual(["closed: closed here"]);
});

test("no WebSocket URL, or no WebSocket: the link closes, later and once", async () => {
  open("nonsense", events);
  vi.stubGlobal("WebSocket", undefined);
  openWebSocketTrackerLink(url, events);
  vi.unstubAllGlobals();
  expect(log).toEqual([]);
  await logged(2);
  for (const entry of log) expect(entry).toMatch(/^closed: /);
});

test("a tracker that does not answer is given up", async () => {
  vi.useFakeTimers();
  try {
    const sockets: Silent[] = [];
    class Silent {
      readyState = 0;
      closes = 0;
      constructor() {
        sockets.push(this);
      }
      addEventListener(): void {
        return;
      }
      send(): void {
        throw new Error("not open");
      }
      close(): void {
        this.closes++;
      }
    }
    const link = createWebSocketTrackerLinks(Silent)("ws://tracker.example", events);
    link.send({ type: "leave" });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(log).toEqual(["closed: connect timeout"]);
    expect(sockets.map((socket) => socket.closes)).toEqual([1]);
    expect(vi.getTimerCount()).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});

describe("[TR31] the address of a list", () => {
  let list: Server;
  let address: string;
  let answer: (response: ServerResponse) => void;

  beforeEach(async () => {
    list = createServer((_, response) => {
      answer(response);
    });
    await new Promise<void>((resolve) => list.listen(0, "127.0.0.1", resolve));
    const at = list.address();
    address = `http://127.0.0.1:${String(typeof at === "object" ? at?.port : "")}/v1/trackers`;
  });

  afterEach(async () => {
    list.closeAllConnections();
    await new Promise((resolve) => list.close(resolve));
  });

  test("is asked, and says where to go", async () => {
    const redirect: TrackerToViewer = { type: "redirect", trackers: ["wss://a.example.com"] };
    answer = (response) => response.end(encodeTrackerMessage(redirect));
    const link = open(address, events);
    link.send({ type: "leave" });
    await logged(2);
    expect(log).toEqual([redirect, "closed: that was the list"]);
  });

  test.each([
    ["a page", "<html>", "closed: broke the protocol"],
    [
      "more than a message may have",
      `{"type":"redirect","trackers":[]}${" ".repeat(20_000)}`,
      "closed: broke the protocol",
    ],
  ])("with %s behind it is as good as none", async (_, body, closed) => {
    answer = (response) => response.end(body);
    open(address, events);
    await logged(1);
    expect(log[0]).toContain(closed);
  });

  test("is given up when the link is closed before it has answered", async () => {
    const asked = new Promise<ServerResponse>((resolve) => (answer = resolve));
    const link = open(address, events);
    const response = await asked;
    const gone = new Promise((resolve) => response.once("close", resolve));
    link.close();
    await gone;
    expect(log).toEqual(["closed: closed here"]);
  });
});
