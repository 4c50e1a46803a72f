import cluster from "node:cluster";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { performance } from "node:perf_hooks";
import { randomInt } from "node:crypto";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import { createRng } from "../../base/random.ts";
import type { Millis } from "../../base/time.ts";
import { TRACKER_MESSAGE_CHARS_MAX } from "../../protocol/limits.ts";
import { TRACKER_SUBPROTOCOL } from "../../protocol/version.ts";
import type { TrackerStats } from "../core/stats.ts";
import type { Revoked } from "../core/ticket.ts";
import type { TrackerNode } from "../core/tracker-node.ts";
import { Tracker } from "../core/tracker.ts";
import { BusLink } from "./bus-link.ts";
import { clientAddressOf, parseTrustList } from "./client-address.ts";
import { TrackerDriver, type CalledFrom, type Caller } from "./driver.ts";
import { FlushQueue } from "./frame-writer.ts";
import { Handshakes } from "./handshakes.ts";
import { HeartbeatWheel } from "./heartbeat.ts";
import { createHttpServer, createHttpsServer, listen, stopListening, urlOf } from "../../http/listening.ts";
import { Locator } from "./locator.ts";
import { SILENT } from "./logger.ts";
import { LoopLag } from "./loop-lag.ts";
import { residentBytes } from "./memory.ts";
import { TrackerMetrics } from "./metrics.ts";
import { oneAtATime } from "./one-at-a-time.ts";
import { limitsOf, priceOf, type TrackerOptions } from "./options.ts";
import { createIds, newBootId, newNodeId } from "./random-ids.ts";
import { unreadyReasons } from "./readiness.ts";
import { secretOf, siteOf } from "./site.ts";
import { ticketReadersOf } from "./ticket-readers.ts";
import { StatusPages } from "./status-pages.ts";
import { readCertificate, renewCertificate } from "../../http/tls.ts";
import { StreamGathering } from "./stream-gathering.ts";
import { StreamPage } from "./stream-page.ts";
import { openStunServer } from "./stun-server.ts";
import { TrackerListPage } from "./tracker-list-page.ts";
import { ViewerSocket, ViewerWebSocket, type ViewerSocketCommons } from "./viewer-socket.ts";

/** A tracker that listens. Whoever started it stops it, by `drain` or `close`. */
export interface RunningTracker {
  /** What viewers put into their configuration, seen from this machine: `ws://127.0.0.1:8080`. */
  readonly url: string;
  readonly port: number;
  /** Where `/healthz`, `/readyz`, `/metrics` and `/debug` are: `http://127.0.0.1:8080`. */
  readonly pagesUrl: string;
  stats(): TrackerStats;
  /** This process and those it knows on its bus. */
  nodes(): readonly TrackerNode[];
  /**
   * Stops without a rush: health goes red, nobody new comes in, every viewer is told when to come back and closed
   * with 1012. Resolves when all is closed. Links between viewers are untouched.
   */
  drain(): Promise<void>;
  /** Reads the files of the `tls` option again, for sockets to come. Throws when they cannot be used; the old ones stay. */
  reloadCertificate(): void;
  /**
   * Switches these streams off, and no others: swarm ids ({@link swarmIdOf}), or `*` for all. Whoever is in one is told to
   * close every link, and does not come back until its page loads anew (TR48).
   */
  switchOff(streams: readonly string[]): void;
  /**
   * From now on no ticket with such an id or class lets anybody in, nor a token that came of one, and whoever is in with
   * one is closed. Replaces what was revoked before. Of this process.
   */
  revoke(revoked: Revoked): void;
  /** Stops at once. Resolves when the port is free. */
  close(): Promise<void>;
}

