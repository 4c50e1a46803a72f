/** Finds ffmpeg on the machine, runs it, and says what it complained of. Knows none of its options. */
import { execFile, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { promisify } from "node:util";
import { OptionError } from "../base/option-error.ts";

/** FFMPEG_PATH, or what the PATH has. Rejects with an {@link OptionError} that says how to install it. */
export async function findFfmpeg(named = process.env["FFMPEG_PATH"]): Promise<string> {
  const command = named ?? "ffmpeg";
  try {
    await promisify(execFile)(command, ["-version"]);
    return command;
  } catch {
    throw new OptionError(
      `ffmpeg does not run as ${command}: install it (apt-get install ffmpeg, brew install ffmpeg), ` +
        "or name it in FFMPEG_PATH",
    );
  }
}

export interface FfmpegRun {
  /** Undefined unless it was asked for. */
  readonly stdin: Writable | undefined;
  /** What it writes to pipe:3, pipe:4 and so on. */
  readonly outputs: readonly Readable[];
  /** The last that it wrote to stderr, and what to do about it where we know. */
  complaint(): string;
  /** Resolves to its exit code once all its outputs are read; undefined when a signal ended it. Never rejects. */
  readonly exited: Promise<number | undefined>;
  /** Lets it finish what it writes; what hangs is killed. */
  stop(): void;
  readonly isStopped: boolean;
}

export interface FfmpegOptions {
  readonly outputs: number;
  readonly hasStdin: boolean;
  /** Told of each line of stderr. */
  readonly onLine?: (line: string) => void;
}

export function runFfmpeg(ffmpeg: string, args: readonly string[], options: FfmpegOptions): FfmpegRun {
  const pipes = Array.from({ length: options.outputs }, () => "pipe" as const);
  const child = spawn(ffmpeg, ["-hide_banner", ...(options.hasStdin ? [] : ["-nostdin"]), ...args], {
    stdio: [options.hasStdin ? "pipe" : "ignore", "ignore", "pipe", ...pipes],
  });
  const lines: string[] = [];
  let unfinished = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    const parts = (unfinished + text).split(/[\r\n]+/);
    unfinished = (parts.pop() ?? "").slice(0, LINE_CHARS_MAX);
    for (const line of parts.filter(Boolean)) {
      lines.push(line.slice(0, LINE_CHARS_MAX));
      options.onLine?.(line);
    }
    lines.splice(0, lines.length - LINES_KEPT);
  });
  // It reads no more: that it ends says more than that.
  child.stdin?.on("error", () => undefined);
  let isStopped = false;
  let killTimer: NodeJS.Timeout | undefined;
  const exited = new Promise<number | undefined>((resolve) => {
    child.once("error", (error) => {
      lines.push(String(error));
      resolve(undefined);
    });
    child.once("close", (code) => {
      clearTimeout(killTimer);
      resolve(code ?? undefined);
    });
  });
  return {
    stdin: child.stdin ?? undefined,
    outputs: child.stdio.slice(FIRST_OUTPUT).filter(isReadable),
    complaint: () => withCure([...lines, unfinished].filter(Boolean).join("\n")),
    exited,
    get isStopped() {
      return isStopped;
    },
    stop: () => {
      isStopped = true;
      child.kill("SIGTERM");
      killTimer ??= setTimeout(() => child.kill("SIGKILL"), STOP_MS_MAX);
    },
  };
}

const isReadable = (stream: Readable | Writable | null | undefined): stream is Readable =>
  stream !== null && stream !== undefined && "read" in stream;

function withCure(complaint: string): string {
  const [, cure] = CURES.find(([pattern]) => pattern.test(complaint)) ?? [];
  return cure === undefined ? complaint : `${complaint}\n${cure}`;
}

/** Of what ffmpeg says to many, and which tells few what to do. */
const CURES: readonly (readonly [RegExp, string])[] = [
  [
    /moov atom not found|partial file/,
    "An MP4 file has its index at the end, which must be there: name the whole file to hls-swarm live, or send MPEG-TS, " +
      "FLV, Matroska, or MP4 in fragments.",
  ],
  [
    /Decoder \(codec none\) not found/,
    "This ffmpeg does not know the codec: send H.264 and AAC. HEVC and AV1 over RTMP need ffmpeg 6.1 or newer.",
  ],
];

/** Behind stdin, stdout and stderr. */
export const FIRST_OUTPUT = 3;
/** Enough for the reason and what led to it. */
const LINES_KEPT = 6;
const LINE_CHARS_MAX = 500;
/** It has at most a segment to write yet. */
const STOP_MS_MAX = 3000;
