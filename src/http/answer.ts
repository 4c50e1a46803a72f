import type { ServerResponse } from "node:http";

/** Sends one short answer, whole. */
export function answer(
  response: ServerResponse,
  status: number,
  type: string,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, {
    "content-type": type,
    "content-length": Buffer.byteLength(body),
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    ...headers,
  });
  response.end(body); // Node leaves the body out of the answer to HEAD
}

export const TEXT = "text/plain; charset=utf-8";
export const HTML = "text/html; charset=utf-8";
export const JSON_TYPE = "application/json; charset=utf-8";
/** Numbers without names: a dashboard on another site may read them. */
export const ANY_ORIGIN = { "access-control-allow-origin": "*" };
