import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import * as limits from "./limits.ts";
import peerBad from "./vectors/peer-bad.json" with { type: "json" };
import peerGood from "./vectors/peer-good.json" with { type: "json" };
import trackerBad from "./vectors/tracker-bad.json" with { type: "json" };
import trackerGood from "./vectors/tracker-good.json" with { type: "json" };

const docs = (name: string): string => readFileSync(new URL(`../../docs/${name}`, import.meta.url), "utf8");

test("docs/limits.md lists every shared bound with its value, and none that is gone", () => {
  const rows = docs("limits.md").matchAll(/^\| `([A-Z_]+)` +\| (\d+) /gm);
  expect(Object.fromEntries(Array.from(rows, ([, name, value]) => [name, Number(value)]))).toEqual({ ...limits });
});

const PROTOCOL = docs("protocol.md");
const RULES = new Set(Array.from(PROTOCOL.matchAll(/^\*\*((?:TR|PE|ID)\d+)\./gm), ([, rule]) => rule));

test("every vector quotes a rule that docs/protocol.md has", () => {
  const good = [...peerGood.vectors, ...trackerGood.vectors, ...trackerGood.tolerated];
  const quoted = [...good, ...peerBad.vectors, ...trackerBad.vectors].map(({ rule }) => rule);
  expect(quoted.filter((rule) => !RULES.has(rule))).toEqual([]);
});

test("docs/protocol.md refers to rules that it has", () => {
  const mentioned = Array.from(PROTOCOL.matchAll(/\b(?:TR|PE|ID)\d+\b/g), ([rule]) => rule);
  expect(mentioned.filter((rule) => !RULES.has(rule))).toEqual([]);
});
