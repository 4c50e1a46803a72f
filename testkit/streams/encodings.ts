/**
 * The test streams as ffmpeg makes them: a test pattern and a tone, 16 s in segments of one second, kept in a cache that
 * a change of recipe empties. Knows codecs and containers; playlists as a site serves them are for `kinds.ts`.
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { cutPackedAudio } from "./packed-audio.ts";
import { encryptAdts, encryptAnnexB } from "./sample-aes.ts";

/** Files by their path relative to the stream. */
export type Files = ReadonlyMap<string, Buffer>;

interface Recipe {
  readonly steps: readonly (readonly string[])[];
  /** What is done between the first step and the second, with the files of the first. */
  between?(directory: string): void;
}

export const SEGMENT_SECONDS = 1;
export const STREAM_SECONDS = 16;
/** Less by a few frames, which would make a segment of their own: hls.js complains of one that adds nothing. */
const AUDIO_SECONDS = STREAM_SECONDS - 0.05;
/** Longer than any test watches a live stream. */
export const LIVE_SECONDS = 48;
/** Of SAMPLE-AES, whose recipe encrypts within the elementary streams. */
export const SAMPLE_KEY = Buffer.from("00112233445566778899aabbccddeeff", "hex");
export const SAMPLE_IV = Buffer.from("0f0e0d0c0b0a09080706050403020100", "hex");

const picture = (size: string, seconds = STREAM_SECONDS, source = "testsrc2"): string[] =>
  `-f lavfi -i ${source}=size=${size}:rate=15:duration=${seconds}`.split(" ");
const tone = (hertz: number, seconds = STREAM_SECONDS): string[] =>
  `-f lavfi -i sine=frequency=${hertz}:sample_rate=48000:duration=${seconds}`.split(" ");
const VIDEO = "-c:v libx264 -preset veryfast -profile:v main -pix_fmt yuv420p -g 15 -sc_threshold 0 -bf 0".split(" ");
const AUDIO = "-c:a aac -b:a 64k -ac 1".split(" ");
const HLS = `-f hls -hls_time ${SEGMENT_SECONDS} -hls_list_size 0 -hls_playlist_type vod`.split(" ");
const TS = [...HLS, ..."-muxdelay 0 -muxpreload 0 -hls_segment_filename s%d.ts index.m3u8".split(" ")];
const FMP4 = [...HLS, ..."-hls_segment_type fmp4 -hls_segment_filename s%d.m4s index.m3u8".split(" ")];
const rate = (kilobits: number): string[] => `-b:v ${kilobits}k -maxrate ${kilobits}k -bufsize ${kilobits}k`.split(" ");

const pattern = [...picture("320x180"), ...tone(440), ...VIDEO, ...rate(400), ...AUDIO];
const advert = (source: string, hertz: number): Recipe => ({
  steps: [[...picture("320x180", 3, source), ...tone(hertz, 3), ...VIDEO, ...rate(400), ...AUDIO, ...TS]],
});

const liveFrom = (source: string): Recipe => {
  const sources = [...picture("320x180", LIVE_SECONDS, source), ...tone(440, LIVE_SECONDS)];
  return { steps: [[...sources, ...VIDEO, ...rate(400), ...AUDIO, ...TS]] };
};

