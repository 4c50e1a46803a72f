/**
 * Serves one kind of stream as a site would, from every loopback address, and counts what each viewer was sent. Streams
 * are its own test streams; how media is answered is told by the kind. Not a server for the public.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { viewerOf } from "../origin/counters.mjs";
import { answer, Exchange, WAYS } from "../server-ways.ts";
import type { Files } from "./encodings.ts";
import type { Asking, StreamKind } from "./stream-kind.ts";

export interface StreamOrigin {
  readonly url: string;
  readonly files: Files;
  /** What a URL of media is for whoever asks. */
  bytes(viewer: string, url: string): Buffer | undefined;
  sentTo(viewer: string): Sent;
  close(): Promise<void>;
}

export interface Sent {
  /** Bytes of media, by file. */
  readonly media: ReadonlyMap<string, number>;
  /** How often everything else was asked for: playlists, keys, init segments, subtitles. */
  readonly others: ReadonlyMap<string, number>;
}

export async function createStreamOrigin(kind: StreamKind): Promise<StreamOrigin> {
  const { publish, refuses, way = "well" } = kind;
  const locate = kind.locate ?? ((asking: Asking) => asking.file);
  const files = await kind.files();
  const sent = new Map<string, { media: Map<string, number>; others: Map<string, number> }>();
  const sentTo = (viewer: string): { media: Map<string, number>; others: Map<string, number> } => {
    let found = sent.get(viewer);
    if (!found) sent.set(viewer, (found = { media: new Map(), others: new Map() }));
    return found;
  };
  const folder = `/${kind.name.replaceAll(/[^\w]+/g, "-")}/`;
  let begunAt: number | undefined;
  let port = 0;

  const read = (viewer: string, url: string): Asking => {
    const { pathname, searchParams } = new URL(url, "http://127.0.0.1");
    const host = (address: string): string => `http://${address}:${port}${folder}`;
    begunAt ??= performance.now();
    return {
      viewer,
      file: decodeURIComponent(pathname.slice(folder.length)),
      query: searchParams,
      seconds: (performance.now() - begunAt) / 1000,
      base: host("127.0.0.1"),
      otherBase: host("127.0.0.2"),
    };
  };

  const respond = (request: IncomingMessage, response: ServerResponse): void => {
    const url = request.url ?? "/";
    if (url === "/") {
      answer(response, 200, PAGE, { "content-type": "text/html" });
      return;
    }
    const viewer = viewerOf(request.headers["user-agent"]);
    const asking = read(viewer, url);
    const body = url.startsWith(folder) ? files.get(locate(asking)) : undefined;
    const { media, others } = sentTo(viewer);
    const { file } = asking;
    if (request.method === "OPTIONS") answer(response, 204, "", { "access-control-allow-headers": "*" });
    else if (!body) answer(response, 404, "");
    else if (refuses?.(asking)) answer(response, 403, "");
    else if (MEDIA.test(file)) {
      const name = locate(asking);
      WAYS[way](new Exchange(request, response, body, (bytes) => media.set(name, (media.get(name) ?? 0) + bytes)));
    } else {
      const name = asking.query.has("_HLS_skip") ? `${file}, what is new` : file;
      others.set(name, (others.get(name) ?? 0) + 1);
      const isText = TEXT.test(file);
      answer(response, 200, isText && publish ? publish(body.toString(), asking) : body);
    }
  };
  const server = createServer(respond);
  await new Promise<void>((resolve) => server.listen(0, "0.0.0.0", resolve));
  const address = server.address();
  if (!address || typeof address === "string") throw new Error("the origin has no port");
  port = address.port;
  return {
    url: `http://127.0.0.1:${port}${folder}index.m3u8`,
    files,
    bytes: (viewer, url) => files.get(locate(read(viewer, url))),
    sentTo,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

/** Init segments are named so; they are not counted as media. */
const MEDIA = /(?<!init)\.(?:ts|m4s|aac)$/;
const TEXT = /\.(?:m3u8|json|vtt)$/;
const PAGE = "<!doctype html><title>Streams</title>";
