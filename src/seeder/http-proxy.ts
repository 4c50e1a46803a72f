/**
 * The seeder as a caching HTTP proxy of its one stream: the same paths as at its upstreams, playlists as fresh as the follower
 * has them, segments from the swarm as they come. Whatever is not of the stream is not there.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import type { Logger } from "../base/logger.ts";
import type { Bytes } from "../base/time.ts";
import { HttpError } from "../headless/http-client.ts";
import type { BookedSegment, StreamPlace } from "../headless/segment-book.ts";
import type { PlaylistText, StreamFollower } from "../headless/stream-follower.ts";
import { answer, TEXT } from "../http/answer.ts";
import type { ByteRange } from "../http/byte-range.ts";
import { answerContent } from "../http/content-answer.ts";
import { bytesContent, type Content } from "../http/content.ts";
import { answerCors } from "../http/cors.ts";
import { hashesAddress } from "../protocol/segment-root.ts";
import { withLocalAddresses } from "./local-addresses.ts";
import { mediaTypeOf } from "./media-type.ts";
import { PlaylistWaiters } from "./playlist-waiters.ts";
import { RelayedFiles } from "./relayed-files.ts";
import { SegmentFlights, type FlightSources } from "./segment-flights.ts";

export interface HttpProxyOptions extends Pick<FlightSources, "driver" | "store"> {
  readonly follower: StreamFollower;
  readonly logger: Logger;
}

/** What the operator sees of it. */
export interface HttpProxyState {
  readonly requests: number;
  /** Answers with a status of 400 and more. */
  readonly refusals: number;
  /** Of segments. */
  readonly sentBytes: Bytes;
}

export interface HttpProxy {
  readonly handle: RequestListener;
  /** The follower has a newer playlist. */
  told(): void;
  state(): HttpProxyState;
}

export function createHttpProxy(options: HttpProxyOptions): HttpProxy {
  const proxy = new StreamProxy(options);
  return {
    handle: (request, response) => {
      void proxy.handle(request, response);
    },
    told: () => {
      proxy.told();
    },
    state: () => proxy.state(),
  };
}

/** One request, and how to tell that its client has gone. */
interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
  readonly gone: AbortSignal;
}

class StreamProxy {
  readonly #follower: StreamFollower;
  readonly #logger: Logger;
  readonly #waiters: PlaylistWaiters;
  readonly #relayed: RelayedFiles;
  readonly #flights: SegmentFlights;
  #requests = 0;
  #refusals = 0;
  #sentBytes: Bytes = 0;

  constructor({ follower, driver, store, logger }: HttpProxyOptions) {
    this.#follower = follower;
    this.#logger = logger;
    this.#waiters = new PlaylistWaiters(follower);
    this.#relayed = new RelayedFiles(follower);
    this.#flights = new SegmentFlights({ driver, store, origin: follower.origin });
  }

  state(): HttpProxyState {
    return { requests: this.#requests, refusals: this.#refusals, sentBytes: this.#sentBytes };
  }

  told(): void {
    this.#waiters.told();
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (answerCors(request, response)) return;
    this.#requests++;
    const gone = new AbortController();
    response.once("close", () => {
      gone.abort();
    });
    try {
      if (request.method !== "GET" && request.method !== "HEAD") throw new HttpError(405, "only GET and HEAD");
      const { url: target = "/" } = request;
      if (!URL.canParse(target, ANY_HOST)) throw new HttpError(400, "no address");
      await this.#answer({ request, response, url: new URL(target, ANY_HOST), gone: gone.signal });
    } catch (error) {
      if (gone.signal.aborted) return;
      this.#refuse(response, error);
    }
  }

  async #answer(exchange: Exchange): Promise<void> {
    const { pathname, search, searchParams } = exchange.url;
    const found = this.#follower.find(pathname, search);
    switch (found?.kind) {
      case "multivariant":
        this.#playlist(exchange, found);
        return;
      case "playlist":
        this.#playlist(exchange, await this.#waiters.newest(found.track, searchParams, exchange.gone));
        return;
      case "segments":
        await this.#segments(exchange, found.segments);
        return;
      case "file":
        await this.#relay(exchange, found.place);
        return;
      case undefined: {
        const place = this.#relayed.find(pathname, search) ?? this.#hashesAt(pathname, search);
        if (!place) throw new HttpError(404, "not of this stream");
        await this.#relay(exchange, place);
      }
    }
  }

  /** Relative addresses in it must lead to where they lead at the upstream: so the client goes where that sent us. */
  #playlist({ response, url }: Exchange, { text, url: textUrl }: PlaylistText): void {
    const { pathname, search } = new URL(textUrl);
    if (pathname === url.pathname) {
      const local = withLocalAddresses(text, (path, query) => this.#has(path, query));
      answer(response, 200, PLAYLIST_TYPE, local);
      return;
    }
    const query = new URLSearchParams([...new URLSearchParams(search), ...url.searchParams]).toString();
    answer(response, 302, TEXT, "", { location: `${pathname}${query ? `?${query}` : ""}` });
  }

