/**
 * Makes the sample stream twice, each in a folder of its own beside this file: init.mp4, s0.m4s to s11.m4s, media.json.
 * Needs ffmpeg with libx264; nothing at run time does. Paints and plays one loop, encodes three in a row, and keeps the
 * middle one, so that the encoders' state at its end is the one at its start.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { boxesOf, moveFragments } from "../../../testkit/origin/fmp4.mjs";
import { makeMusic } from "./music.mjs";
import { HEIGHT, paintFrame, WIDTH } from "./scene.mjs";

const FRAME_RATE = 25;
const SEGMENT_SECONDS = 2;
/** 1125 AAC frames at 48 kHz, and a whole number of segments: both tracks end together. */
const LOOP_SECONDS = 24;
const VIDEO_TIMESCALE = 12_800;
const AUDIO_TIMESCALE = 48_000;
/** What ffmpeg's AAC encoder puts before the sound; the muxer delays everything by it. */
const AUDIO_PRIMING = 1024;

/** "full" is to be looked at. "light" is for many players on one machine: a third of the CPU, and no sound card's clock. */
const EDITIONS = [
  {
    name: "full",
    width: WIDTH,
    height: HEIGHT,
    frameRate: FRAME_RATE,
    video: "-b:v 340k -maxrate 420k -bufsize 680k",
    sound: true,
  },
  { name: "light", width: 160, height: 90, frameRate: 5, video: "-b:v 40k -maxrate 50k -bufsize 80k", sound: false },
];

const here = fileURLToPath(new URL(".", import.meta.url));
const scratch = await mkdtemp(path.join(tmpdir(), "make-stream-"));
try {
  await paintLoop(path.join(scratch, "loop.mkv"));
  await writeFile(path.join(scratch, "loop.wav"), makeMusic(LOOP_SECONDS));
  for (const edition of EDITIONS) {
    const folder = await mkdtemp(path.join(scratch, edition.name));
    await encodeThreeLoops(edition, folder);
    await keepMiddleLoop(edition, folder);
  }
} finally {
  await rm(scratch, { recursive: true });
}

/** @param {string} file */
async function paintLoop(file) {
  const size = `${String(WIDTH)}x${String(HEIGHT)}`;
  const encoder = spawn(
    "ffmpeg",
    `-v error -y -f rawvideo -pix_fmt rgb24 -s ${size} -r ${String(FRAME_RATE)} -i - -c:v ffv1`.split(" ").concat(file),
    { stdio: ["pipe", "inherit", "inherit"] },
  );
  const frames = LOOP_SECONDS * FRAME_RATE;
  for (let i = 0; i < frames; i++)
    if (!encoder.stdin.write(paintFrame(i / frames, LOOP_SECONDS))) await once(encoder.stdin, "drain");
  encoder.stdin.end();
  await ended(encoder);
}

/**
 * @param {(typeof EDITIONS)[number]} edition
 * @param {string} folder
 */
async function encodeThreeLoops({ width, height, frameRate, video, sound }, folder) {
  const gop = String(frameRate * SEGMENT_SECONDS);
  const options = [
    "-v error -y -stream_loop 2 -i ../loop.mkv -stream_loop 2 -i ../loop.wav -map 0:v",
    `-vf scale=${String(width)}:${String(height)},fps=${String(frameRate)}`,
    // No B frames: decode order is display order, and no edit list is needed.
    `-c:v libx264 -profile:v main -preset veryslow -bf 0 -pix_fmt yuv420p -g ${gop} -keyint_min ${gop} -sc_threshold 0`,
    `${video} -aq-mode 3`,
    ...(sound ? ["-map 1:a -c:a aac -b:a 56k -ac 1"] : []),
    `-t ${String(3 * LOOP_SECONDS)} -hls_segment_options video_track_timescale=${String(VIDEO_TIMESCALE)}`,
    `-f hls -hls_time ${String(SEGMENT_SECONDS)} -hls_list_size 0 -hls_segment_type fmp4`,
    "-hls_fmp4_init_filename init.mp4 -hls_segment_filename three%02d.m4s three.m3u8",
  ];
  await ended(spawn("ffmpeg", options.join(" ").split(" "), { cwd: folder, stdio: "inherit" }));
}

/**
 * @param {(typeof EDITIONS)[number]} edition
 * @param {string} folder
 */
async function keepMiddleLoop({ name, width, height, frameRate, sound }, folder) {
  const count = LOOP_SECONDS / SEGMENT_SECONDS;
  const files = (await readdir(folder)).filter((file) => file.endsWith(".m4s")).sort();
  if (files.length !== 3 * count) throw new Error(`${String(files.length)} segments, not ${String(3 * count)}`);
  const target = path.join(here, name);
  await mkdir(target, { recursive: true });
  const shift = new Map([
    [1, BigInt(-LOOP_SECONDS * VIDEO_TIMESCALE)],
    [2, BigInt(-LOOP_SECONDS * AUDIO_TIMESCALE - AUDIO_PRIMING)],
  ]);
  const segments = [];
  for (const [i, source] of files.slice(count, 2 * count).entries()) {
    const whole = await readFile(path.join(folder, source));
    const kept = boxesOf(whole).filter((box) => box.type === "moof" || box.type === "mdat");
    const bytes = Buffer.concat(kept.map((box) => whole.subarray(box.start, box.end)));
    moveFragments(bytes, { sequence: i + 1, shift });
    const file = `s${String(i)}.m4s`;
    await writeFile(path.join(target, file), bytes);
    segments.push({ file, seconds: SEGMENT_SECONDS, bytes: bytes.length });
  }
  await writeFile(path.join(target, "init.mp4"), withoutEdits(await readFile(path.join(folder, "init.mp4"))));
  const bits = 8 * segments.reduce((sum, segment) => sum + segment.bytes, 0);
  const media = {
    width,
    height,
    frameRate,
    segmentSeconds: SEGMENT_SECONDS,
    bitsPerSecond: Math.round(bits / LOOP_SECONDS),
    init: "init.mp4",
    tracks: [
      { id: 1, kind: "video", timescale: VIDEO_TIMESCALE },
      ...(sound ? [{ id: 2, kind: "audio", timescale: AUDIO_TIMESCALE }] : []),
    ],
    segments,
  };
  await writeFile(path.join(target, "media.json"), `${JSON.stringify(media, null, 2)}\n`);
}

/**
 * Blanks the edit lists: they only undo the delay that the decode times no longer have, and players disagree on them.
 * @param {Buffer} init
 */
function withoutEdits(init) {
  for (const moov of boxesOf(init).filter((box) => box.type === "moov"))
    for (const trak of boxesOf(init, moov.body, moov.end).filter((box) => box.type === "trak"))
      for (const edts of boxesOf(init, trak.body, trak.end).filter((box) => box.type === "edts"))
        init.fill(0, edts.body, edts.end).write("free", edts.start + 4, "latin1");
  return init;
}

/** @param {import("node:child_process").ChildProcess} child */
async function ended(child) {
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`ffmpeg ended with ${String(code)}`);
}
