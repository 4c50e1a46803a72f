/** `npm run sim`: bundles the simulator, which takes a fraction of a second, and hands over to cli.ts. */
import path from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";

const root = path.resolve(import.meta.dirname, "..");
const cache = path.join(import.meta.dirname, ".cache");
const { metafile } = await build({
  entryPoints: ["sim/cli.ts", "sim/worker.ts"],
  absWorkingDir: root,
  outdir: cache,
  // A long report goes on with the program that it began with, whatever is edited and run meanwhile.
  entryNames: "[name]-[hash]",
  outExtension: { ".js": ".mjs" },
  metafile: true,
  bundle: true,
  packages: "external",
  platform: "node",
  target: "node20",
  format: "esm",
  logLevel: "error",
});
const { runCli } = await import(pathToFileURL(bundleOf("sim/cli.ts")).href);
process.exitCode = await runCli({ arguments: process.argv.slice(2), root, worker: bundleOf("sim/worker.ts"), cache });

/** @param {string} source */
function bundleOf(source) {
  const [file] = Object.entries(metafile.outputs).find(([, { entryPoint }]) => entryPoint === source) ?? [];
  if (file === undefined) throw new Error(`no bundle of ${source}`);
  return path.join(root, file);
}
