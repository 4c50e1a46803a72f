/** Parts through the swarm, in real browsers and told by the origin's own byte counter. */
import path from "node:path";
import { expect, test } from "vitest";
import { runLowLatency, type LowLatencyFigures, type LowLatencySession } from "../../bench/low-latency/session.ts";

const root = path.resolve(import.meta.dirname, "../..");

async function play(session: LowLatencySession): Promise<LowLatencyFigures> {
  const figures = await runLowLatency(session, root);
  console.log(JSON.stringify(session), JSON.stringify(figures));
  return figures;
}

test("try", async () => {
  const swarm = process.env["LL_PLAIN"] === undefined;
  await play({ viewers: Number(process.env["LL_N"] ?? 6), seconds: 40, swarm, origin: { latencyMs: 30 } });
  expect(1).toBe(1);
});
