/** Brings a fresh clone, or one with changed sources, to where an example can run. */
import { spawn } from "node:child_process";
import { once } from "node:events";

/**
 * @param {string} root  of the repository
 * @param {(text: string) => void} say
 * @param {string[]} flags  of scripts/setup.mjs
 */
export async function prepare(root, say, ...flags) {
  await run(root, ["scripts/setup.mjs", ...flags]);
  say("building, if sources have changed");
  await run(root, ["scripts/build.mjs", "--silent"]);
}

/**
 * @param {string} root
 * @param {string[]} args
 */
async function run(root, args) {
  const child = spawn(process.execPath, args, { cwd: root, stdio: "inherit" });
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`node ${args.join(" ")} failed`);
}