/** Starts a tracker. Rejects when an option is wrong (`OptionError`, which names it) or the port is taken. */
export async function startTracker(options: TrackerOptions = {}): Promise<RunningTracker> {
  const { port = 8080, host = "0.0.0.0", heartbeatMs = 30_000, logger = SILENT } = options;
  const { tls, metricsPort, metricsHost = "127.0.0.1" } = options;
  const limits = limitsOf(options);
  const certificate = tls && readCertificate(tls);
  const trusted = parseTrustList(options.trustProxy ?? []);
  const [ids, site] = [createIds(secretOf(options), ticketReadersOf(options), options.attest), siteOf(options)];
  const locator = await Locator.open(options, trusted, logger);
  const now = (): Millis => performance.now();

  const stun = await openStunServer(options, now, logger).catch((cause: unknown) => {
    locator.close();
    throw cause;
  });

  const core = new Tracker<Buffer>(
    now(),
    limits,
    createRng(randomInt(2 ** 32)),
    ids,
    { ...site, stun: stun && [stun.url] },
    {
      hasBus: options.bus !== undefined,
      boot: newBootId(),
      newNodeId,
    },
  );
  const link = options.bus && new BusLink(options.bus, now, (event) => driver.tell(event));
  const driver: TrackerDriver = new TrackerDriver(core, now, logger, link);
  const wheel = new HeartbeatWheel(heartbeatMs, TICK_MS);
  const commons: ViewerSocketCommons = { wheel, flushes: new FlushQueue(now), tell: driver.tell };
  const sockets = new WebSocketServer(SOCKET_OPTIONS);
  const lag = new LoopLag(now);
  const metrics = new TrackerMetrics(driver, stun?.counts);
  if (cluster.isWorker) metrics.answerFirstProcess();
  const pages = new StatusPages(
    {
      health: () => driver.health(),
      stats: () => driver.stats(),
      nodes: () => core.nodes(),
      lag: () => lag.figures(),
      unready: () =>
        unreadyReasons({
          health: driver.health(),
          connectionsMax: limits.connectionsMax,
          lagMsP99: lag.figures().p99,
        }),
    },
    metrics,
    options.debug ?? true,
  );

  const list = new TrackerListPage(core);
  const gathering = new StreamGathering(
    {
      now,
      nodes: () => core.nodes(),
      stream: (swarm) => driver.stream(swarm),
      countDropped() {
        driver.tell({ type: "bus-dropped", records: 1 });
      },
    },
    newBootId(),
    options.bus,
  );
  const streams = new StreamPage(gathering, priceOf(options));
  const handshakes = new Handshakes(limits.handshakesMax);
  const answerPage = metricsPort === undefined ? pages.handlerFor("viewers", "operator") : pages.handlerFor("viewers");
  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const isList = list.handle(request, response, () => calledFrom(request).network.region);
    if (!isList && !streams.handle(request, response)) answerPage(request, response);
  };
  const ban = (socket: Socket): void => {
    handshakes.ban(now(), socket);
  };
  const handle = oneAtATime(answer, ban);
  const tlsServer = certificate && createHttpsServer(certificate, handle);
  const server = tlsServer ?? createHttpServer(handle);
  const operatorServer = metricsPort === undefined ? undefined : createHttpServer(pages.handlerFor("operator"));
  server.maxConnections = limits.connectionsMax + limits.handshakesMax;
  server.on("connection", (socket: Socket) => {
    handshakes.add(now(), socket);
  });
  server.on("upgrade", (request: IncomingMessage, raw: Duplex, head: Buffer) => {
    raw.on("error", ignoreError);
    const caller: Caller = {
      accept: (connection) => {
        let socket: ViewerSocket | undefined;
        sockets.handleUpgrade(request, raw, head, (ws) => {
          handshakes.done(request.socket);
          socket = new ViewerSocket(connection, ws, raw, commons);
        });
        return socket;
      },
      refuse: (status, reason) => {
        refuseUpgrade(raw, status, reason);
      },
    };
    const problem = problemOf(request);
    if (problem) caller.refuse(problem.status, problem.reason);
    else driver.ask(caller, calledFrom(request));
  });
  const calledFrom = ({ socket: { remoteAddress }, headers }: IncomingMessage): CalledFrom => {
    const client = clientAddressOf(remoteAddress, headers["x-forwarded-for"]?.toString(), trusted);
    const network = locator.networkOf(client, remoteAddress, headers);
    return { addressKey: client.addressKey, network, origin: headers.origin };
  };

  const stopServing = async (): Promise<void> => {
    gathering.close();
    locator.close();
    stun?.close();
    lag.close();
    await stopListening(server);
    if (operatorServer) await stopListening(operatorServer);
  };
  let listening: number;
  let operatorPort: number | undefined;
  try {
    listening = await listen(server, port, host);
    operatorPort = operatorServer && (await listen(operatorServer, metricsPort ?? 0, metricsHost));
  } catch (error) {
    await stopServing();
    throw error;
  }
  server.on("error", (cause) => {
    logger.error("the listening socket failed", cause);
  });
  const ticking = setInterval(() => {
    wheel.tick();
    lag.tick();
    // After the sockets were read: a process that stood still finds messages there that were in time.
    setImmediate(() => {
      driver.tick();
    });
  }, TICK_MS);
  const weighing = setInterval(() => {
    driver.tell({ type: "memory-measured", bytes: residentBytes() });
  }, MEMORY_EVERY_MS);
  driver.tick(); // the others on the bus need not wait to hear of us

  let closed: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    clearInterval(ticking);
    clearInterval(weighing);
    link?.close();
    driver.terminateAll();
    await stopServing();
  };
  const close = (): Promise<void> => (closed ??= stop());
  let drained: Promise<void> | undefined;
  const drain = (): Promise<void> => {
    driver.tell({ type: "drain" });
    return (drained ??= driver.empty().then(close));
  };

  return {
    url: urlOf(tls ? "wss" : "ws", host, listening),
    port: listening,
    pagesUrl:
      operatorPort === undefined
        ? urlOf(tls ? "https" : "http", host, listening)
        : urlOf("http", metricsHost, operatorPort),
    stats: () => driver.stats(),
    nodes: () => core.nodes(),
    reloadCertificate() {
      if (tls && tlsServer) renewCertificate(tlsServer, tls);
    },
    switchOff(streams) {
      driver.tell({ type: "switch-off", streams });
    },
    revoke(revoked) {
      driver.tell({ type: "revoked", ...revoked });
    },
    drain,
    close,
  };
}

