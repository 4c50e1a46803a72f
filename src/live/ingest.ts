/** Where a live stream's media comes from: a file, standard input, or what a publisher sends. */
import type { Readable } from "node:stream";
import { LOOP } from "./ffmpeg-arguments.ts";
import type { PackagedStream } from "./packaged-stream.ts";
import { publish } from "./publishing.ts";
import { ReplayedBody } from "./replayed-body.ts";

export type LiveSource =
  /** As fast as it plays. */
  | { readonly kind: "file"; readonly path: string; readonly loop: boolean }
  | { readonly kind: "stdin" }
  /** What a publisher sends, over HTTP or RTMP, in any container that ffmpeg knows without its name. */
  | { readonly kind: "push"; readonly body: Readable };

export interface IngestOptions {
  /** As `findFfmpeg` found it. */
  readonly ffmpeg: string;
  /** Of x264. Default "veryfast". */
  readonly preset?: string;
}

export interface Ingest {
  /** Resolves when the source is over. Rejects with ffmpeg's last lines when it is ffmpeg that failed. */
  readonly ended: Promise<void>;
  /** Ends it as if the publisher had gone. */
  close(): Promise<void>;
}

/** File and standard input end their stream when they end; after a publisher it waits for whoever comes next. */
export function startIngest(source: LiveSource, stream: PackagedStream, options: IngestOptions): Ingest {
  const closing = new AbortController();
  const ended = run(source, stream, options, closing.signal);
  return {
    ended,
    close: async () => {
      closing.abort();
      await ended.catch(() => undefined); // its owner hears of it as `ended`
    },
  };
}

async function run(
  source: LiveSource,
  stream: PackagedStream,
  { ffmpeg, preset = "veryfast" }: IngestOptions,
  signal: AbortSignal,
): Promise<void> {
  const common = { ffmpeg, preset, stream, signal };
  const take = async (body: Readable, isLast: boolean): Promise<void> => {
    const replayed = new ReplayedBody(body);
    signal.addEventListener("abort", replayed.close, { once: true });
    if (await replayed.hasBegun())
      await publish({ ...common, input: [...ANALYSED, "-i", "pipe:0"], body: replayed, isLast });
    else if (isLast) await stream.end();
  };
  switch (source.kind) {
    case "file": {
      const loop = source.loop ? [LOOP, "-1"] : [];
      await publish({
        ...common,
        input: ["-re", ...loop, ...ALL_TIMES, "-i", source.path],
        body: undefined,
        isLast: true,
      });
      return;
    }
    case "stdin":
      return take(process.stdin, true);
    case "push":
      return take(source.body, false);
  }
}

/** AVI says when to decode a picture, but not when to show it, which is another time where there are B-frames. */
const ALL_TIMES = ["-fflags", "+genpts"];

/** MPEG-TS and FLV may begin another stream at any time: so long, in microseconds, is what a viewer waits for that. */
const ANALYSED = ["-analyzeduration", "2000000"];
