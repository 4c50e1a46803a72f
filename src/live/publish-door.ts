/**
 * `POST` or `PUT /publish/<stream>`: whoever has a key sends media for as long as it goes on, and is told in words why not.
 * Knows nothing of what the media is.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Millis } from "../base/time.ts";
import { answer, TEXT } from "../http/answer.ts";
import type { RequestTarget } from "../http/request-path.ts";
import { bearerOf } from "./playback-tickets.ts";
import type { KeyFault, PublishKeys } from "./publish-keys.ts";
import type { PublishFault, Stage } from "./stage.ts";

/** What the operator's log says of publishers: never a key. */
export interface PublishLog {
  info(text: string): void;
  warn(text: string): void;
}

export class PublishDoor {
  readonly #stage: Stage;
  readonly #keys: PublishKeys;
  readonly #log: PublishLog;
  readonly #refused = new Map<KeyFault | PublishFault, number>();

  constructor(stage: Stage, keys: PublishKeys, log: PublishLog) {
    this.#stage = stage;
    this.#keys = keys;
    this.#log = log;
  }

  /** How many were refused, by reason. */
  get refused(): ReadonlyMap<string, number> {
    return this.#refused;
  }

  async answer(request: IncomingMessage, response: ServerResponse, { path, query }: RequestTarget): Promise<void> {
    if (request.method !== "POST" && request.method !== "PUT") {
      answer(response, 405, TEXT, "publish with POST or PUT\n", { allow: "POST, PUT" });
      return;
    }
    const name = path[1] ?? "";
    const fault = this.#keys.faultOf(bearerOf(request.headers.authorization) ?? query.get("key") ?? undefined);
    const publication = fault ?? (path.length === 2 ? await this.#stage.publish(name, request) : "bad-name");
    if (typeof publication === "string") {
      this.#refuse(request, response, name, publication);
      return;
    }
    this.#log.info(`${name} is being published`);
    if (request.headers.expect !== undefined) response.writeContinue();
    // Whoever falls silent without hanging up would keep the place from himself.
    request.setTimeout(SILENCE_MS, () => request.destroy());
    try {
      await publication.ended;
      this.#log.info(`${name}: the publisher has finished`);
      answer(response, 200, TEXT, "published\n");
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      this.#log.warn(`${name}: ${text}`);
      this.#turnAway(request, response, 415, text);
    }
  }

  #refuse(request: IncomingMessage, response: ServerResponse, name: string, fault: KeyFault | PublishFault): void {
    this.#refused.set(fault, (this.#refused.get(fault) ?? 0) + 1);
    const { status, text } = REFUSALS[fault];
    this.#log.warn(`a publisher${STATED.test(name) ? ` of ${name}` : ""} was refused: ${text}`);
    this.#turnAway(request, response, status, text);
  }

  /** Says it, and hears a little longer: closing at once, with media unread, would reset the connection and lose the words. */
  #turnAway(request: IncomingMessage, response: ServerResponse, status: number, text: string): void {
    if (response.headersSent || response.destroyed) return;
    const challenge = status === 401 ? { "www-authenticate": "Bearer" } : {};
    const body = `${text}\n`;
    const length = Buffer.byteLength(body);
    response.writeHead(status, { "content-type": TEXT, "content-length": length, connection: "close", ...challenge });
    response.write(body);
    const close = (): void => void response.end();
    const timer = setTimeout(close, LINGER_MS);
    request.once("close", () => clearTimeout(timer));
    request.once("end", close).resume();
  }
}

const REFUSALS: Readonly<Record<KeyFault | PublishFault, { readonly status: number; readonly text: string }>> = {
  missing: { status: 401, text: "publishing needs a key: ?key=... or Authorization: Bearer ..." },
  wrong: { status: 403, text: "this key lets nobody publish here" },
  closed: {
    status: 403,
    text: "nobody may publish over the network here: start hls-swarm live with --publish-key-file, or with --open-publish",
  },
  "bad-name": { status: 404, text: "publish to /publish/<stream>, with a name of letters, digits, _ and -" },
  busy: { status: 409, text: "somebody publishes this stream already" },
  full: { status: 503, text: "there are as many streams as this server takes" },
};
/** What may stand in a log. */
const STATED = /^[\w-]{1,64}$/;
/** Longer than an encoder's longest pause, shorter than a person's patience. */
const SILENCE_MS: Millis = 10_000;
/** Ten round trips to the other side of the world. */
const LINGER_MS: Millis = 2_000;
