/**
 * Where peers call a seeder over WebSocket (PE41): lets in whoever may come, and makes one link of each socket. Knows not
 * what is said on it.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import type { Logger } from "../base/logger.ts";
import { createHttpServer, createHttpsServer, listen, stopListening, urlOf } from "../http/listening.ts";
import { requestTargetOf } from "../http/request-path.ts";
import { readCertificate, renewCertificate, type TlsFiles } from "../http/tls.ts";
import { SWARM_ID_PATTERN, type SwarmId } from "../protocol/ids.ts";
import { FRAME_BYTES_MAX } from "../protocol/limits.ts";
import { PEER_PATH } from "../protocol/version.ts";
import type { SwarmDriver } from "../swarm/io/driver.ts";
import { acceptWebSocketPeerLink } from "../swarm/io/websocket-peer-link.ts";
import { ticketReaderOf, type TicketKeys } from "../ticket/ticket-reader.ts";

export interface PeerListenerOptions extends TicketKeys {
  /** 0 for any that is free. */
  readonly port: number;
  /** Default: all addresses of this machine. */
  readonly host?: string;
  /** Without, something in front of this must speak TLS: pages over HTTPS open no other sockets. */
  readonly tls?: TlsFiles;
  /** Sites whose pages may call, like `https://your.site`. Default: all. Whoever is no browser says none, and may. */
  readonly allowOrigins?: readonly string[];
  /** Default 1000. */
  readonly socketsMax?: number;
  /** Of one address. Default 64: as many viewers as there may be behind one. */
  readonly socketsPerAddressMax?: number;
  /** Whoever takes part in a swarm here; undefined for one that this seeder does not follow. */
  driverOf(swarm: SwarmId): Pick<SwarmDriver, "accept"> | undefined;
  readonly logger: Logger;
}

export interface PeerListenerCounters {
  readonly sockets: number;
  /** Since the start. */
  readonly accepted: number;
  /** Since the start, by the status that was answered. */
  readonly refused: Readonly<Record<number, number>>;
}

export interface PeerListener {
  /** `wss://host:port` or `ws://…`, as this machine reaches it. */
  readonly url: string;
  readonly port: number;
  counters(): PeerListenerCounters;
  /** Reads the files of `tls` again. Throws when they cannot be used: the certificate stays then. */
  reloadCertificate(): void;
  /** Cuts off whoever is connected: the drivers say goodbye before. Resolves when the port is free. */
  close(): Promise<void>;
}

