import { afterAll, afterEach, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { peerLinkContract, provePeerLinkClause } from "../../../testkit/peer-link-contract.ts";
import { ownPeerLinks, watchPeerLink, type WatchedPeerLink } from "../../../testkit/watched-peer-link.ts";
import { openWebSocketPairs } from "../../../testkit/websocket-pair.ts";
import { swarmIdOf } from "../../protocol/ids.ts";
import { FRAME_BYTES_MAX } from "../../protocol/limits.ts";
import type { OpenPeerLink } from "./peer-link.ts";
import { createWebSocketPeerLinks, peerUrlOf } from "./websocket-peer-link.ts";

const pairs = await openWebSocketPairs();
const { open, closeAll } = ownPeerLinks(pairs.open);

afterEach(closeAll);
afterAll(pairs.close);

describe("[PE41] [PE42] the contract of peer links", () => {
  for (const clause of peerLinkContract) test(clause.name, () => provePeerLinkClause(clause, open));
});

/** A link to a socket that the test holds the other end of. */
async function callStranger(): Promise<{ readonly watched: WatchedPeerLink; readonly stranger: WebSocket }> {
  const socket = pairs.nextSocket();
  const dial: OpenPeerLink = ({ events, connectTimeoutMs }) =>
    createWebSocketPeerLinks(WebSocket)(pairs.url, events, connectTimeoutMs);
  const watched = watchPeerLink(dial, { initiator: true });
  await watched.until("open", () => watched.log.includes("open"));
  return { watched, stranger: await socket };
}

test("[PE41] a message that is no frame ends the link", async () => {
  for (const message of ["text", new Uint8Array(FRAME_BYTES_MAX + 1)]) {
    const { watched, stranger } = await callStranger();
    stranger.send(message);
    await watched.until("closed", () => watched.isClosed);
    expect(watched.closeReason).toBe("not a frame");
    expect(watched.frames).toEqual([]);
  }
});

test("[PE43] who reads nothing is not written to without end", async () => {
  const { watched, stranger } = await callStranger();
  stranger.pause();
  const frame = new Uint8Array(FRAME_BYTES_MAX);
  // More than the buffers of both ends of a socket hold, and far less than would matter.
  for (let sent = 0; sent < 4096 && !watched.isClosed; sent++) {
    watched.link.send(frame);
    if (sent % 64 === 0) await Promise.resolve();
  }
  await watched.until("closed", () => watched.isClosed);
  expect(watched.closeReason).toBe("too much is queued");
  stranger.terminate();
});

test("a signal has no place here, and what is no address opens nothing", async () => {
  const { watched } = await callStranger();
  watched.link.signal("{}");
  await watched.until("closed", () => watched.isClosed);
  expect(watched.closeReason).toBe("a signal for a WebSocket");

  const nowhere = watchPeerLink(({ events }) => createWebSocketPeerLinks(WebSocket)("ftp://no", events, 1000), {
    initiator: true,
  });
  await nowhere.until("closed", () => nowhere.isClosed);
  expect(nowhere.log).toEqual(["closed"]);
});

test("[PE41] the address of a swarm: a path before it is kept", () => {
  const swarm = swarmIdOf("a");
  expect(peerUrlOf("wss://a.example", swarm)).toBe(`wss://a.example/v1/peer/${swarm}`);
  expect(peerUrlOf("wss://a.example:8443/seeder/", swarm)).toBe(`wss://a.example:8443/seeder/v1/peer/${swarm}`);
});
