import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import type { Readable } from "node:stream";
import { buffer, text } from "node:stream/consumers";
import { afterEach, expect, test } from "vitest";
import type { LiveStream } from "./live-stream.ts";
import { publishKeysOf } from "./publish-keys.ts";
import { startRtmpServer, type RtmpServer } from "./rtmp-server.ts";
import { Stage } from "./stage.ts";

const KEY = "a-key-of-thirty-two-characters--";
let server: RtmpServer | undefined;
const media = new Map<string, Promise<Buffer>>();
const lines: string[] = [];
afterEach(async () => {
  await server?.close();
  media.clear();
  lines.length = 0;
});

const streamOf = (name: string): LiveStream => ({
  ...{ name, renditions: [], state: "live", isPublished: true },
  master: () => undefined,
  on: () => () => undefined,
  end: () => Promise.resolve(),
  close: () => Promise.resolve(),
});

async function start(): Promise<string> {
  const ingest = (name: string) => (body: Readable) => {
    const all = buffer(body);
    media.set(name, all);
    return { ended: all.then(() => undefined), close: async () => void body.destroy() };
  };
  const stage = new Stage({ open: async (name) => ({ stream: streamOf(name), ingest: ingest(name) }), streamsMax: 4 });
  const log = { info: (line: string) => void lines.push(line), warn: (line: string) => void lines.push(line) };
  server = await startRtmpServer({ port: 0, host: "127.0.0.1", stage, keys: publishKeysOf([KEY]), name: "live", log });
  return `rtmp://127.0.0.1:${String(server.port)}/live`;
}

/** What an encoder sends, for as many seconds, and what it says in the end. */
function encode(url: string, seconds: number) {
  const input = ["-f", "lavfi", "-i", "testsrc2=size=64x64:rate=10", "-f", "lavfi", "-i", "sine"];
  const codecs = ["-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac", "-t", String(seconds)];
  const child = spawn("ffmpeg", ["-v", "error", ...input, ...codecs, "-f", "flv", url], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  return { child, words: text(child.stderr) };
}

test("[LI14] what ffmpeg sends over RTMP arrives as FLV, with every picture and the sound", async () => {
  const url = await start();
  expect(await encode(`${url}/${KEY}`, 2).words).toBe("");
  const flv = await media.get("live");
  expect(flv?.subarray(0, 13)).toEqual(Buffer.from([0x46, 0x4c, 0x56, 1, 5, 0, 0, 0, 9, 0, 0, 0, 0]));
  expect(tagsOf(flv!)).toMatchObject({ pictures: 20, lastMs: expect.closeTo(1_950, -2) as number });
  expect(lines.join()).not.toContain(KEY);
});

test("[LI14] a name before the key names the stream", async () => {
  const url = await start();
  await encode(`${url}/demo?key=${KEY}`, 0.3).words;
  expect([...media.keys()]).toEqual(["demo"]);
});

test("[LI14] an encoder is told that its key is wrong, and that somebody is there already", async () => {
  const url = await start();
  expect(await encode(`${url}/another-key-that-is-no-good`, 0.3).words).toContain("this key lets nobody publish here");
  expect(await encode(`${url}/demo?key=`, 0.3).words).toContain("publishing needs a key");
  expect(media.size).toBe(0);
  const first = encode(`${url}/${KEY}`, 600);
  await expect.poll(() => media.size).toBe(1);
  expect(await encode(`${url}/${KEY}`, 0.3).words).toContain("somebody publishes this stream already");
  first.child.kill();
  await media.get("live");
});

test("[LI15] whoever speaks no RTMP, or too much of it, is hung up on, and the next one is served", async () => {
  const url = await start();
  const hello = Buffer.concat([Buffer.from([3]), Buffer.alloc(3072)]);
  const halfACommand = Buffer.from("0300000000000214000000000200", "hex");
  const sixteenMegabytes = Buffer.from("04000000ffffff0901000000", "hex");
  const openStreams = Buffer.from(Array.from({ length: 40 }, (_, id) => [id + 2, ...Array<number>(11).fill(0)]).flat());
  const pieces = [halfACommand, sixteenMegabytes, openStreams].map((piece) => Buffer.concat([hello, piece]));
  for (const bytes of [Buffer.from("GET / HTTP/1.1\r\n\r\n"), ...pieces]) {
    const socket = connect(server!.port, "127.0.0.1");
    socket.on("error", () => undefined);
    socket.write(bytes);
    socket.resume();
    await once(socket, "close");
  }
  expect(media.size).toBe(0);
  expect(await encode(`${url}/${KEY}`, 0.3).words).toBe("");
});

function tagsOf(flv: Buffer) {
  let [pictures, lastMs] = [0, 0];
  for (let at = 13; at < flv.length; at += 15 + flv.readUIntBE(at + 1, 3)) {
    if (flv.readUInt8(at) !== 9) continue;
    const isPicture = flv.readUInt8(at + 12) === 1; // beside the codec's own settings, and the end
    pictures += Number(isPicture);
    if (isPicture) lastMs = flv.readUIntBE(at + 4, 3);
  }
  return { pictures, lastMs };
}
