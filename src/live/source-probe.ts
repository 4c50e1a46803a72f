/** Finds out, by ffmpeg, what a source is made of: whether its video and audio can go to viewers as they are. */
import { runFfmpeg } from "./ffmpeg.ts";
import type { ReplayedBody } from "./replayed-body.ts";

export interface SourceFacts {
  readonly video: "copy" | "encode" | "none";
  /** "adts" is AAC with headers of its own, which fMP4 has not. */
  readonly audio: "copy" | "adts" | "encode" | "none";
  /** Of the video, as it is to be shown: turned the right way up, with square pixels. */
  readonly size: { readonly width: number; readonly height: number } | undefined;
  /** Two pictures in one, of every other line, which browsers would show as a comb. */
  readonly isInterlaced: boolean;
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

/** Of what ffmpeg prints of an input, the first stream of each kind; the cover of a record is no video. */
export function factsOf(lines: readonly string[]): SourceFacts {
  const text = lines.join("\n");
  const streams = text.split(/^(?=\s*Stream #)/m).flatMap((told) => {
    const [line = "", kind, codec] = /^\s*Stream #0:\d+.*?: (Video|Audio): (\w+).*/.exec(told) ?? [];
    return kind === undefined || line.includes("(attached pic)") ? [] : [{ told, line, kind, codec }];
  });
  const video = streams.find(({ kind }) => kind === "Video");
  const audio = streams.find(({ kind }) => kind === "Audio");
  const isInterlaced = /[( ](top|bottom) (coded )?first/.test(video?.line ?? "");
  const turn = turnIn(video?.told ?? "");
  // Browsers decode 4:2:0 with 8 bits, and little else of H.264; MPEG-TS and some players cannot turn it.
  const isPlayable = video?.codec === "h264" && /, yuvj?420p[(,]/.test(video.line) && !isInterlaced && turn === 0;
  const hasHeaders = /^Input #0, (mpegts|aac|hls),/m.test(text);
  return {
    video: !video ? "none" : isPlayable ? "copy" : "encode",
    audio: !audio ? "none" : audio.codec !== "aac" ? "encode" : hasHeaders ? "adts" : "copy",
    size: sizeIn(video?.line ?? "", turn),
    isInterlaced,
  };
}

/** By how many degrees it is to be turned, as phones film. */
const turnIn = (told: string): number => Number(/display ?matrix: rotation of (-?\d+)/i.exec(told)?.[1] ?? 0);

function sizeIn(line: string, turn: number): SourceFacts["size"] {
  const [, width, height] = /, (\d{2,5})x(\d{2,5})/.exec(line) ?? [];
  if (width === undefined) return undefined;
  // What the container says of the pixels' shape comes last, and counts.
  const [, across = 1, down = 1] = /.*\bSAR (\d+):(\d+)/.exec(line) ?? [];
  const stored = { width: Math.round((Number(width) * Number(across)) / Number(down)), height: Number(height) };
  return turn % 180 === 0 ? stored : { width: stored.height, height: stored.width };
}

const NOTHING = factsOf([]);

/** Twenty seconds at 6 Mbit/s: ffmpeg has seen enough by then, or never will. */
const PROBE_BYTES_MAX = 16 * 1024 * 1024;
