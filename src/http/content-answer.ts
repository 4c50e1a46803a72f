/**
 * Answers a GET or HEAD with a content: whole, the range that was asked for, or that nothing has changed (RFC 9110 sections
 * 13 and 14). Knows nothing of where the content comes from, and nothing of CORS.
 */
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { parseByteRange } from "./byte-range.ts";
import type { Content } from "./content.ts";

/**
 * Resolves when nothing more will be written, be it that the client has gone. Rejects when the first bytes could not be had:
 * nothing has been written then, and the caller says why.
 */
export async function answerContent(
  request: IncomingMessage,
  response: ServerResponse,
  content: Content,
  headers: Readonly<Record<string, string>> = {},
): Promise<void> {
  const { type, etag, byteLength } = content;
  const common = {
    ...headers,
    "accept-ranges": "bytes",
    "x-content-type-options": "nosniff",
    ...(etag !== undefined && { etag }),
  };
  if (etag !== undefined && isAmong(etag, request.headers["if-none-match"])) {
    response.writeHead(304, common).end();
    return;
  }
  // A range means something in a GET alone, and only of what the client has the other bytes of (sections 14.2 and 13.1.5).
  const { range: wished, "if-range": of } = request.headers;
  const isRanged = request.method === "GET" && (of === undefined || of === etag);
  const range = isRanged ? parseByteRange(wished, byteLength) : undefined;
  if (range === "unsatisfiable") {
    const length = { "content-length": 0, "content-range": `bytes */${String(byteLength)}` };
    response.writeHead(416, { ...common, ...length }).end();
    return;
  }
  const { start, end } = range ?? { start: 0, end: byteLength };
  const head = { ...common, "content-type": type, "content-length": end - start };
  const writeHead = (): void => {
    if (!range) response.writeHead(200, head);
    else
      response.writeHead(206, {
        ...head,
        "content-range": `bytes ${String(start)}-${String(end - 1)}/${String(byteLength)}`,
      });
  };
  if (request.method === "HEAD" || start === end) {
    writeHead();
    response.end();
    return;
  }
  await writeBody(response, writeHead, content, start, end);
}

async function writeBody(
  response: ServerResponse,
  writeHead: () => void,
  content: Content,
  start: number,
  end: number,
): Promise<void> {
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  if (response.destroyed) gone.abort();
  let at = start;
  try {
    for await (const piece of content.read(start, end, gone.signal)) {
      if (gone.signal.aborted) return;
      if (!response.headersSent) writeHead();
      at += piece.byteLength;
      if (!response.write(piece)) await once(response, "drain", { signal: gone.signal });
    }
    if (at !== end) throw new Error(`${String(end - at)} bytes of ${String(end - start)} are missing`);
  } catch (error) {
    if (gone.signal.aborted) return;
    if (!response.headersSent) throw error;
    response.destroy(); // the length that was promised is how the client knows that this was not all
    return;
  }
  response.end();
}

/** Whether `tag` is on a list of tags as `If-None-Match` has it, where a weak one is as good (RFC 9110 section 13.1.2). */
const isAmong = (tag: string, list = ""): boolean =>
  list.trim() === "*" || Array.from(list.matchAll(TAGS)).some(([each]) => each === tag);

/** Without the `W/` before them. */
const TAGS = /"[^"]*"/g;
