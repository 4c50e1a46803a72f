import { expect, test } from "vitest";
import { sizeOf } from "./ffmpeg-arguments.ts";
import { findFfmpeg } from "./ffmpeg.ts";
import { factsOf, type SourceFacts } from "./source-probe.ts";

const H264 =
  "Stream #0:0[0x100]: Video: h264 (High) ([27][0][0][0] / 0x001B), yuv420p(tv, bt709, progressive), 1280x720, 25 fps";
const AAC = "  Stream #0:1(eng): Audio: aac (LC), 48000 Hz, stereo, fltp, 128 kb/s";

test.each<[string, readonly string[], Pick<SourceFacts, "video" | "audio">]>([
  ["H.264 and AAC go out as they are", [H264, AAC], { video: "copy", audio: "copy" }],
  ["a picture alone", [H264], { video: "copy", audio: "none" }],
  ["sound alone", [AAC], { video: "none", audio: "copy" }],
  ["ten bits are for few", [H264.replace("yuv420p", "yuv420p10le"), AAC], { video: "encode", audio: "copy" }],
  ["full colour, too", [H264.replace("yuv420p", "yuv444p"), AAC], { video: "encode", audio: "copy" }],
  ["HEVC", [H264.replace("h264", "hevc"), AAC], { video: "encode", audio: "copy" }],
  ["Opus", [H264, AAC.replace("aac (LC)", "opus")], { video: "copy", audio: "encode" }],
  ["AAC with headers of its own", ["Input #0, mpegts, from 'pipe:0':", H264, AAC], { video: "copy", audio: "adts" }],
  ["the first of each kind counts", [H264, AAC, AAC.replace("aac", "ac3")], { video: "copy", audio: "copy" }],
  [
    "interlaced pictures",
    [H264.replace("tv, bt709, progressive", "top first"), AAC],
    { video: "encode", audio: "copy" },
  ],
  [
    "a picture on its side",
    [H264, "      displaymatrix: rotation of -90.00 degrees", AAC],
    { video: "encode", audio: "copy" },
  ],
  ["a record with its cover", [AAC, `${H264} (attached pic)`], { video: "none", audio: "copy" }],
  ["what is neither", ["  Stream #0:0: Data: bin_data"], { video: "none", audio: "none" }],
])("[LI42] %s", (_name, lines, facts) => {
  expect(factsOf(lines)).toMatchObject(facts);
});

test("[LI42] a rendition keeps the shape of the source, and is not larger", () => {
  const source = { video: "encode", audio: "none", isInterlaced: false, size: { width: 1440, height: 1080 } } as const;
  const sizes = [1080, 720, 2160].map((height) =>
    sizeOf(source, { width: (height / 9) * 16, height, videoBitsPerSecond: 1 }),
  );
  expect(sizes.map((size) => [size?.width, size?.height])).toEqual([
    [1440, 1080],
    [960, 720],
    [1440, 1080],
  ]);
  expect(factsOf([H264]).size).toEqual({ width: 1280, height: 720 });
  // A television's picture of 16:9, and a telephone's held upright.
  expect(factsOf([H264.replace("1280x720", "720x576 [SAR 64:45 DAR 16:9]")]).size).toEqual({
    width: 1024,
    height: 576,
  });
  expect(factsOf([H264, "      Display Matrix: rotation of 90.00 degrees"]).size).toEqual({ width: 720, height: 1280 });
});

test("[LI57] without ffmpeg the error says how to install it", async () => {
  await expect(findFfmpeg("/nowhere/ffmpeg")).rejects.toThrow(/\/nowhere\/ffmpeg.*apt-get install ffmpeg.*FFMPEG_PATH/);
});
