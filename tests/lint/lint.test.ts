import { ESLint } from "eslint";
import { expect, test } from "vitest";

/** One linter for all: it reads the types of the whole project once. */
const eslint = new ESLint();

/** The rules that object to `code`, were it the text of `file`, which must exist. */
async function objectionsTo(file: string, code: string): Promise<readonly (string | null)[]> {
  const [result] = await eslint.lintText(code, { filePath: file });
  return result?.messages.map(({ ruleId }) => ruleId) ?? [];
}

const CORE = "src/swarm/core/swarm.ts";
const MODEL = "sim/model/simulator.ts";

test.each([
  ["base imports protocol", "src/base/heap.ts", 'import "../protocol/limits.ts";'],
  ["protocol imports a core", "src/protocol/ids.ts", 'import "../swarm/core/event.ts";'],
  ["a core imports io", CORE, 'import "../io/memory-store.ts";'],
  ["swarm imports the tracker", "src/swarm/io/driver.ts", 'import "../../tracker-server/core/tracker.ts";'],
  ["the tracker imports swarm", "src/tracker-server/io/server.ts", 'import "../../swarm/core/event.ts";'],
  ["a type is an import too", CORE, 'import type { PeerLink } from "../io/peer-link.ts";\nexport type T = PeerLink;'],
  ["swarm imports the loader", "src/swarm/io/driver.ts", 'import "../../loader/fragment-loader.ts";'],
  ["the browser's entry imports the tracker", "src/index.ts", 'import "./tracker-server/index.ts";'],
  ["the product imports a test's helper", "src/swarm/io/driver.ts", 'import "../../../testkit/world/world.ts";'],
  ["the product imports the simulator", "src/swarm/io/driver.ts", 'import "../../../sim/model/plan.ts";'],
  ["the simulator's model imports the program around it", MODEL, 'import "../host.ts";'],
  ["the simulator's model imports io", MODEL, 'import "../../src/swarm/io/driver.ts";'],
  ["the simulator imports io", "sim/cli.ts", 'import "../src/swarm/io/driver.ts";'],
])("the arrows hold: %s", async (_name, file, code) => {
  expect(await objectionsTo(file, code)).toContain("import-x/no-restricted-paths");
});

test("a cycle is found", async () => {
  // src/protocol/ids.ts imports src/base/random.ts.
  const code = 'import { swarmIdOf } from "../protocol/ids.ts";\nexport const cycle = swarmIdOf;';
  expect(await objectionsTo("src/base/random.ts", code)).toContain("import-x/no-cycle");
});

test.each([
  ["Date.now", "export const at = Date.now();", "no-restricted-globals"],
  ["new Date", "export const at = new Date();", "no-restricted-globals"],
  ["performance", "export const at = performance.now();", "no-restricted-globals"],
  ["timers", "setTimeout(() => 1, 1);", "no-restricted-globals"],
  ["fetch", 'export const answer = fetch("/");', "no-restricted-globals"],
  ["sockets", 'export const socket = new WebSocket("ws://a");', "no-restricted-globals"],
  ["console", "console.log(1);", "no-restricted-globals"],
  ["crypto", "export const id = crypto.randomUUID();", "no-restricted-globals"],
  ["promises", "export const later = Promise.resolve(1);", "no-restricted-globals"],
  ["a way round", "export const at = globalThis.Date.now();", "no-restricted-globals"],
  ["Math.random", "export const die = Math.random();", "no-restricted-properties"],
  ["Math.log", "export const x = Math.log(2);", "no-restricted-properties"],
  ["Math.exp", "export const x = Math.exp(2);", "no-restricted-properties"],
  ["Math.pow", "export const x = Math.pow(2, 3);", "no-restricted-properties"],
  ["**", "export const square = (x: number): number => x ** 2;", "no-restricted-syntax"],
  ["**=", "export let x = 2;\nx **= 2;", "no-restricted-syntax"],
  ["async", "export const later = async (): Promise<number> => 1;", "no-restricted-syntax"],
  ["await", "await 1;\nexport {};", "no-restricted-syntax"],
])("a core is pure: no %s", async (_name, code, rule) => {
  for (const file of [CORE, "src/tracker-server/core/tracker.ts", "src/protocol/ids.ts", "src/base/heap.ts", MODEL])
    expect(await objectionsTo(file, code)).toContain(rule);
});

test.each([
  ["io may", "src/swarm/io/driver.ts"],
  ["a core's test may", "src/swarm/core/swarm.test.ts"],
  ["the program around the simulator's model may", "sim/host.ts"],
])("elsewhere the clock is free: %s", async (_name, file) => {
  expect(await objectionsTo(file, "export const at = Date.now();")).toEqual([]);
});

test.each([
  ["Node in the browser", "src/swarm/io/driver.ts", 'import "node:fs";'],
  ["Node in the simulator's model", MODEL, 'import "node:fs";'],
  ["ws in the browser", "src/swarm/io/driver.ts", 'import "ws";'],
  ["hls.js itself", "src/loader/fragment-loader.ts", 'import Hls from "hls.js";\nexport const hls = Hls;'],
])("left out: %s", async (_name, file, code) => {
  expect(await objectionsTo(file, code)).toContain("@typescript-eslint/no-restricted-imports");
});

test("hls.js's types are welcome", async () => {
  expect(
    await objectionsTo("src/loader/fragment-loader.ts", 'import type Hls from "hls.js";\nexport type Player = Hls;'),
  ).toEqual([]);
});

test("no comment switches a rule off", async () => {
  const code = "/* eslint-disable */\nexport const at = Date.now();";
  expect(await objectionsTo(CORE, code)).toContain("no-restricted-globals");
});
