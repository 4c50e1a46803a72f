import { expect, test } from "vitest";
import type { SwarmId } from "../../protocol/ids.ts";
import { createTrackerStage } from "../../../testkit/tracker-stage.ts";
import { countByRegion } from "./viewers-by-region.ts";

const join = {
  type: "join",
  version: 1,
  versionMin: 1,
  swarm: "the-swarm-of-tests" as SwarmId,
  peersWanted: 0,
} as const;

/** A tracker with one viewer for each region told; every other one cannot upload. */
function stageWith(regions: ReadonlyArray<string | undefined>) {
  const stage = createTrackerStage();
  for (const [connection, region] of regions.entries()) {
    const network = { prefixKey: "net", region };
    stage.tell({ type: "connection-asked", connection, addressKey: String(connection), network, origin: undefined });
    stage.tell({ type: "message", connection, bytes: 100, message: { ...join, uplink: connection % 2 === 0 ? 2 : 0 } });
  }
  return stage;
}

test("viewers are counted where they are, the largest region first, with those of whom nothing is known", () => {
  const { viewersByRegion } = stageWith(["FR", "DE", undefined, "DE", "DE", "FR"]).stats();
  expect(Object.entries(viewersByRegion)).toEqual([
    ["DE", 3],
    ["FR", 2],
    ["(unknown)", 1],
  ]);
});

test("a tracker that knows no regions names none", () => {
  expect(stageWith([undefined, undefined]).stats().viewersByRegion).toEqual({});
  expect(countByRegion([])).toEqual({});
});

test("however many names come in, a bounded number goes out, and nobody is lost", () => {
  const { viewersByRegion } = stageWith(Array.from({ length: 200 }, (_, n) => `R${String(n)}`)).stats();
  const counts = Object.values(viewersByRegion);
  expect(counts).toHaveLength(61);
  expect(counts.reduce((sum, n) => sum + n)).toBe(200);
});
