/** Finds out, by ffmpeg, what a source is made of: whether its video and audio can go to viewers as they are. */
import { runFfmpeg } from "./ffmpeg.ts";
import type { ReplayedBody } from "./replayed-body.ts";

export interface SourceFacts {
  readonly video: "copy" | "encode" | "none";
  /** "adts" is AAC with headers of its own, which fMP4 has not. */
  readonly audio: "copy" | "adts" | "encode" | "none";
  /** Of the video, as it is stored. */
  readonly size: { readonly width: number; readonly height: number } | undefined;
}

/**
 * `body` goes to ffmpeg's stdin and can be read from its beginning afterwards. Rejects with what ffmpeg complained of; once
 * `signal` is aborted it finds nothing, which is no complaint.
 */
export async function probeSource(
  ffmpeg: string,
  input: readonly string[],
  body: ReplayedBody | undefined,
  signal: AbortSignal,
): Promise<SourceFacts> {
  const lines: string[] = [];
  const run = runFfmpeg(ffmpeg, input, {
    outputs: 0,
    hasStdin: body !== undefined,
    onLine: (line) => lines.push(line),
  });
  signal.addEventListener("abort", run.stop, { once: true });
  if (body && run.stdin) await body.show(run.stdin, PROBE_BYTES_MAX, run.exited);
  await run.exited;
  signal.removeEventListener("abort", run.stop);
  if (signal.aborted) return NOTHING;
  const facts = factsOf(lines);
  if (facts.video === "none" && facts.audio === "none")
    throw new Error(`ffmpeg finds neither video nor audio in the source:\n${run.complaint()}`);
  return facts;
}

/** Of what ffmpeg prints of an input, the first stream of each kind. */
export function factsOf(lines: readonly string[]): SourceFacts {
  const streams = lines.flatMap((line) => {
    const [, kind, codec] = /^\s*Stream #0:\d+.*?: (Video|Audio): (\w+)/.exec(line) ?? [];
    return kind === undefined ? [] : [{ line, kind, codec }];
  });
  const video = streams.find(({ kind }) => kind === "Video");
  const audio = streams.find(({ kind }) => kind === "Audio");
  const [, width, height] = /, (\d{2,5})x(\d{2,5})/.exec(video?.line ?? "") ?? [];
  // Browsers decode 4:2:0 with 8 bits, and little else of H.264.
  const isPlayable = video?.codec === "h264" && /, yuvj?420p[(,]/.test(video.line);
  const hasHeaders = lines.some((line) => /^Input #0, (mpegts|aac|hls),/.test(line));
  return {
    video: !video ? "none" : isPlayable ? "copy" : "encode",
    audio: !audio ? "none" : audio.codec !== "aac" ? "encode" : hasHeaders ? "adts" : "copy",
    size: width === undefined ? undefined : { width: Number(width), height: Number(height) },
  };
}

const NOTHING: SourceFacts = { video: "none", audio: "none", size: undefined };

/** Twenty seconds at 6 Mbit/s: ffmpeg has seen enough by then, or never will. */
const PROBE_BYTES_MAX = 16 * 1024 * 1024;