/** Rejects when the port is taken, or a ticket key or the certificate is none. */
export async function listenForPeers(options: PeerListenerOptions): Promise<PeerListener> {
  const { host = "0.0.0.0", port, tls, logger, driverOf } = options;
  const readTicket = ticketReaderOf(options);
  const sockets = new WebSocketServer(SOCKET_OPTIONS);
  const byAddress = new Map<string, number>();
  const refused: Record<number, number> = {};
  let accepted = 0;

  /** Whose swarm is called, or what is wrong with the call. */
  const judge = (request: IncomingMessage): Pick<SwarmDriver, "accept"> | Refusal => {
    const target = requestTargetOf(request);
    const swarm = target?.path.at(-1) ?? "";
    const before = target?.path.slice(0, -1).join("/");
    if (!`/${before ?? ""}/`.endsWith(PEER_PATH)) return [404, `peers call at ${PEER_PATH}<swarm id>`];
    if (!SWARM_ID_PATTERN.test(swarm)) return [400, "a swarm id has 16 to 64 characters, of A-Z, a-z, 0-9, _ and -"];
    const { origin } = request.headers;
    const { allowOrigins, socketsMax = SOCKETS_MAX, socketsPerAddressMax = SOCKETS_PER_ADDRESS_MAX } = options;
    if (origin !== undefined && allowOrigins && !allowOrigins.includes(origin))
      return [403, `pages of ${origin} may not call: see --allow-origin`];
    const ticket = readTicket?.(target?.query.get("ticket") ?? "");
    if (ticket && "fault" in ticket) return [401, `the ticket ${ticket.fault}`];
    if (ticket && !ticket.claims.swarms.some((each) => each === swarm))
      return [401, "the ticket is for another stream"];
    if (sockets.clients.size >= socketsMax)
      return [503, `${String(socketsMax)} peers are connected: call another seeder`];
    if ((byAddress.get(addressOf(request)) ?? 0) >= socketsPerAddressMax)
      return [429, `${String(socketsPerAddressMax)} peers of your address are connected`];
    return driverOf(swarm as SwarmId) ?? [404, "this seeder does not follow that stream"];
  };

  const handle = (request: IncomingMessage, raw: Duplex, head: Buffer): void => {
    raw.on("error", ignoreError);
    const driver = judge(request);
    if (isRefusal(driver)) {
      const [status, reason] = driver;
      refused[status] = (refused[status] ?? 0) + 1;
      logger.debug("seeder", () => `refused a peer: ${reason}`);
      refuse(raw, driver);
      return;
    }
    sockets.handleUpgrade(request, raw, head, (socket) => {
      accepted++;
      const address = addressOf(request);
      byAddress.set(address, (byAddress.get(address) ?? 0) + 1);
      socket.on("close", () => {
        const left = (byAddress.get(address) ?? 1) - 1;
        if (left > 0) byAddress.set(address, left);
        else byAddress.delete(address);
      });
      if (!driver.accept((events) => acceptWebSocketPeerLink(socket, events))) socket.terminate();
    });
  };

  const answer = (_request: IncomingMessage, response: ServerResponse): void => {
    response.writeHead(426, { "content-type": "text/plain; charset=utf-8", upgrade: "websocket" });
    response.end(`peers call here over WebSocket, at ${PEER_PATH}<swarm id>\n`);
  };
  const tlsServer = tls && createHttpsServer(readCertificate(tls), answer);
  const server = tlsServer ?? createHttpServer(answer);
  server.on("upgrade", handle);
  // A call that is not finished within the server's own five seconds is cut off by it; this many may be unfinished.
  server.maxConnections = (options.socketsMax ?? SOCKETS_MAX) + UNFINISHED_MAX;
  const listening = await listen(server, port, host);
  return {
    url: urlOf(tls ? "wss" : "ws", host, listening),
    port: listening,
    counters: () => ({ sockets: sockets.clients.size, accepted, refused: { ...refused } }),
    reloadCertificate() {
      if (tls && tlsServer) renewCertificate(tlsServer, tls);
    },
    close() {
      for (const socket of sockets.clients) socket.terminate();
      return stopListening(server);
    },
  };
}

/** HTTP status, and what is said with it. */
type Refusal = readonly [status: number, reason: string];

const isRefusal = (judged: Pick<SwarmDriver, "accept"> | Refusal): judged is Refusal => Array.isArray(judged);

function refuse(raw: Duplex, [status, reason]: Refusal): void {
  const body = `${reason}\n`;
  raw.once("finish", () => raw.destroy());
  raw.end(
    `HTTP/1.1 ${String(status)} Refused\r\nconnection: close\r\ncontent-type: text/plain; charset=utf-8\r\n` +
      `content-length: ${String(Buffer.byteLength(body))}\r\n\r\n${body}`,
  );
}

/** Of an IPv6 address the /64 that a household gets whole. */
function addressOf({ socket: { remoteAddress = "" } }: IncomingMessage): string {
  return remoteAddress.includes(".") ? remoteAddress : remoteAddress.split(":").slice(0, 4).join(":");
}

/** A socket's close is all we need to know of its end. */
const ignoreError = (): void => undefined;

const SOCKETS_MAX = 1000;
const SOCKETS_PER_ADDRESS_MAX = 64;
const UNFINISHED_MAX = 100;

const SOCKET_OPTIONS = {
  noServer: true,
  /** Media does not get smaller, and the memory that each socket would need for it is many times what it needs else. */
  perMessageDeflate: false,
  maxPayload: FRAME_BYTES_MAX,
  /** Frames are not fragmented by anybody honest; the defaults buffer a million pieces. */
  maxFragments: 8,
  maxBufferedChunks: 1024,
};