  #has(pathname: string, search: string): boolean {
    return this.#follower.find(pathname, search) !== undefined || this.#relayed.find(pathname, search) !== undefined;
  }

  async #segments(exchange: Exchange, segments: readonly BookedSegment[]): Promise<void> {
    const [first] = segments;
    if (first && !first.place.byteRange) {
      await this.#segment(exchange, first);
      return;
    }
    // Players ask for exactly the range of a segment.
    const range = rangeOf(exchange.request);
    if (!first || !range) throw new HttpError(400, "what is in this file is asked for by its range");
    const inside = segments.find(
      ({ place: { byteRange } }) => byteRange && byteRange.start <= range.start && range.end <= byteRange.end,
    );
    const offset = inside?.place.byteRange?.start ?? 0;
    if (inside) await this.#segment(exchange, inside, { start: range.start - offset, end: range.end - offset });
    else await this.#relay(exchange, first.place, range);
  }

  /** Whole, or by a range of its own; `part` of it where it is a part of a larger resource. */
  async #segment({ request, response, gone }: Exchange, segment: BookedSegment, part?: ByteRange): Promise<void> {
    const flight = this.#flights.board(segment.id);
    try {
      const byteLength = await flight.byteLength(gone);
      const read: Content["read"] = (start, end, signal) => this.#counted(flight.read(start, end, signal));
      const type = mediaTypeOf(segment.place.url);
      if (!part) await answerContent(request, response, { type, byteLength, read }, KEPT);
      else {
        const offset = segment.place.byteRange?.start ?? 0;
        writePartHead(response, type, { start: part.start + offset, end: part.end + offset });
        if (request.method === "HEAD") response.end();
        else await pipeline(read(part.start, part.end, gone), response);
      }
    } finally {
      flight.leave();
    }
  }

  /** `range` is asked of the upstream: the resource may be larger than what we would keep. */
  async #relay(exchange: Exchange, place: StreamPlace, range?: ByteRange): Promise<void> {
    const { request, response } = exchange;
    const file = await this.#relayed.load(place, range);
    const type = file.type ?? mediaTypeOf(place.url);
    if (file.text !== undefined) this.#playlist(exchange, { text: file.text, url: file.url });
    else if (!range || file.status !== 206) await answerContent(request, response, bytesContent(file.bytes, type));
    else {
      writePartHead(response, type, { start: range.start, end: range.start + file.bytes.byteLength });
      response.end(file.bytes);
    }
  }

  /** The hashes of a segment's chunks, for clients that are in a swarm of their own. */
  #hashesAt(pathname: string, search: string): StreamPlace | undefined {
    const [, path, start, end] = /^(.*?)(?:\.(\d+)-(\d+))?\.hashes$/.exec(pathname) ?? [];
    const found = path === undefined ? undefined : this.#follower.find(path, search);
    if (found?.kind !== "segments") return undefined;
    const wished = start === undefined ? undefined : `${start}-${String(end)}`;
    const segment = found.segments.find(
      ({ place: { byteRange: range } }) => (range && `${range.start}-${range.end}`) === wished,
    );
    if (!segment) return undefined;
    const { byteRange, ...place } = segment.place;
    return { ...place, url: hashesAddress(place.url, byteRange) };
  }

  async *#counted(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const piece of pieces) {
      yield piece;
      this.#sentBytes += piece.byteLength;
    }
  }

  #refuse(response: ServerResponse, error: unknown): void {
    this.#refusals++;
    const status = error instanceof HttpError ? error.status : 500;
    this.#logger.debug("seeder:proxy", () => `refused: ${String(error)}`);
    if (response.headersSent) response.destroy();
    else {
      const headers = status === 405 ? { allow: "GET, HEAD, OPTIONS" } : {};
      const why = error instanceof HttpError ? error.message : "failed";
      // An upstream that cannot be reached is a bad gateway.
      answer(response, status >= 400 ? status : 502, TEXT, `${why}\n`, headers);
    }
  }
}

function writePartHead(response: ServerResponse, type: string, { start, end }: ByteRange): void {
  response.writeHead(206, {
    ...{ ...KEPT, "content-type": type, "content-length": end - start, "accept-ranges": "bytes" },
    "content-range": `bytes ${start}-${end - 1}/*`, // how long the resource is nobody here knows
  });
}

/** One range with both ends. */
function rangeOf({ headers: { range = "" } }: IncomingMessage): ByteRange | undefined {
  const [, first, last] = /^bytes=(\d{1,15})-(\d{1,15})$/.exec(range) ?? [];
  if (first === undefined || last === undefined || Number(last) < Number(first)) return undefined;
  return { start: Number(first), end: Number(last) + 1 };
}

const PLAYLIST_TYPE = "application/vnd.apple.mpegurl";

/** A name stands for the same bytes as long as anybody plays them, and not for ever: packagers begin anew. */
const KEPT = { "cache-control": "public, max-age=60" };

/** Requests name a path; where that is we know. */
const ANY_HOST = "http://proxy";
