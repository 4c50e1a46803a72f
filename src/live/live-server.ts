/**
 * The port of a live origin: who asks for what. Playing is `playback.ts`, publishing is `publish-door.ts`, the streams are on
 * a {@link Stage}.
 */
import type { IncomingMessage, ServerOptions, ServerResponse } from "node:http";
import { performance } from "node:perf_hooks";
import { answer, JSON_TYPE, TEXT } from "../http/answer.ts";
import { answerCors } from "../http/cors.ts";
import { createHttpServer, listen, stopListening, urlOf } from "../http/listening.ts";
import { requestTargetOf, type RequestTarget } from "../http/request-path.ts";
import { LiveMetrics } from "./live-metrics.ts";
import { diskFreeBytesOf, processFigures, streamFiguresOf, type LiveFigures } from "./live-status.ts";
import { answerNotYet, Playback } from "./playback.ts";
import type { PlaybackTickets } from "./playback-tickets.ts";
import { PublishDoor, type PublishLog } from "./publish-door.ts";
import type { PublishKeys } from "./publish-keys.ts";
import type { Stage } from "./stage.ts";
import { WatchPage } from "./watch-page.ts";

export interface LiveServerOptions {
  /** 0 takes any free port. */
  readonly port: number;
  readonly host: string;
  readonly stage: Stage;
  /** The stream that the operator announces, be it published yet or not. */
  readonly name?: string | undefined;
  readonly keys: PublishKeys;
  /** Where the media is, for the figure of what is free there. */
  readonly folder: string;
  /** Default: whoever has the address may watch. */
  readonly tickets?: PlaybackTickets | undefined;
  /** Sites whose pages may play. Default: all. */
  readonly allowOrigins?: readonly string[] | undefined;
  /** Where the page at `/watch/` finds its tracker. Default: port 8080 of the same host. */
  readonly tracker?: string | undefined;
  readonly log: PublishLog;
}

export interface LiveServer {
  readonly url: string;
  readonly port: number;
  figures(): Promise<LiveFigures>;
  /** Resolves when the port is free. Whoever is connected is cut off; the streams are the stage's. */
  close(): Promise<void>;
}

/** Rejects when the port is taken. */
export async function startLiveServer(options: LiveServerOptions): Promise<LiveServer> {
  const { stage, allowOrigins } = options;
  const startedAt = performance.now();
  const playback = new Playback(options.tickets);
  const door = new PublishDoor(stage, options.keys, options.log);
  const watchPage = new WatchPage(options.tracker);
  const answers = new Map<number, number>();
  let sentBytes = 0;
  let diskFreeBytes = 0;
  const figuresNow = (): LiveFigures => ({
    ...processFigures(startedAt),
    streams: stage.streams().map(streamFiguresOf),
    publishers: stage.publishers(),
    heldRequests: playback.held,
    sentBytes,
    answers: Object.fromEntries(answers),
    refusedPublishers: Object.fromEntries(door.refused),
    diskFreeBytes,
  });
  const figures = async (): Promise<LiveFigures> => {
    diskFreeBytes = await diskFreeBytesOf(options.folder);
    return figuresNow();
  };
  const metrics = new LiveMetrics(figuresNow);

  const answerPage = async (response: ServerResponse, page: string): Promise<boolean> => {
    if (page === "healthz") answer(response, 200, JSON_TYPE, `${JSON.stringify({ status: "ok" })}\n`);
    else if (page === "status") answer(response, 200, JSON_TYPE, `${JSON.stringify(await figures(), undefined, 2)}\n`);
    else if (page === "metrics") {
      await figures();
      answer(response, 200, metrics.contentType, await metrics.text());
    } else return false;
    return true;
  };
  const route = async (request: IncomingMessage, response: ServerResponse, target: RequestTarget): Promise<void> => {
    const [first = ""] = target.path;
    if (first === "publish") return door.answer(request, response, target);
    if (request.method !== "GET" && request.method !== "HEAD") {
      answer(response, 405, TEXT, "only GET and HEAD\n", { allow: "GET, HEAD, OPTIONS" });
      return;
    }
    if (target.path.length === 1 && (await answerPage(response, first))) return;
    if (first === "watch" && target.path.length === 2) return watchPage.answer(response, target.path[1] ?? "");
    const stream = stage.find(first);
    if (stream) await playback.answer(request, response, stream, target);
    else if (first === options.name) answerNotYet(response);
    else answer(response, 404, TEXT, "no such stream\n");
  };
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    const before = request.socket.bytesWritten;
    response.once("close", () => {
      answers.set(response.statusCode, (answers.get(response.statusCode) ?? 0) + 1);
      sentBytes += request.socket.bytesWritten - before;
    });
    request.on("error", ignore);
    if (answerCors(request, response, { allowOrigins, methods: PUBLISH_METHODS })) return;
    const target = requestTargetOf(request);
    if (!target) {
      answer(response, 400, TEXT, "that is no path\n");
      return;
    }
    route(request, response, target).catch((bug: unknown) => {
      options.log.warn(`a request failed: ${bug instanceof Error ? (bug.stack ?? bug.message) : String(bug)}`);
      response.destroy();
    });
  };

  const server = createHttpServer(handle, MEDIA_OPTIONS);
  server.maxConnections = CONNECTIONS_MAX;
  server.on("checkContinue", handle); // a publisher who asks before he sends is answered before he does
  const port = await listen(server, options.port, options.host);
  return {
    url: urlOf("http", options.host, port),
    port,
    figures,
    close: () => stopListening(server),
  };
}

/** A connection that breaks is seen where it is read from or written to. */
const ignore = (): void => undefined;

const PUBLISH_METHODS = ["POST", "PUT"];
/** A publisher's request lasts as long as the show; between two segments of ten seconds a player keeps its connection. */
const MEDIA_OPTIONS: ServerOptions = { requestTimeout: 0, keepAliveTimeout: 30_000 };
/** Sockets at 20 kB each: as many as 200 MB hold. */
const CONNECTIONS_MAX = 10_000;
