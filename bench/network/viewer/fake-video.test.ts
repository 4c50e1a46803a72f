import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createOrigin } from "../../../testkit/origin/origin.mjs";
import { FakeMediaSource, objectUrls } from "./fake-media-source.ts";
import { FakeVideo } from "./fake-video.ts";

const origin = await createOrigin({ pictures: "light", segmentSeconds: 4 });
await origin.close();

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setInterval", "setTimeout", "setImmediate", "performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** A video that plays what it is given, and what it said so far. */
function openVideo() {
  const source = new FakeMediaSource();
  const video = new FakeVideo();
  const said: string[] = [];
  for (const event of ["loadeddata", "playing", "waiting"]) video.addEventListener(event, () => said.push(event));
  video.src = objectUrls.createObjectURL(source);
  vi.advanceTimersByTime(1);
  expect(source.readyState).toBe("open");
  const buffer = source.addSourceBuffer();
  const append = (bytes: Uint8Array): void => {
    buffer.appendBuffer(bytes);
    vi.advanceTimersByTime(1);
  };
  append(origin.init);
  void video.play();
  return { video, said, append, buffer };
}

test("plays what is buffered by the clock, stands still where it ends, and goes on when more is there", () => {
  const { video, said, append } = openVideo();
  append(origin.segment(0));
  vi.advanceTimersByTime(2000);
  expect(said).toEqual(["loadeddata", "playing"]);
  expect(video.currentTime).toBeGreaterThan(1.8);
  expect(video.currentTime).toBeLessThanOrEqual(2);
  vi.advanceTimersByTime(5000);
  expect(video.currentTime).toBe(4);
  expect(said.at(-1)).toBe("waiting");
  append(origin.segment(1));
  vi.advanceTimersByTime(1000);
  expect(said.at(-1)).toBe("playing");
  expect(video.currentTime).toBeGreaterThan(4.8);
  expect(video.currentTime).toBeLessThanOrEqual(5);
});

test("does not play in a hole, nor while it is paused", () => {
  const { video, said, append } = openVideo();
  append(origin.segment(1));
  vi.advanceTimersByTime(1000);
  expect(said).toEqual([]);
  video.currentTime = 4;
  vi.advanceTimersByTime(1000);
  expect(said).toEqual(["loadeddata", "playing"]);
  video.pause();
  const { currentTime } = video;
  vi.advanceTimersByTime(1000);
  expect(video.currentTime).toBe(currentTime);
});

test("forgets what is removed", () => {
  const { video, append, buffer } = openVideo();
  append(origin.segment(0));
  append(origin.segment(1));
  buffer.remove(0, 4);
  expect(() => buffer.remove(4, 8)).toThrow("an update is running");
  vi.advanceTimersByTime(1);
  expect([video.buffered.length, video.buffered.start(0), video.buffered.end(0)]).toEqual([1, 4, 8]);
});
