/** What ffmpeg is asked to do: one input, one output for each rendition, as fragmented MP4 or as segments of MPEG-TS. */
import { ROUNDING } from "./core/segment-cutter.ts";
import { FIRST_OUTPUT } from "./ffmpeg.ts";
import { AUDIO_BITS_PER_SECOND, type PackagingOptions, type Rung } from "./packaged-stream.ts";
import type { SourceFacts } from "./source-probe.ts";

export interface EncodingPlan {
  readonly input: readonly string[];
  readonly facts: SourceFacts;
  readonly options: Pick<PackagingOptions, "ladder" | "container" | "segmentSeconds" | "partSeconds">;
  /** Of x264: the faster, the more bits. */
  readonly preset: string;
  /** Where segments of MPEG-TS are written, `<rendition>-<number>.ts`. */
  readonly folder: string;
}

/** Whether ffmpeg sets the key frames, or there is nothing but them. */
export const hasForcedKeyFrames = ({ facts, options }: Pick<EncodingPlan, "facts" | "options">): boolean =>
  options.ladder.length > 0 || facts.video !== "copy";

export function encodingArguments(plan: EncodingPlan): readonly string[] {
  const { ladder } = plan.options;
  const outputs = ladder.length > 0 ? ladder.map((rung) => rung) : [undefined];
  return ["-v", "error", ...plan.input, ...outputs.flatMap((rung, index) => outputArguments(plan, rung, index))];
}

function outputArguments(plan: EncodingPlan, rung: Rung | undefined, index: number): readonly string[] {
  const { facts, options } = plan;
  const video = facts.video === "copy" && !rung ? ["-c:v", "copy"] : videoArguments(plan, rung);
  const isTs = options.container === "ts";
  const audio = audioArguments(plan);
  const container = isTs ? segmentArguments(plan, index) : fragmentArguments(plan, index);
  return [...words("-map 0:V:0? -map 0:a:0? -map_metadata -1"), ...video, ...audio, ...container];
}

function audioArguments({ facts, input, options }: EncodingPlan): readonly string[] {
  const hasHeaders = facts.audio === "adts" && options.container === "fmp4";
  if (facts.audio === "copy" || (facts.audio === "adts" && !hasHeaders)) return words("-c:a copy");
  // What takes the headers off takes nothing after the end of a file, even one that begins again (ffmpeg 5.1).
  if (hasHeaders && !input.includes(LOOP)) return words("-c:a copy -bsf:a aac_adtstoasc");
  return words(`-c:a aac -b:a ${AUDIO_BITS_PER_SECOND} -ac 2 -ar 48000`);
}

function videoArguments({ facts, options, preset }: EncodingPlan, rung: Rung | undefined): readonly string[] {
  const size = sizeOf(facts, rung);
  const rate = rung
    ? words(`-b:v ${rung.videoBitsPerSecond} -maxrate ${rung.videoBitsPerSecond} -bufsize ${rung.videoBitsPerSecond}`)
    : words("-crf 23 -maxrate 6M -bufsize 6M");
  // The first frame after so many seconds since the last key frame. n_forced would make up for a gap with a burst of them.
  const forced = `expr:if(isnan(prev_forced_t),1,gte(t,prev_forced_t+${options.segmentSeconds - ROUNDING}))`;
  return [
    ...words(`-c:v libx264 -preset ${preset} -pix_fmt yuv420p -sc_threshold 0 -g ${GROUP_FRAMES_MAX}`),
    ...(options.partSeconds === undefined ? [] : words("-tune zerolatency")),
    ...rate,
    ...(size ? ["-vf", `${facts.isInterlaced ? "yadif," : ""}scale=${size.width}:${size.height},setsar=1`] : []),
    ...["-force_key_frames", forced],
  ];
}

/** As large as fits into the rung, and not larger than the source. */
export function sizeOf({ video, size: source }: SourceFacts, rung: Rung | undefined): SourceFacts["size"] {
  if (!source || (video === "copy" && !rung)) return source;
  const { width, height } = rung ?? LARGEST;
  const scale = Math.min(1, width / source.width, height / source.height);
  const even = (side: number): number => Math.max(2, Math.round((side * scale) / 2) * 2);
  return { width: even(source.width), height: even(source.height) };
}

/** A fragment is a part. Without parts they are there so that a long group of pictures can be cut at all. */
function fragmentArguments({ options }: EncodingPlan, index: number): readonly string[] {
  const microseconds = Math.round((options.partSeconds ?? FRAGMENT_SECONDS) * 1e6);
  const flags = "+frag_keyframe+delay_moov+default_base_moof+negative_cts_offsets+skip_trailer";
  return words(`-f mp4 -movflags ${flags} -use_editlist 0 -frag_duration ${microseconds} pipe:${FIRST_OUTPUT + index}`);
}

/** The list gets a line for each segment that is whole. */
function segmentArguments({ options, folder }: EncodingPlan, index: number): readonly string[] {
  const time = `-segment_time ${options.segmentSeconds} -segment_time_delta ${ROUNDING}`;
  const list = `-segment_list_type csv -segment_list_size 0 -segment_list pipe:${FIRST_OUTPUT + index}`;
  return [...words(`-f segment -segment_format mpegts ${time} ${list}`), `${folder}/${index}-%d.ts`];
}

const words = (text: string): readonly string[] => text.split(" ");

/** Plays an input again when it ends. */
export const LOOP = "-stream_loop";

/** Key frames come when they are forced; this many frames without one never are. */
const GROUP_FRAMES_MAX = 9999;
const FRAGMENT_SECONDS = 0.5;
/** Of a source that is transcoded as it is. */
const LARGEST = { width: 1920, height: 1080 };
