/**
 * A short stream over HTTP, served in every way that may go wrong. A path is `/<way>/<viewer>/<file>`: how to serve
 * media, a label to count by, and a file of the stream. Playlists, keys and init segments are always served well.
 */
import { createCipheriv, randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { createOrigin } from "../../testkit/origin/origin.mjs";
import { answer, Exchange, isWay, WAYS } from "../../testkit/server-ways.ts";

export interface FaultOrigin {
  /** `http://127.0.0.1:port`; at `/` is an empty page. */
  readonly url: string;
  /** A file as it is when served well. */
  bytes(file: string): Buffer;
  /** What a viewer asked for, and how many bytes of media it was sent. */
  countsOf(viewer: string): Counts;
  /** CORS preflights, whoever caused them. */
  readonly preflights: number;
  close(): Promise<void>;
}

export interface Counts {
  readonly bytes: number;
  /** `s0.m4s`, `s0.m4s bytes=0-99`, `s0.m4s CMCD`; last, who signed the URL with `by`. */
  readonly requests: readonly string[];
  /** Requests that ended before their answer did. */
  readonly abandoned: number;
}

export async function createFaultOrigin(): Promise<FaultOrigin> {
  const files = await makeFiles();
  const counts = new Map<string, { bytes: number; requests: string[]; abandoned: number }>();
  const countsOf = (viewer: string): { bytes: number; requests: string[]; abandoned: number } => {
    let found = counts.get(viewer);
    if (!found) counts.set(viewer, (found = { bytes: 0, requests: [], abandoned: 0 }));
    return found;
  };
  let preflights = 0;
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost");
    const [, way = "", viewer = "", file = ""] = pathname.split("/");
    const body = pathname === "/" ? PAGE : files.get(file);
    if (request.method === "OPTIONS") {
      preflights++;
      answer(response, 204, "");
    } else if (!body) answer(response, 404, "");
    else if (!MEDIA.test(file)) answer(response, 200, body, pathname === "/" ? { "content-type": "text/html" } : {});
    else {
      const count = countsOf(viewer);
      const { range } = request.headers;
      const marks = [range, searchParams.has("CMCD") && "CMCD", searchParams.get("by")];
      count.requests.push([file, ...marks].filter(Boolean).join(" "));
      response.on("close", () => {
        if (!response.writableFinished) count.abandoned++;
      });
      if (isWay(way)) WAYS[way](new Exchange(request, response, body, (bytes) => (count.bytes += bytes)));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (!address || typeof address === "string") throw new Error("the origin has no port");
  return {
    url: `http://127.0.0.1:${String(address.port)}`,
    bytes: (file) => files.get(file) ?? Buffer.alloc(0),
    countsOf,
    get preflights() {
      return preflights;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

/**
 * The sample stream as separate files, as one file by byte ranges, encrypted, live when one is yet to be listed, and
 * live in parts; with an advert before it, and with thumbnails.
 */
async function makeFiles(): Promise<ReadonlyMap<string, Buffer>> {
  const sample = await createOrigin();
  const { init, segmentSeconds } = sample;
  const segments = Array.from({ length: SEGMENTS }, (_, index) => sample.segment(index));
  await sample.close();
  const files = new Map([
    ["init.mp4", init],
    ["all.mp4", Buffer.concat([init, ...segments])],
  ]);
  const key = randomBytes(16);
  const iv = Buffer.alloc(16, 1);
  files.set("key.bin", key);
  let at = init.length;
  let plain = "";
  let encrypted = "";
  let ranged = "";
  let parts = "";
  segments.forEach((segment, index) => {
    const half = Math.floor(segment.length / 2);
    const part = `#EXT-X-PART:DURATION=${String(segmentSeconds / 2)},URI="s${String(index)}.m4s",BYTERANGE=`;
    parts += `${part}"${String(half)}@0"\n${part}"${String(segment.length - half)}@${String(half)}"\n`;
    parts += `#EXTINF:${String(segmentSeconds)},\ns${String(index)}.m4s\n`;
    const cipher = createCipheriv("aes-128-cbc", key, iv);
    files.set(`s${String(index)}.m4s`, segment);
    files.set(`e${String(index)}.m4s`, Buffer.concat([cipher.update(segment), cipher.final()]));
    plain += `#EXTINF:${String(segmentSeconds)},\ns${String(index)}.m4s\n`;
    encrypted += `#EXTINF:${String(segmentSeconds)},\ne${String(index)}.m4s\n`;
    ranged += `#EXTINF:${String(segmentSeconds)},\n#EXT-X-BYTERANGE:${String(segment.length)}@${String(at)}\nall.mp4\n`;
    at += segment.length;
  });
  const live = `#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:${String(segmentSeconds)}\n`;
  const head = `${live}#EXT-X-PLAYLIST-TYPE:VOD\n`;
  const map = '#EXT-X-MAP:URI="init.mp4"\n';
  const aes = `#EXT-X-KEY:METHOD=AES-128,URI="key.bin",IV=0x${iv.toString("hex")}\n`;
  files.set("index.m3u8", Buffer.from(`${head}${map}${plain}#EXT-X-ENDLIST\n`));
  files.set("break.m3u8", Buffer.from(`${head}${ADVERT}${map}${plain}#EXT-X-ENDLIST\n`));
  files.set("tricks.m3u8", Buffer.from(TRICK_PLAY));
  files.set("short.m3u8", Buffer.from(`${live}${map}${plain.split("#").slice(0, -1).join("#")}`));
  const lowLatency = `#EXT-X-PART-INF:PART-TARGET=${String(segmentSeconds / 2)}\n#EXT-X-SERVER-CONTROL:PART-HOLD-BACK=3\n`;
  files.set("parts.m3u8", Buffer.from(`${live}${lowLatency}${map}${parts}`));
  files.set("ranged.m3u8", Buffer.from(`${head}${map}${ranged}#EXT-X-ENDLIST\n`));
  files.set("encrypted.m3u8", Buffer.from(`${head}${map}${aes}${encrypted}#EXT-X-ENDLIST\n`));
  return files;
}

/** Eight seconds: long enough to buffer, seek and end. */
const SEGMENTS = 4;
const ADVERT = `#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00.000Z
#EXT-X-DATERANGE:ID="advert",CLASS="com.apple.hls.interstitial",START-DATE="2026-01-01T00:00:00.000Z",DURATION=8.0,X-ASSET-URI="index.m3u8"
`;
const TRICK_PLAY = `#EXTM3U
#EXT-X-STREAM-INF:BANDWIDTH=800000,CODECS="avc1.42c01e,mp4a.40.2",RESOLUTION=640x360
index.m3u8
#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=800000,CODECS="avc1.42c01e",RESOLUTION=640x360,URI="index.m3u8"
`;
const MEDIA = /^(?:[se]\d+\.m4s|all\.mp4)$/;
const PAGE = Buffer.from("<!doctype html><title>Loader tests</title><video muted></video>");
