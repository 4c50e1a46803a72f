/**
 * Low-latency HLS through the swarm, in real browsers and told by the origin's own byte counter. Parts that are byte
 * ranges are in the matrix.
 */
import path from "node:path";
import { expect, test } from "vitest";
import { runLowLatency, type LowLatencyFigures, type LowLatencySession } from "../../bench/low-latency/session.ts";

const root = path.resolve(import.meta.dirname, "../..");

async function play(session: LowLatencySession): Promise<LowLatencyFigures> {
  const figures = await runLowLatency(session, root);
  console.log(JSON.stringify(session), JSON.stringify(figures));
  return figures;
}

test("[SW100] [IN26] six viewers of 2 s segments in 4 parts take half of it from each other, no later than with plain hls.js", async () => {
  // At the same time, so that the machine is the same for both.
  const [plain, ours] = await Promise.all([
    play({ viewers: 6, seconds: 32, swarm: false, origin: NEAR }),
    play({ viewers: 6, seconds: 32, swarm: true, origin: NEAR }),
  ]);
  expect(plain.cdnPerPlayedByte).toBe(1);
  expect(ours).toMatchObject({ viewersPlaying: 6, partShare: 1, alteredPieces: 0, fatalErrors: 0 });
  expect(ours.steadySegments).toBeGreaterThan(4);
  expect(ours.offload).toBeGreaterThanOrEqual(0.5);
  expect(ours.stalls).toBeLessThanOrEqual(plain.stalls);
  expect(ours.latencySeconds).toBeLessThan((plain.latencySeconds ?? 0) + START_NOISE_SECONDS);
});

test("[SW1] one viewer alone asks for each part once, when plain hls.js would", async () => {
  const figures = await play({ viewers: 1, seconds: 20, swarm: true, origin: NEAR });
  expect(figures).toMatchObject({ viewersPlaying: 1, partShare: 1, alteredPieces: 0, stalls: 0, fatalErrors: 0 });
  expect(figures.cdnPerPlayedByte).toBe(1);
  // One part may be on its way at the end.
  expect(figures.cdnBytes - figures.playedBytes).toBeLessThanOrEqual(PART_BYTES);
});

/** Round trip to a near edge server. */
const NEAR = { latencyMs: 30 };
/** The origin's default. */
const PART_BYTES = 75_000;
/** A viewer starts at the part that was newest then, and stays as far behind: half a part of chance either way. */
const START_NOISE_SECONDS = 0.3;
