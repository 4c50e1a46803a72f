import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { WebSocketServer, type WebSocket } from "ws";
import { swarmIdOf, type ViewerId } from "../protocol/ids.ts";
import { encodePeerMessage } from "../protocol/peer-codec.ts";
import type { ByeReason } from "../protocol/peer-message.ts";
import { PROTOCOL_VERSION, PROTOCOL_VERSION_MIN } from "../protocol/version.ts";
import type { LogFields } from "../settings/process-logger.ts";
import { createWebSocketPeerLinks, peerUrlOf } from "../swarm/io/websocket-peer-link.ts";
import { ParentWatch } from "./parent-watch.ts";

const SWARM = swarmIdOf("stream");
const HELLO = encodePeerMessage({
  ...{ type: "hello", version: PROTOCOL_VERSION, versionMin: PROTOCOL_VERSION_MIN },
  ...{ viewer: "0123456789abcdef" as ViewerId, uplink: 2, seeder: true },
});

/** What calls are answered with: a socket's first frame, or a status and a reason. */
type Answer = Uint8Array | string | readonly [status: number, reason: string];

let server: Server;
let sockets: WebSocketServer;
let url: string;
let host: string;
let answer: Answer;
let lines: string[];
let watch: ParentWatch;

const say = (text: string, { why = "" }: LogFields = {}): void => void lines.push(`${text}: ${String(why)}`);

beforeEach(async () => {
  lines = [];
  sockets = new WebSocketServer({ noServer: true });
  server = createServer().on("upgrade", (request, raw, head) => {
    if (typeof answer !== "string" && !(answer instanceof Uint8Array)) {
      const [status, reason] = answer;
      raw.end(`HTTP/1.1 ${String(status)} No\r\ncontent-type: text/plain\r\nconnection: close\r\n\r\n${reason}\n`);
      return;
    }
    const first = answer;
    sockets.handleUpgrade(request, raw, head, (socket: WebSocket) => {
      socket.send(first);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  host = `127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  url = `ws://${host}`;
  watch = new ParentWatch([url], SWARM, { info: say, warn: say, error: say });
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

/** Closes a link with a goodbye, or without one: whom nothing is heard of. */
type Close = (reason?: ByeReason) => void;

/** Calls the parent as the engine does; resolves when the link is closed. */
async function call(onFrame: (close: Close) => void = () => undefined): Promise<void> {
  const dial = watch.links(createWebSocketPeerLinks);
  await new Promise<void>((resolve) => {
    const close: Close = (reason) => {
      if (reason) link.send(encodePeerMessage({ type: "bye", reason }));
      link.close();
    };
    const events = {
      ...{ signal: () => undefined, open: () => undefined },
      frame: () => {
        onFrame(close);
      },
      closed: () => {
        resolve();
      },
    };
    const link = dial(peerUrlOf(url, SWARM), events, 5000);
  });
}

test("[SE59] who refuses is told with the reason, once, and again when the reason is another", async () => {
  answer = [401, "the ticket has expired"];
  await call();
  await call();
  expect(lines).toEqual(["a parent does not let us in: HTTP 401: the ticket has expired"]);
  expect(watch.states()).toEqual([{ host, state: "refused", fault: "HTTP 401: the ticket has expired" }]);
  answer = [503, "1000 peers are connected: call another seeder"];
  await call();
  expect(lines).toHaveLength(2);
});

test("[SE59] one that is not there is unreachable, and no line has more of its address than its host", async () => {
  server.close();
  await call();
  await call();
  expect(lines).toEqual(["a parent cannot be reached: ECONNREFUSED"]);
  expect(watch.states()).toEqual([{ host, state: "unreachable", fault: "ECONNREFUSED" }]);
});

test("[SE59] whoever opens sockets and speaks no peer wire is no parent; the engine hears nothing of it", async () => {
  answer = new Uint8Array([1]);
  let heard = 0;
  await call(() => heard++);
  answer = "hello";
  await call(() => heard++);
  expect(heard).toBe(0);
  expect(lines[0]).toMatch(/^a parent does not let us in: it speaks no protocol of ours: /);
  expect(watch.states()).toMatchObject([{ state: "refused", fault: "not a frame" }]);
});

test("[SE59] linked, and lost by a goodbye or without one: a line each; one that is let go is not lost", async () => {
  answer = HELLO;
  let frames = 0;
  await call((close) => {
    if (++frames === 2) close(); // as the engine does when it has read it
    for (const socket of sockets.clients) socket.send(encodePeerMessage({ type: "bye", reason: "leaving" }));
  });
  expect(watch.states()).toEqual([{ host, state: "lost", fault: "it said goodbye: leaving" }]);
  await call(() => {
    setImmediate(() => {
      expect(watch.states()).toEqual([{ host, state: "linked", fault: undefined }]);
      for (const socket of sockets.clients) socket.terminate();
    });
  });
  expect(watch.states()).toEqual([{ host, state: "lost", fault: "closed by the peer" }]);
  await call((close) => {
    setImmediate(close, "idle");
  });
  expect(watch.states()).toEqual([{ host, state: "waiting", fault: undefined }]);
  await call((close) => {
    setImmediate(close);
  });
  expect(lines).toEqual([
    ...["a parent is linked: ", "a parent is lost: it said goodbye: leaving"],
    ...["a parent is linked: ", "a parent is lost: closed by the peer", "a parent is linked: "],
    ...["a parent is linked: ", "a parent is lost: it says nothing"],
  ]);
});

test("[SE59] a seeder that is named its own parent hears so", async () => {
  answer = HELLO;
  for (let attempt = 0; attempt < 2; attempt++)
    await call((close) => {
      close("duplicate");
    });
  expect(lines).toEqual(["a parent does not let us in: it is this seeder itself"]);
});
