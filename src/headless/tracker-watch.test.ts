import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { PeerId } from "../protocol/ids.ts";
import type { TrackerToViewer } from "../protocol/tracker-message.ts";
import type { TrackerLinkEvents } from "../swarm/io/tracker-link.ts";
import { createWebSocketTrackerLinks } from "../swarm/io/websocket-tracker-link.ts";
import { TrackerWatch } from "./tracker-watch.ts";

const URL_OF_TRACKER = "wss://tracker.example/";
const SILENT: TrackerLinkEvents = { open: () => undefined, message: () => undefined, closed: () => undefined };
const JOINED: TrackerToViewer = {
  ...{ type: "joined", version: 1, peer: "p" as PeerId, resume: "", viewers: 1, reportEveryMs: 60_000, peers: [] },
};

let lines: string[];
let watch: TrackerWatch;

beforeEach(() => {
  lines = [];
  watch = new TrackerWatch({ joined: () => lines.push("joined"), away: (fault) => lines.push(`away ${fault}`) });
});
afterEach(() => {
  watch.close();
  vi.useRealTimers();
});

/** A call of a tracker, whose part the test plays. */
function call(): TrackerLinkEvents {
  let heard = SILENT;
  watch.links(() => (_, events) => {
    heard = events;
    return { send: () => undefined, close: () => undefined };
  })(URL_OF_TRACKER, SILENT);
  return heard;
}

test("[SE57] a tracker that is not reached within 5 s is told once, and when it is there, and when it is lost", () => {
  vi.useFakeTimers();
  for (let attempt = 0; attempt < 8; attempt++) {
    call().closed("connect timeout");
    vi.advanceTimersByTime(1000);
  }
  expect(lines).toEqual(["away tracker.example: connect timeout"]);
  expect(watch.fault).toBe("tracker.example: connect timeout");
  const first = call();
  first.message(JOINED);
  expect(watch.fault).toBeUndefined();
  vi.advanceTimersByTime(60_000);
  expect(lines.splice(0)).toEqual(["away tracker.example: connect timeout", "joined"]);
  first.closed("closed by the tracker with code 1006");
  vi.advanceTimersByTime(4000);
  const second = call();
  second.message(JOINED);
  vi.advanceTimersByTime(60_000);
  expect(lines).toEqual([]); // soon enough back
  second.message({ type: "error", code: "bad-ticket", message: "the ticket has expired" });
  second.closed("closed here");
  vi.advanceTimersByTime(60_000);
  expect(lines).toEqual(["away tracker.example: the ticket has expired"]);
});

test("of many who call, one that is let in is enough", () => {
  vi.useFakeTimers();
  const [first, second, third] = [call(), call(), call()];
  first.message(JOINED);
  second.message(JOINED);
  third.closed("connection failed");
  first.closed("left");
  vi.advanceTimersByTime(60_000);
  expect(lines).toEqual(["joined"]);
  second.closed("left");
  vi.advanceTimersByTime(60_000);
  expect(lines).toEqual(["joined", "away tracker.example: left"]);
});

test("a call that comes to nothing is told with its cause, which the standard's events keep to themselves", async () => {
  const server = createServer((_, response) => response.end()).listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `ws://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  const end = (): Promise<string> =>
    new Promise((resolve) => {
      watch.links(createWebSocketTrackerLinks)(url, { ...SILENT, closed: resolve });
    });
  await end();
  expect(watch.fault).toMatch(/^127\.0\.0\.1:\d+: HTTP 200$/);
  server.close();
  await end();
  expect(watch.fault).toMatch(/: ECONNREFUSED$/);
});
