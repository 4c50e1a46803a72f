/** Brings a fresh clone, or one with changed sources, to where an example can run. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, stat } from "node:fs/promises";
import path from "node:path";

const SOURCES = ["src", "scripts", "rollup.config.mjs", "package.json"];
const PRODUCTS = ["dist/hls-swarm.js", "dist/tracker.js"];

/**
 * @param {string} root  of the repository
 * @param {(text: string) => void} say
 * @param {string[]} flags  of scripts/setup.mjs
 */
export async function prepare(root, say, ...flags) {
  await run(root, process.execPath, ["scripts/setup.mjs", ...flags]);
  const built = Math.min(...(await Promise.all(PRODUCTS.map((name) => changedAt(path.join(root, name))))));
  const changed = Math.max(...(await Promise.all(SOURCES.map((name) => newestIn(path.join(root, name))))));
  if (built >= changed) return;
  say("building, because sources are newer than what was built");
  await run(root, "npm", ["run", "build", "--silent", "--", "--silent"]);
}

/**
 * 0 when it does not exist.
 * @param {string} file
 */
async function changedAt(file) {
  const found = await stat(file).catch(() => undefined);
  return found?.mtimeMs ?? 0;
}

/**
 * @param {string} place
 * @returns {Promise<number>}
 */
async function newestIn(place) {
  const names = await readdir(place, { recursive: true }).catch(() => undefined);
  if (!names) return changedAt(place);
  const shipped = names.filter((name) => !name.includes(".test."));
  return Math.max(0, ...(await Promise.all(shipped.map((name) => changedAt(path.join(place, name))))));
}

/**
 * @param {string} root
 * @param {string} command
 * @param {string[]} args
 */
async function run(root, command, args) {
  const child = spawn(command, args, { cwd: root, stdio: "inherit", shell: process.platform === "win32" });
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`${command} ${args.join(" ")} failed`);
}