const RECIPES = {
  ts: { steps: [[...pattern, ...TS]] },
  live: liveFrom("testsrc2"),
  "live again": liveFrom("testsrc"),
  fmp4: { steps: [[...pattern, ...FMP4]] },
  "ts in one file": { steps: [[...pattern, ...HLS, ..."-hls_flags single_file index.m3u8".split(" ")]] },
  "fmp4 in one file": {
    steps: [[...pattern, ...HLS, ..."-hls_segment_type fmp4 -hls_flags single_file index.m3u8".split(" ")]],
  },
  low: { steps: [[...picture("160x90"), ...tone(440), ...VIDEO, ...rate(150), ...AUDIO, ...FMP4]] },
  high: { steps: [[...picture("480x270"), ...tone(440), ...VIDEO, ...rate(800), ...AUDIO, ...FMP4]] },
  "video only": { steps: [[...picture("320x180"), ...VIDEO, ...rate(400), ...FMP4]] },
  "video only, ts": { steps: [[...picture("320x180"), ...VIDEO, ...rate(400), ...TS]] },
  "audio only": { steps: [[...tone(440, AUDIO_SECONDS), ...AUDIO, ...FMP4]] },
  "other audio only": { steps: [[...tone(660, AUDIO_SECONDS), ...AUDIO, ...FMP4]] },
  "packed audio": {
    steps: [[...tone(440, AUDIO_SECONDS), ...AUDIO, "-f", "adts", "all.aac"]],
    between: (directory) => {
      const parts = cutPackedAudio(readFileSync(path.join(directory, "all.aac")), SEGMENT_SECONDS);
      parts.forEach((part, index) => {
        writeFileSync(path.join(directory, `s${index}.aac`), part);
      });
    },
  },
  "sample-aes": {
    steps: [
      [
        ...pattern,
        ..."-map 0:v -c:v libx264 -threads 1 -bsf:v h264_mp4toannexb -f h264 video.h264 -map 1:a".split(" "),
        ...[...AUDIO, "-f", "adts", "audio.aac"],
      ],
      ["-r", "15", "-f", "h264", "-i", "video.h264", "-f", "aac", "-i", "audio.aac", "-c", "copy", ...TS],
    ],
    between: (directory) => {
      for (const [file, encrypt] of [
        ["video.h264", encryptAnnexB],
        ["audio.aac", encryptAdts],
      ] as const) {
        const at = path.join(directory, file);
        writeFileSync(at, encrypt(readFileSync(at), SAMPLE_KEY, SAMPLE_IV));
      }
    },
  },
  "advert a": advert("smptebars", 330),
  "advert b": advert("rgbtestsrc", 550),
  "advert c": advert("yuvtestsrc", 770),
} satisfies Readonly<Record<string, Recipe>>;

export type EncodingName = keyof typeof RECIPES;

const running = new Map<EncodingName, Promise<Files>>();

/** Its files, made now if they are not there yet. */
export function encoding(name: EncodingName): Promise<Files> {
  let files = running.get(name);
  if (!files) running.set(name, (files = open(name)));
  return files;
}

async function open(name: EncodingName): Promise<Files> {
  const recipe: Recipe = RECIPES[name];
  const told = JSON.stringify([name, recipe.steps, recipe.between?.toString(), RECIPES_VERSION]);
  const directory = path.join(CACHE, createHash("sha256").update(told).digest("hex").slice(0, 16));
  if (!existsSync(directory)) await make(recipe, directory);
  return new Map(readdirSync(directory).map((file) => [file, readFileSync(path.join(directory, file))]));
}

/** Aside first, so that what is in the cache is whole. */
async function make({ steps, between }: Recipe, directory: string): Promise<void> {
  const aside = `${directory}-${process.pid}`;
  mkdirSync(aside, { recursive: true });
  const [first = [], ...others] = steps;
  await ffmpeg(first, aside);
  between?.(aside);
  for (const step of others) await ffmpeg(step, aside);
  if (existsSync(directory)) rmSync(aside, { recursive: true });
  else renameSync(aside, directory);
}

async function ffmpeg(step: readonly string[], cwd: string): Promise<void> {
  const exact = ["-threads", "1", "-fflags", "+bitexact", "-flags", "+bitexact"];
  const output = step.at(-1) ?? "";
  await promisify(execFile)("ffmpeg", ["-v", "error", "-y", ...step.slice(0, -1), ...exact, output], { cwd });
}

const CACHE = path.resolve(import.meta.dirname, "../../node_modules/.cache/hls-swarm-streams");
/** Raised when what is not in the recipes themselves changes: the encryptor, the cutting of audio. */
const RECIPES_VERSION = 2;
