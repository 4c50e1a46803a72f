/**
 * Lets pages of other sites read what we answer (the Fetch standard's CORS protocol): the headers of each answer, errors
 * included, and the answer to a preflight. Who may have the bytes at all is decided elsewhere; no cookie is ever read here.
 */
import type { IncomingMessage, ServerResponse } from "node:http";

export interface CorsOptions {
  /** Sites whose pages may read, like `https://your.site`. Default: all. */
  readonly allowOrigins?: readonly string[] | undefined;
  /** What pages may do besides reading. Default: nothing. */
  readonly methods?: readonly string[] | undefined;
}

/** Sets the headers, and answers the request if it was but a preflight: true when nothing is left to do. */
export function answerCors(request: IncomingMessage, response: ServerResponse, options: CorsOptions = {}): boolean {
  const { allowOrigins, methods = [] } = options;
  const { origin } = request.headers;
  const allowed = allowOrigins ? allowOrigins.find((each) => each === origin) : "*";
  // A cache between must not give the answer for one site to another.
  if (allowOrigins) response.setHeader("vary", "Origin");
  if (allowed !== undefined) {
    response.setHeader("access-control-allow-origin", allowed);
    response.setHeader("access-control-expose-headers", EXPOSED);
    // hls.js measures bandwidth by what the Resource Timing API tells, which is nothing of other sites without this.
    response.setHeader("timing-allow-origin", allowed);
    // For pages that are isolated from whatever does not say that it may be embedded.
    response.setHeader("cross-origin-resource-policy", "cross-origin");
  }
  if (request.method !== "OPTIONS") return false;
  if (allowed !== undefined) allowPreflight(request, response, methods);
  response.writeHead(204, { allow: ["GET", "HEAD", "OPTIONS", ...methods].join(", ") }).end();
  return true;
}

/**
 * Whatever header a page wishes to send it may: players add CMCD's, sites their own, and none of them opens anything here.
 * They are named, as `*` would not stand for `Authorization`.
 */
function allowPreflight(request: IncomingMessage, response: ServerResponse, methods: readonly string[]): void {
  const { headers } = request;
  response.setHeader("access-control-allow-methods", ["GET", "HEAD", ...methods].join(", "));
  const wished = headers["access-control-request-headers"] ?? "";
  if (HEADER_NAMES.test(wished)) response.setHeader("access-control-allow-headers", wished);
  response.setHeader("access-control-max-age", PREFLIGHT_SECONDS);
  // What any page may read, a page of the internet may read from a server at home, too (Private Network Access).
  if (headers["access-control-request-private-network"] === "true")
    response.setHeader("access-control-allow-private-network", "true");
  response.appendHeader("vary", "Access-Control-Request-Headers, Access-Control-Request-Private-Network");
}

/** What a page is shown besides the few that all may see: with Content-Range a player, and we, know what came of a range. */
const EXPOSED = "Accept-Ranges, Age, Content-Length, Content-Range, Date, ETag, Retry-After";
const HEADER_NAMES = /^[\w!#$%&'*+.^`|~-]+(?:\s*,\s*[\w!#$%&'*+.^`|~-]+)*$/;
/** Chromium remembers for two hours at most. */
const PREFLIGHT_SECONDS = 7_200;
