/** Builds dist/ where it is missing or older than the sources: an old build would be measured under a new name. */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import path from "node:path";

const root = path.resolve(import.meta.dirname, "..");

export function buildLibrary() {
  const built = path.join(root, "dist/hls-swarm.js");
  if (existsSync(built) && statSync(built).mtimeMs > newestChange(path.join(root, "src"))) return;
  run("npm", ["run", "build"], root);
}

/**
 * Runs a command to its end; what it says goes to stderr.
 * @param {string} command
 * @param {string[]} parameters
 * @param {string} cwd
 */
export function run(command, parameters, cwd) {
  console.error(`${command} ${parameters.join(" ")} (in ${path.relative(process.cwd(), cwd) || "."})`);
  const { status } = spawnSync(command, parameters, { cwd, stdio: ["ignore", process.stderr, process.stderr] });
  if (status !== 0) throw new Error(`${command} ${parameters.join(" ")} ended with ${String(status)}`);
}

/** @param {string} directory */
function newestChange(directory) {
  const files = readdirSync(directory, { recursive: true, encoding: "utf8" });
  const sources = files.filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"));
  return Math.max(...sources.map((file) => statSync(path.join(directory, file)).mtimeMs));
}
