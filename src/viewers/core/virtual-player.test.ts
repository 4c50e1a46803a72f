import { expect, test } from "vitest";
import { AUDIO, listing, VIDEO } from "../../../testkit/swarm-parts.ts";
import type { Millis } from "../../base/time.ts";
import type { SegmentId, TrackId } from "../../protocol/ids.ts";
import { VirtualPlayer, type PlayerAction, type PlayerEvent, type VirtualPlayerOptions } from "./virtual-player.ts";

/** A player on a clock of its own, and a CDN that takes `loadMs` for every segment while it is up. */
function createStory(options: Partial<VirtualPlayerOptions> = {}) {
  const player = new VirtualPlayer({ tracks: [VIDEO], openedAt: 0, ...options });
  const loads = new Map<SegmentId, Millis>();
  const asked: SegmentId[] = [];
  const unwanted: SegmentId[] = [];
  let last: Extract<PlayerAction, { type: "playback" }> | undefined;
  let now = 0;
  let loadMs = 100;
  const tell = (event: PlayerEvent): void => {
    for (const action of player.handle(now, event)) {
      if (action.type === "playback") last = action;
      if (action.type === "unwant") unwanted.push(action.segment);
      if (action.type === "unwant") loads.delete(action.segment);
      if (action.type !== "want") continue;
      asked.push(action.segment);
      loads.set(action.segment, now + loadMs);
    }
  };
  return {
    tell,
    asked,
    unwanted,
    counts: () => player.counts(now),
    playback: () => last,
    /** Playlist of segments `[from, to)`. */
    list(from: number, to: number, { track = VIDEO, live = true }: { track?: TrackId; live?: boolean } = {}): void {
      tell({ type: "playlist", track, live, targetDuration: 4, segments: listing(from, to, { track }) });
    },
    /** Whatever is asked for from now on takes so long. */
    loadsIn(ms: Millis): void {
      loadMs = ms;
    },
    pass(ms: Millis): void {
      for (const end = now + ms; ;) {
        const [segment, arrivesAt] = [...loads].sort(([, a], [, b]) => a - b)[0] ?? [undefined, Infinity];
        const next = Math.min(arrivesAt, player.nextWakeup());
        if (next > end) {
          now = end;
          return;
        }
        now = Math.max(now, next);
        if (segment === undefined || next !== arrivesAt) tell({ type: "wakeup" });
        else if (loads.delete(segment)) tell({ type: "segment-arrived", segment });
      }
    },
  };
}

const ids = (from: number, to: number, track = VIDEO) => listing(from, to, { track }).map(({ id }) => id);

test("a live stream begins three target durations behind its end, one segment after the other", () => {
  const story = createStory();
  story.list(10, 20);
  expect(story.asked).toEqual(ids(17, 18));
  expect(story.counts()).toMatchObject({ phase: "starting", startUpMs: undefined, latencySeconds: undefined });
  story.pass(100);
  expect(story.asked).toEqual(ids(17, 19));
  expect(story.counts()).toMatchObject({ phase: "playing", startUpMs: 100 });
  expect(story.counts().latencySeconds).toBeCloseTo(12.1);
  expect(story.playback()).toMatchObject({ position: 68, bufferedEnd: 72, rate: 1 });
});

test("the playhead goes at the pace of the clock, and never behind the live edge by more than it began", () => {
  const story = createStory();
  for (let last = 20; last < 60; last++) {
    story.list(last - 10, last);
    story.pass(4000);
  }
  expect(story.counts()).toMatchObject({ phase: "playing", stalls: 0, stalledMs: 0, failedSegments: 0 });
  expect(story.counts().playedMs).toBeCloseTo(40 * 4000 - 100);
  expect(story.counts().latencySeconds).toBeCloseTo(12.1);
  expect(story.asked).toEqual(ids(17, 59));
});

test("a VOD begins where it is told, buffers 30 s and no more, and ends", () => {
  const story = createStory({ startAt: 20 });
  story.list(0, 25, { live: false });
  story.pass(2000);
  expect(story.asked).toEqual(ids(5, 13));
  expect(story.counts().latencySeconds).toBeUndefined();
  expect(story.counts().bufferSeconds).toBeGreaterThan(30);
  story.pass(80_000);
  expect(story.asked).toEqual(ids(5, 25));
  expect(story.counts()).toMatchObject({ phase: "ended", stalls: 0 });
  expect(story.counts().playedMs).toBeCloseTo(80_000);
});

test("an empty buffer is one stall, however long, and it goes on with the next segment", () => {
  const story = createStory();
  story.list(10, 20);
  story.loadsIn(6500);
  story.pass(6500);
  expect(story.counts()).toMatchObject({ phase: "stalled", stalls: 1 });
  expect(story.counts().stalledMs).toBeCloseTo(2400);
  story.pass(3000);
  expect(story.counts()).toMatchObject({ phase: "playing", stalls: 1 });
  expect(story.counts().stalledMs).toBeCloseTo(2500);
});

test("sound and pictures are wanted side by side, and what both have is played", () => {
  const story = createStory({ tracks: [VIDEO, AUDIO] });
  story.list(10, 20);
  expect(story.asked).toEqual([]); // it does not know yet where the sound is
  story.list(10, 20, { track: AUDIO });
  expect(story.asked).toEqual([...ids(17, 18), ...ids(17, 18, AUDIO)]);
  story.tell({ type: "segment-arrived", segment: ids(17, 18)[0] ?? fail() });
  expect(story.counts().phase).toBe("starting");
  story.pass(100);
  expect(story.counts().phase).toBe("playing");
});

test("a refused segment is asked for again after a second", () => {
  const story = createStory();
  story.list(10, 20);
  story.tell({ type: "segment-failed", segment: ids(17, 18)[0] ?? fail() });
  expect(story.asked).toEqual(ids(17, 18));
  story.pass(1000);
  expect(story.asked).toEqual([...ids(17, 18), ...ids(17, 18)]);
  expect(story.counts().failedSegments).toBe(1);
});

test("whom a live window has left behind begins anew near its end", () => {
  const story = createStory();
  story.list(10, 20);
  story.pass(60_000); // the playlist stands still
  expect(story.counts()).toMatchObject({ phase: "stalled", stalls: 1 });
  story.list(30, 40);
  story.pass(100);
  expect(story.asked).toEqual([...ids(17, 20), ...ids(37, 39)]);
  expect(story.counts()).toMatchObject({ phase: "playing", stalls: 1 });
});

test("a segment that is on its way to where nobody plays any more is not wanted", () => {
  const story = createStory({ tracks: [VIDEO, AUDIO] });
  story.loadsIn(120_000);
  story.list(10, 20);
  story.list(10, 20, { track: AUDIO });
  story.tell({ type: "segment-arrived", segment: ids(17, 18)[0] ?? fail() });
  story.tell({ type: "segment-arrived", segment: ids(18, 19)[0] ?? fail() });
  story.tell({ type: "segment-arrived", segment: ids(19, 20)[0] ?? fail() });
  story.list(30, 40);
  expect(story.unwanted).toEqual(ids(17, 18, AUDIO));
  expect(story.asked.at(-1)).toBe(ids(37, 38)[0]);
});

test("a stream that ends is played to its end, and does not stall there", () => {
  const story = createStory();
  story.list(10, 20);
  story.pass(5000);
  story.list(10, 20, { live: false });
  story.pass(20_000);
  expect(story.counts()).toMatchObject({ phase: "ended", stalls: 0 });
  expect(story.playback()).toMatchObject({ rate: 0 });
});

function fail(): never {
  throw new Error("no such segment");
}
