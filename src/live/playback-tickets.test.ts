import { expect, test } from "vitest";
import { withTicket } from "./playback-tickets.ts";

test("[LI21] a ticket goes on to every address of ours, and to nobody else's", () => {
  const playlist = [
    "#EXTM3U",
    '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",URI="audio/index.m3u8"',
    "#EXT-X-STREAM-INF:BANDWIDTH=1",
    "720p/index.m3u8",
    '#EXT-X-MAP:URI="init.mp4",BYTERANGE="100@0"',
    '#EXT-X-PART:DURATION=0.5,URI="part.m4s?n=1"',
    '#EXT-X-KEY:METHOD=AES-128,URI="https://keys.example/1"',
    "//cdn.example/1.m4s",
    "HTTPS://cdn.example/2.m4s",
    "3.m4s",
    "",
  ].join("\r\n");
  expect(withTicket(playlist, "a.b-c_d").split("\r\n")).toEqual([
    "#EXTM3U",
    '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",URI="audio/index.m3u8?ticket=a.b-c_d"',
    "#EXT-X-STREAM-INF:BANDWIDTH=1",
    "720p/index.m3u8?ticket=a.b-c_d",
    '#EXT-X-MAP:URI="init.mp4?ticket=a.b-c_d",BYTERANGE="100@0"',
    '#EXT-X-PART:DURATION=0.5,URI="part.m4s?n=1&ticket=a.b-c_d"',
    '#EXT-X-KEY:METHOD=AES-128,URI="https://keys.example/1"',
    "//cdn.example/1.m4s",
    "HTTPS://cdn.example/2.m4s",
    "3.m4s?ticket=a.b-c_d",
    "",
  ]);
});
