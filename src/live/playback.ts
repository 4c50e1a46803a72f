/**
 * Answers players: multivariant and media playlists, with blocking reload (RFC 8216bis section 6.2.5.2), segments, parts and
 * init segments. Knows nothing of how they are made, or of who publishes.
 */
import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Millis } from "../base/time.ts";
import { answer, TEXT } from "../http/answer.ts";
import { answerContent } from "../http/content-answer.ts";
import { bytesContent, fileContent } from "../http/content.ts";
import type { RequestTarget } from "../http/request-path.ts";
import type { LiveFile, LiveRendition, LiveStream } from "./live-stream.ts";
import { checkTicket, withTicket, type PlaybackTickets } from "./playback-tickets.ts";

export class Playback {
  readonly #tickets: PlaybackTickets | undefined;
  #held = 0;

  constructor(tickets?: PlaybackTickets) {
    this.#tickets = tickets;
  }

  /** Requests that wait for what is yet to be made. */
  get held(): number {
    return this.#held;
  }

  async answer(
    request: IncomingMessage,
    response: ServerResponse,
    stream: LiveStream,
    { path, query }: RequestTarget,
  ): Promise<void> {
    const check = checkTicket(this.#tickets, stream.name, request, query);
    if (check.kind !== "good") {
      const text = check.kind === "missing" ? "this stream needs a ticket" : `the ticket ${check.fault}`;
      answer(response, check.kind === "missing" ? 401 : 403, TEXT, `${text}\n`, { "www-authenticate": "Bearer" });
      return;
    }
    const asked: Asked = { request, response, ticket: check.fromAddress };
    const [, first = "", second] = path;
    if (path.length === 2 && first === PLAYLIST_NAME && !stream.other) {
      this.#answerPlaylist(asked, stream.master(), FRESH);
      return;
    }
    const rendition = path.length === 3 ? stream.renditions.find(({ name }) => name === first) : undefined;
    if (rendition && second === PLAYLIST_NAME) await this.#answerMedia(asked, rendition, query);
    else await this.#answerFile(asked, stream, rendition, path.slice(1));
  }

  async #answerMedia(asked: Asked, rendition: LiveRendition, query: URLSearchParams): Promise<void> {
    const [sequence, part] = [query.get("_HLS_msn"), query.get("_HLS_part")];
    const isBlocking = sequence !== null;
    const isSense =
      [sequence, part].every((each) => each === null || DIGITS.test(each)) && (isBlocking || part === null);
    const targetMs = targetMsOf(rendition.playlist());
    if (isSense && isBlocking && targetMs !== undefined) {
      const wish = rendition.reached(Number(sequence), part === null ? undefined : Number(part));
      const outcome = await this.#hold(asked, wish, 3 * targetMs);
      if (outcome === "late") {
        answer(asked.response, 503, TEXT, "nothing new for three target durations\n", { "retry-after": "1" });
        return;
      }
      if (!outcome) {
        answer(asked.response, 400, TEXT, "that segment or part is too far ahead\n");
        return;
      }
    } else if (!isSense) {
      answer(asked.response, 400, TEXT, "_HLS_msn must be a number, and _HLS_part one beside it\n");
      return;
    }
    // Its address asks for a point of the stream, so that a cache may keep the answer (RFC 8216bis appendix B.1).
    const caching = isBlocking && targetMs !== undefined ? `max-age=${String((6 * targetMs) / 1000)}` : FRESH;
    this.#answerPlaylist(asked, rendition.playlist(), caching);
  }

  #answerPlaylist({ request, response, ticket }: Asked, playlist: string | undefined, caching: string): void {
    if (playlist === undefined) {
      answerNotYet(response);
      return;
    }
    const bytes = Buffer.from(ticket === undefined ? playlist : withTicket(playlist, ticket));
    const tag = `"${createHash("sha256").update(bytes).digest("base64url").slice(0, 22)}"`;
    void this.#send(request, response, bytesContent(bytes, PLAYLIST_TYPE, tag), caching);
  }

  async #answerFile(
    asked: Asked,
    stream: LiveStream,
    rendition: LiveRendition | undefined,
    names: readonly string[],
  ): Promise<void> {
    const { request, response } = asked;
    const name = names.join("/");
    const wish = rendition ? rendition.file(names[1] ?? "") : stream.other?.(name);
    // A part that a playlist hints at is a part of at most one target duration that is being made, or is to follow.
    const file = await this.#hold(asked, wish, HINT_MS_MAX);
    if (file === "late")
      answer(response, 503, TEXT, "this part was announced, and did not come\n", { "retry-after": "1" });
    else if (!file) answer(response, 404, TEXT, "not found\n");
    else {
      const tag = file.isImmutable ? `"${encodeURIComponent(name)}"` : undefined;
      const isPlaylist = file.type === PLAYLIST_TYPE;
      if (isPlaylist && file.bytes instanceof Uint8Array)
        this.#answerPlaylist(asked, Buffer.from(file.bytes).toString("utf8"), FRESH);
      else await this.#send(request, response, contentOf(file, tag), file.isImmutable ? FOREVER : FRESH);
    }
  }

  /** What a wish comes to, `late` after `ms`, or when nobody waits for it any more. */
  async #hold<T>({ response }: Asked, wish: Promise<T> | undefined, ms: Millis): Promise<T | "late" | undefined> {
    this.#held++;
    let timer: NodeJS.Timeout | undefined;
    let leave: (() => void) | undefined;
    const late = new Promise<"late">((resolve) => {
      leave = () => resolve("late");
      timer = setTimeout(leave, ms);
      response.once("close", leave);
    });
    try {
      return await Promise.race([wish, late]);
    } finally {
      this.#held--;
      clearTimeout(timer);
      if (leave) response.off("close", leave);
    }
  }

  async #send(
    request: IncomingMessage,
    response: ServerResponse,
    content: ReturnType<typeof bytesContent>,
    caching: string,
  ): Promise<void> {
    // What needs a ticket must not be had of a cache that asks for none.
    const scope = this.#tickets ? "private" : "public";
    try {
      await answerContent(request, response, content, { "cache-control": `${scope}, ${caching}` });
    } catch {
      answer(response, 404, TEXT, "no longer there\n"); // a file that was removed between being found and being opened
    }
  }
}

interface Asked {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The ticket that came in the address. */
  readonly ticket: string | undefined;
}

/** Nothing has been published yet. Not 404: players give up on that, and ask again after this. */
export function answerNotYet(response: ServerResponse): void {
  answer(response, 503, TEXT, "nothing has been published yet\n", { "retry-after": "2" });
}

const contentOf = ({ bytes, type }: LiveFile, tag: string | undefined) =>
  bytes instanceof Uint8Array ? bytesContent(bytes, type, tag) : fileContent(bytes, type, tag);

function targetMsOf(playlist = ""): Millis | undefined {
  const seconds = /^#EXT-X-TARGETDURATION:(\d+)/m.exec(playlist)?.[1];
  return seconds === undefined ? undefined : Number(seconds) * 1000;
}

const PLAYLIST_NAME = "index.m3u8";
const PLAYLIST_TYPE = "application/vnd.apple.mpegurl";
const DIGITS = /^\d{1,15}$/;
/** It may be kept, and must be asked about each time. */
const FRESH = "no-cache";
/** A year is as good as for good. */
const FOREVER = "max-age=31536000, immutable";
/** As long as three of the longest target durations that are usual. */
const HINT_MS_MAX: Millis = 30_000;
