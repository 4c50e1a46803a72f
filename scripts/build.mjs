/**
 * Builds dist/ with rollup, unless it has been built of just these sources: tests, demo and benchmarks all want it built.
 * Arguments go on to rollup.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const SOURCES = [
  "src",
  "rollup.config.mjs",
  "scripts/slim-simple-peer.mjs",
  "tsconfig.json",
  "package.json",
  "package-lock.json",
];
const NOTE = `${ROOT}node_modules/.cache/hls-swarm/built`;

if (existsSync(NOTE) && readFileSync(NOTE, "utf8") === state()) {
  if (!process.argv.includes("--silent")) console.log("dist/ is built of these sources.");
} else {
  rmSync(NOTE, { force: true });
  const { status } = spawnSync("npx", ["rollup", "-c", ...process.argv.slice(2)], {
    cwd: ROOT,
    stdio: "inherit",
    shell: process.platform === "win32",
  });
  if (status !== 0) process.exit(1);
  mkdirSync(new URL(".", `file://${NOTE}`), { recursive: true });
  writeFileSync(NOTE, state());
}

/** The sources by their bytes, and what was built of them by its names, sizes and times. */
function state() {
  const hash = createHash("sha256");
  for (const file of SOURCES.flatMap(filesOf)) hash.update(`${file}\0`).update(readFileSync(`${ROOT}${file}`));
  for (const file of filesOf("dist")) {
    const { size, mtimeMs } = statSync(`${ROOT}${file}`);
    hash.update(`${file} ${String(size)} ${String(mtimeMs)}\0`);
  }
  return hash.digest("hex");
}

/** Itself, or what is in the folder of this name; nothing where there is none. */
function filesOf(name) {
  if (!existsSync(`${ROOT}${name}`)) return [];
  if (!statSync(`${ROOT}${name}`).isDirectory()) return [name];
  const files = readdirSync(`${ROOT}${name}`, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  const shipped = files.filter((file) => !file.name.includes(".test."));
  return shipped.map(({ parentPath, name: file }) => `${parentPath.slice(ROOT.length)}/${file}`).sort();
}
