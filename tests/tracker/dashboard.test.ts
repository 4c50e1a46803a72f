import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { startTracker } from "../../src/tracker-server/index.ts";

const read = (file: string): string => readFileSync(new URL(`../../${file}`, import.meta.url), "utf8");
const METRIC = /\b(?:hls_swarm|process|nodejs)_\w+/g;
/** Of other servers: their own tests see to those. */
const ELSEWHERE = /^hls_swarm_(?:live|seeder)_/;

test("every metric that the Grafana dashboard asks for is served, and docs/metrics.md explains every one of ours", async () => {
  const tracker = await startTracker({ port: 0 });
  const text = await (await fetch(`${tracker.pagesUrl}/metrics`)).text();
  await tracker.close();
  const served = new Set(Array.from(text.matchAll(/^# TYPE (\w+)/gm), ([, name]) => name));

  const dashboard = read("deploy/grafana/hls-swarm-trackers.json");
  const expressions = Array.from(
    dashboard.matchAll(/"(?:expr|query)": "((?:[^"\\]|\\.)*)"/g),
    ([, expression]) => expression,
  );
  const asked = expressions.flatMap((expression) => expression?.match(METRIC) ?? []);
  expect(asked.length).toBeGreaterThan(30);
  expect(asked.filter((name) => !served.has(name))).toEqual([]);

  const named: readonly string[] = read("docs/metrics.md").match(METRIC) ?? [];
  const explained = named.filter((name) => !ELSEWHERE.test(name));
  const ours = [...served].filter((name) => name?.startsWith("hls_swarm_"));
  expect(ours.filter((name) => !explained.includes(name ?? ""))).toEqual([]);
  expect(explained.filter((name) => name.startsWith("hls_swarm_") && !served.has(name))).toEqual([]);
});
