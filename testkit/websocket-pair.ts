/**
 * Peer links over WebSocket for who introduces two ends by signals: the one that offers calls a server here, its signal is
 * the number of the call, and the server answers the call for whoever brings that number.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { WebSocket, WebSocketServer } from "ws";
import type { OpenPeerLink, PeerLink, PeerLinkEvents } from "../src/swarm/io/peer-link.ts";
import { acceptWebSocketPeerLink, createWebSocketPeerLinks } from "../src/swarm/io/websocket-peer-link.ts";

export interface WebSocketPairs {
  readonly open: OpenPeerLink;
  /** A call that no link of ours answers, and where the next one to come can be had. */
  readonly url: string;
  nextSocket(): Promise<WebSocket>;
  close(): Promise<void>;
}

export async function openWebSocketPairs(): Promise<WebSocketPairs> {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: 1 << 20 });
  const calls = new Map<string, () => Promise<WebSocket>>();
  /** Who called, until the call is at an end. */
  const offers = new Map<string, PeerLinkEvents>();
  const raws = new Set<Duplex>();
  const strangers: ((socket: WebSocket) => void)[] = [];
  const answer = (request: IncomingMessage, raw: Duplex, head: Buffer): Promise<WebSocket> =>
    new Promise((resolve) => {
      sockets.handleUpgrade(request, raw, head, resolve);
    });
  const server = createServer();
  server.on("upgrade", (request: IncomingMessage, raw: Duplex, head: Buffer) => {
    raw.on("error", () => undefined);
    raws.add(raw);
    const call = request.url?.slice(1) ?? "";
    if (call === "stranger") void answer(request, raw, head).then((socket) => strangers.shift()?.(socket));
    else {
      calls.set(call, () => answer(request, raw, head));
      offers.get(call)?.signal(call);
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const base = `ws://127.0.0.1:${String((server.address() as AddressInfo).port)}/`;
  const dial = createWebSocketPeerLinks(WebSocket);
  let count = 0;
  return {
    url: `${base}stranger`,
    nextSocket: () =>
      new Promise((resolve) => {
        strangers.push(resolve);
      }),
    open({ initiator, connectTimeoutMs, events }) {
      if (!initiator) return new AnsweringLink(calls, events, connectTimeoutMs);
      const call = String(count++);
      offers.set(call, events);
      const closed = (reason: string): void => {
        offers.delete(call);
        events.closed(reason);
      };
      return dial(base + call, { ...events, closed }, connectTimeoutMs);
    },
    async close() {
      for (const raw of raws) raw.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

/** Waits for the number of a call, and is the link that answers it from then on. */
class AnsweringLink implements PeerLink {
  readonly #calls: Map<string, () => Promise<WebSocket>>;
  readonly #events: PeerLinkEvents;
  readonly #timer: ReturnType<typeof setTimeout>;
  #link: PeerLink | undefined;
  #isClosed = false;

  constructor(calls: Map<string, () => Promise<WebSocket>>, events: PeerLinkEvents, connectTimeoutMs: number) {
    this.#calls = calls;
    this.#events = events;
    this.#timer = setTimeout(() => {
      this.#end("connect timeout");
    }, connectTimeoutMs);
  }

  signal(call: string): void {
    if (this.#link) {
      this.#link.signal(call);
      return;
    }
    const answer = this.#calls.get(call);
    this.#calls.delete(call);
    if (!answer) this.#end("no such call");
    else
      void answer().then((socket) => {
        clearTimeout(this.#timer);
        if (this.#isClosed) socket.terminate();
        else this.#link = acceptWebSocketPeerLink(socket, this.#events);
      });
  }

  send(frame: Uint8Array): void {
    this.#link?.send(frame);
  }

  close(): void {
    if (this.#link) this.#link.close();
    else this.#end("closed here");
  }

  #end(reason: string): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#timer);
    queueMicrotask(() => {
      this.#events.closed(reason);
    });
  }
}
