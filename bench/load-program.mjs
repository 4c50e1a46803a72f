/** Bundles a program of a benchmark into a cache folder and loads it. Packages stay where they are. */
import { mkdirSync, statSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

/**
 * What the program exports. Anew for every version of it.
 * @param {string} source
 * @param {string} cache
 * @returns {Promise<any>}
 */
export async function loadProgram(source, cache) {
  mkdirSync(cache, { recursive: true });
  const program = path.join(cache, `${path.basename(path.dirname(source))}-${path.basename(source, ".ts")}.mjs`);
  // Not at the top: on a fresh clone it is not installed when this file is loaded.
  const { build } = await import("esbuild");
  await build({
    entryPoints: [source],
    outfile: program,
    bundle: true,
    packages: "external",
    platform: "node",
    target: "node20",
    format: "esm",
    logLevel: "error",
  });
  return import(`${pathToFileURL(program).href}?${String(statSync(program).mtimeMs)}`);
}
