import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createOriginOnlyPort } from "../../testkit/origin-only-port.ts";
import { listing, VIDEO } from "../../testkit/swarm-parts.ts";
import type { FollowedStream } from "../headless/headless-swarm.ts";
import { swarmIdOf, type SegmentId } from "../protocol/ids.ts";
import type { Origin } from "../swarm/io/origin.ts";
import { HeadlessViewer } from "./headless-viewer.ts";
import { SharedStream } from "./shared-stream.ts";
import { ViewerPool } from "./viewer-pool.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A live stream of 4 s segments, followed once; whoever fetches has it 50 ms later. */
function createStage() {
  const fetched: SegmentId[] = [];
  let tell: ((from: number, to: number) => void) | undefined;
  let follows = 0;
  const origin: Origin = {
    locate: () => false,
    hashes: async () => undefined,
    fetch({ segment }, sink) {
      fetched.push(segment);
      const timer = setTimeout(() => {
        sink.opened({ firstByte: 0, byteLength: 1000, ranged: true });
        sink.data(new Uint8Array(1000));
        sink.closed({ outcome: "complete", status: 200 });
      }, 50);
      return {
        abort: () => {
          clearTimeout(timer);
        },
      };
    },
  };
  const follower: FollowedStream = {
    ...{ swarm: swarmIdOf("stream"), renditions: [{ track: VIDEO }], origin },
    start: ({ playlist }) => {
      follows++;
      tell = (from, to) => {
        playlist({ track: VIDEO, live: true, targetDuration: 4, segments: listing(from, to) }, "");
      };
    },
    close: () => {
      follows--;
    },
  };
  const stream = new SharedStream(follower);
  return {
    ...{ stream, fetched },
    follows: () => follows,
    /** The stream goes on for so long, and with it the playlist. */
    async goOn(from: number, segments: number) {
      for (let newest = from; newest < from + segments; newest++) {
        tell?.(newest - 9, newest + 1);
        await vi.advanceTimersByTimeAsync(4000);
      }
    },
    viewer: (turn: number) =>
      new HeadlessViewer({
        ...{ name: `viewer-${turn + 1}`, tracks: [VIDEO], startAt: 0, got: () => undefined },
        open(onPlaylist) {
          const mine = stream.open();
          const driver = createOriginOnlyPort(mine.origin);
          mine.start({
            playlist: (update) => {
              driver.playlist(update);
              onPlaylist(update);
            },
            ended: () => undefined,
          });
          return {
            ...driver,
            close() {
              mine.close();
              driver.close();
            },
          };
        },
      }),
  };
}

test("playlists are followed once for all; segments each viewer fetches for itself", async () => {
  const stage = createStage();
  const pool = new ViewerPool({ viewers: 3, rampSeconds: 3, leaveRate: 0, open: stage.viewer });
  await stage.goOn(20, 5);
  expect(stage.follows()).toBe(1);
  const [newest] = listing(23, 24).map(({ id }) => id);
  expect(stage.fetched.filter((id) => id === newest)).toHaveLength(3);
  expect(pool.figures()).toMatchObject({ viewers: 3, playing: 3, stalls: 0, cdnBytes: 1000 * stage.fetched.length });
  pool.close();
  stage.stream.close();
  expect(stage.follows()).toBe(0);
  expect(vi.getTimerCount()).toBe(0);
});

test("for each who leaves another one comes, and what was seen stays counted", async () => {
  const stage = createStage();
  const pool = new ViewerPool({ viewers: 4, rampSeconds: 4, leaveRate: 3, open: stage.viewer });
  await stage.goOn(20, 10);
  await vi.advanceTimersByTimeAsync(1000); // the newest has come just now
  const figures = pool.figures();
  expect(figures).toMatchObject({ viewers: 4, playing: 4, left: 8, stalls: 0 });
  expect(pool.viewers.map(({ name }) => name)).toContain("viewer-12");
  const byThoseHere = pool.viewers.reduce((sum, viewer) => sum + viewer.swarm().originReceivedBytes, 0);
  expect(figures.cdnBytes).toBeGreaterThan(byThoseHere);
  pool.close();
  stage.stream.close();
});
