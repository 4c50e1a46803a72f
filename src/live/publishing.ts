/** One publisher's time: looks at what comes, has ffmpeg package it, and hands the stream what ffmpeg writes. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { h264CodecOf } from "./core/transport-stream.ts";
import { encodingArguments, hasForcedKeyFrames, sizeOf } from "./ffmpeg-arguments.ts";
import { runFfmpeg } from "./ffmpeg.ts";
import type { PackagedStream, PublishSession } from "./packaged-stream.ts";
import type { ReplayedBody } from "./replayed-body.ts";
import { probeSource, type SourceFacts } from "./source-probe.ts";

export interface Publishing {
  readonly ffmpeg: string;
  readonly preset: string;
  readonly stream: PackagedStream;
  /** ffmpeg's options before the first output, `-i` among them. */
  readonly input: readonly string[];
  /** What `-i pipe:0` reads. */
  readonly body: ReplayedBody | undefined;
  /** When this one goes, nobody comes back. */
  readonly isLast: boolean;
  readonly signal: AbortSignal;
}

/** Resolves when the publisher has gone. Rejects with ffmpeg's complaint when it was ffmpeg that went. */
export async function publish(publishing: Publishing): Promise<void> {
  const { ffmpeg, input, body, signal } = publishing;
  const folder = await mkdtemp(path.join(os.tmpdir(), "hls-swarm-live-"));
  try {
    const facts = await probeSource(ffmpeg, input, body, signal);
    if (!signal.aborted) await packageFor(publishing, facts, folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function packageFor(publishing: Publishing, facts: SourceFacts, folder: string): Promise<void> {
  const { ffmpeg, preset, stream, input, body, isLast, signal } = publishing;
  const { options } = stream;
  const session = stream.begin(hasForcedKeyFrames({ facts, options }), body?.startedAt);
  const args = encodingArguments({ input, facts, options, preset, folder });
  const run = runFfmpeg(ffmpeg, args, { outputs: stream.renditions.length, hasStdin: body !== undefined });
  session.onReplaced = () => {
    run.stop();
    body?.close();
  };
  signal.addEventListener("abort", run.stop, { once: true });
  let broken: unknown;
  const reading = run.outputs.map((output, index) =>
    read(output, index, { ...publishing, session, facts, folder }).catch((error: unknown) => {
      // Of a pipe whose other end was told to stop nothing more is expected.
      if (!run.isStopped) broken = error;
      run.stop();
    }),
  );
  try {
    if (body && run.stdin) await body.pour(run.stdin, run.exited);
    const code = await run.exited;
    await Promise.all(reading);
    if (broken instanceof Error) throw broken;
    const fault = code !== 0 ? "ffmpeg failed" : session.hasMedia ? undefined : "nothing came that can be played";
    if (fault !== undefined && !run.isStopped) throw new Error(`${fault}\n${run.complaint()}`);
  } finally {
    signal.removeEventListener("abort", run.stop);
    session.finish(isLast);
  }
}

interface Reading extends Publishing {
  readonly session: PublishSession;
  readonly facts: SourceFacts;
  readonly folder: string;
}

async function read(output: Readable, index: number, reading: Reading): Promise<void> {
  const { session, stream } = reading;
  if (stream.options.container === "ts") return readSegments(output, index, reading);
  for await (const bytes of output) if (bytes instanceof Uint8Array) session.bytes(index, bytes);
}

/** The list has a line `file,start,end` for each segment that is whole. */
async function readSegments(list: Readable, index: number, { session, stream, facts, folder }: Reading): Promise<void> {
  for await (const line of createInterface({ input: list })) {
    const [name = "", start, end] = line.split(",");
    const file = path.join(folder, path.basename(name));
    const bytes = await readFile(file);
    await rm(file);
    session.segment(index, bytes, Number(start), Number(end) - Number(start), {
      tracks: [
        ...(facts.video === "none"
          ? []
          : [{ kind: "video" as const, codec: h264CodecOf(bytes), size: sizeOf(facts, stream.options.ladder[index]) }]),
        ...(facts.audio === "none" ? [] : [{ kind: "audio" as const, codec: AAC }]),
      ],
      framesPerSecond: 0,
    });
  }
}

/** Low complexity, as good as always; a player reads the rest of it from the stream. */
const AAC = "mp4a.40.2";
