import { expect, test } from "vitest";
import { LinkedViewer } from "../../testkit/linked-viewer.ts";
import type { PlayerCounts } from "./core/virtual-player.ts";
import { figuresOf, type ViewerCounts } from "./figures.ts";

const PLAYER: PlayerCounts = {
  ...{ phase: "playing", startUpMs: 400, stalls: 0, stalledMs: 0, playedMs: 9000, failedSegments: 0 },
  ...{ bufferSeconds: 10, latencySeconds: 12 },
};
const STATS = new LinkedViewer([]).core.stats();

function viewer(player: Partial<PlayerCounts>, swarm: Partial<ViewerCounts["swarm"]> = {}): ViewerCounts {
  return { player: { ...PLAYER, ...player }, swarm: { ...STATS, ...swarm } };
}

test("whoever left still counts in what was seen, not in who is there", () => {
  const here = [
    viewer({ startUpMs: 200 }, { tracker: "joined", peerBytes: 60, originBytes: 0, originReceivedBytes: 5 }),
    viewer(
      { phase: "stalled", stalls: 2, stalledMs: 700 },
      { tracker: "lost", peerBytes: 0, originBytes: 30, originReceivedBytes: 30 },
    ),
  ];
  const gone = [viewer({ phase: "ended", stalls: 1, startUpMs: 900 }, { peerBytes: 10, originBytes: 0 })];
  const figures = figuresOf(60, here, gone);
  expect(figures).toMatchObject({ viewers: 2, playing: 1, joined: 1, left: 1, offload: 0.7, cdnBytes: 35 });
  expect(figures).toMatchObject({ stalls: 3, stalledMs: 700, stalledViewers: 2, startUpMsP50: 400, startUpMsP95: 900 });
  expect(figures.linksMean).toBe(2); // Bob and Eve
});

test("while nobody has started there is nothing to say of starting", () => {
  const waiting = viewer({ phase: "starting", startUpMs: undefined, latencySeconds: undefined });
  expect(figuresOf(1, [waiting], [])).toMatchObject({
    offload: 0,
    startUpMsP50: undefined,
    latencySecondsP50: undefined,
  });
});
