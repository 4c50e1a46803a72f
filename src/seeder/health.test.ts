import { expect, test } from "vitest";
import { illnessOf, type HealthFacts } from "./health.ts";

const live = { live: true, targetDuration: 4, newsAt: 0 };
const well: HealthFacts = { playlists: [live], upstreams: [{ healthy: true }], engine: "working" };

test.each<[string, number, Partial<HealthFacts>, string[]]>([
  ["all is well", 11_000, {}, []],
  ["a live playlist stands still for three segments", 12_001, {}, ["playlist"]],
  ["short segments: ten seconds", 10_001, { playlists: [{ ...live, targetDuration: 1 }] }, ["playlist"]],
  ["recorded video does not change", 1e9, { playlists: [{ ...live, live: false }] }, []],
  ["one of two playlists is missing", 0, { playlists: [live, undefined] }, ["playlist"]],
  ["one upstream of two", 0, { upstreams: [{ healthy: false }, { healthy: true }] }, []],
  ["no upstream", 0, { upstreams: [{ healthy: false }] }, ["upstreams"]],
  ["a bug", 0, { engine: "retired" }, ["retired"]],
])("[SE57] %s", (_, now, facts, reasons) => {
  expect(illnessOf(now, { ...well, ...facts })).toEqual(reasons);
});
