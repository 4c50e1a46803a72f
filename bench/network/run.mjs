/**
 * `npm run bench:network`: bundles what the benchmark consists of and hands over to bench.ts. Measures nothing itself.
 * Everything said on the way goes to stderr, so that stdout carries the result alone.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

const root = path.resolve(import.meta.dirname, "../..");
// Not below bench/, whose packages are the rival's.
const cache = path.join(root, ".cache/bench-network");

const PACKAGES = [/^node:/, "hls.js", "ws", /^node-datachannel/, "playwright-core"];

/** The origin finds its media beside its own file, so it stays where it is. */
const originInPlace = {
  name: "origin-in-place",
  resolveId: (id) =>
    id.endsWith("/testkit/origin/origin.mjs")
      ? { id: path.join(root, "testkit/origin/origin.mjs"), external: "absolute" }
      : null,
};

const HTML = `<!doctype html>
<meta charset="utf-8">
<title>viewer</title>
<link rel="icon" href="data:,">
<body>
<script src="page.js"></script>
`;

run(process.execPath, ["scripts/setup.mjs"]);
mkdirSync(path.join(cache, "pages"), { recursive: true });
await bundle("bench.ts", "bench.mjs", "es");
const { runBench } = await import(`${pathToFileURL(path.join(cache, "bench.mjs")).href}`);
process.exitCode = await runBench({ arguments: process.argv.slice(2), cache, build });

/** The switch, and what runs at the ends of its lines. */
async function build() {
  run("cc", ["-O2", "-Wall", "-Wextra", "-o", path.join(cache, "switch"), path.join(import.meta.dirname, "switch.c")]);
  await bundle("servers.ts", "servers.mjs", "es");
  await bundle("viewer/node.ts", "node-viewer.mjs", "es");
  await bundle("viewer/page.ts", "pages/page.js", "iife");
  writeFileSync(path.join(cache, "pages/page.html"), HTML);
}

/**
 * A program for Node, or a script for the witnesses' page.
 * @param {string} source
 * @param {string} target
 * @param {"es" | "iife"} format
 */
async function bundle(source, target, format) {
  // Not at the top: on a fresh clone they are not installed when this file is loaded.
  const { rollup } = await import("rollup");
  const { default: esbuild } = await import("rollup-plugin-esbuild");
  const { default: nodeResolve } = await import("@rollup/plugin-node-resolve");
  const { slimSimplePeer } = await import("../../scripts/slim-simple-peer.mjs");
  const isPage = format === "iife";
  const built = await rollup({
    input: path.join(import.meta.dirname, source),
    external: isPage ? [] : PACKAGES,
    plugins: [
      originInPlace,
      slimSimplePeer(),
      nodeResolve({ browser: isPage, extensions: [".ts", ".js"] }),
      esbuild({ target: "es2022", tsconfig: false }),
    ],
  });
  await built.write({ file: path.join(cache, target), format });
  await built.close();
}

/**
 * @param {string} command
 * @param {string[]} parameters
 */
function run(command, parameters) {
  const { status } = spawnSync(command, parameters, { cwd: root, stdio: ["ignore", process.stderr, process.stderr] });
  if (status !== 0) throw new Error(`${command} ${parameters.join(" ")} ended with ${String(status)}`);
}