interface Problem {
  readonly status: number;
  readonly reason: string;
}

/** What is wrong with an upgrade whoever asks for it. Cheap, and before any socket is counted. */
function problemOf(request: IncomingMessage): Problem | undefined {
  const path = (request.url ?? "/").replace(/\?.*$/s, "");
  if (path !== "/" && path !== "/v1") return { status: 404, reason: "the tracker is at / and at /v1" };
  const offered = request.headers["sec-websocket-protocol"]?.split(",").map((name) => name.trim());
  if (!offered?.includes(TRACKER_SUBPROTOCOL))
    return { status: 400, reason: `the WebSocket subprotocol must be ${TRACKER_SUBPROTOCOL}` };
  return undefined;
}

function refuseUpgrade(raw: Duplex, status: number, reason: string): void {
  const body = `${reason}\n`;
  raw.once("finish", () => raw.destroy());
  raw.end(
    `HTTP/1.1 ${String(status)} Refused\r\nconnection: close\r\ncontent-type: text/plain; charset=utf-8\r\n` +
      `content-length: ${String(Buffer.byteLength(body))}\r\n\r\n${body}`,
  );
}

/**
 * A socket's close is all we need to know of its end. Not a closure of the upgrade: that one would keep the request and
 * its headers for as long as the viewer stays, 2 kB each.
 */
const ignoreError = (): void => undefined;

/** How often heartbeats and deadlines are looked at. */
const TICK_MS: Millis = 100;

/** Memory does not grow by a tenth of a machine's in this time, and reading it costs microseconds. */
const MEMORY_EVERY_MS: Millis = 1_000;

const SOCKET_OPTIONS = {
  noServer: true,
  WebSocket: ViewerWebSocket,
  /** Ours come in their turn, behind what is yet to be written. */
  autoPong: false,
  clientTracking: false,
  /** 83 kB of memory a viewer and four times the CPU a relay, to make small messages smaller. */
  perMessageDeflate: false,
  /** UTF-8 needs up to three bytes for a character: what the parser would accept must get as far. */
  maxPayload: 3 * TRACKER_MESSAGE_CHARS_MAX,
  /** No viewer fragments what we let it say. The defaults buffer a million pieces. */
  maxFragments: 8,
  maxBufferedChunks: 256,
  /** A viewer that does not answer our close within this is cut off. */
  closeTimeout: 5_000,
  handleProtocols: () => TRACKER_SUBPROTOCOL,
};
