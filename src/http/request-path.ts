/** The path of a request, taken apart. Names that could lead anywhere else than to what lies under a name are none. */
import type { IncomingMessage } from "node:http";

export interface RequestTarget {
  /** `/a/b.ts` as `["a", "b.ts"]`, decoded. */
  readonly path: readonly string[];
  readonly query: URLSearchParams;
}

/** Undefined for what no honest client asks for: `..`, an encoded slash, a NUL, a percent sign that encodes nothing. */
export function requestTargetOf({ url = "/" }: IncomingMessage): RequestTarget | undefined {
  const [, before = "", query = ""] = /^([^?#]*)(?:\?([^#]*))?/.exec(url) ?? [];
  if (!before.startsWith("/")) return undefined;
  try {
    const path = before.slice(1).split("/").map(decodeURIComponent);
    return path.some(isAstray) ? undefined : { path, query: new URLSearchParams(query) };
  } catch {
    return undefined;
  }
}

const isAstray = (name: string): boolean => name === "." || name === ".." || ASTRAY.test(name);

/** Windows takes a backslash for a slash, and a colon for a disk. */
const ASTRAY = /[\0-\x1f/\\:\x7f]/;
