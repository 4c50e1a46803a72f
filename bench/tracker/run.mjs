/** `npm run bench:tracker`: builds what is missing, then hands over to bench.ts. `--quick`, `--rounds N`, `--json`. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

const root = path.resolve(import.meta.dirname, "../..");
const bench = path.join(root, "bench");
run("node", ["scripts/setup.mjs"], root);
if (!existsSync(path.join(bench, "node_modules/bittorrent-tracker")))
  run("npm", ["ci", "--no-audit", "--no-fund"], bench);
run("npm", ["run", "build"], root);

const { build } = await import("esbuild");
const program = path.join(bench, ".cache/tracker.mjs");
mkdirSync(path.dirname(program), { recursive: true });
await build({
  entryPoints: [path.join(import.meta.dirname, "bench.ts")],
  outfile: program,
  bundle: true,
  packages: "external",
  platform: "node",
  target: "node20",
  format: "esm",
  logLevel: "error",
});
const { runBench } = await import(pathToFileURL(program).href);
await runBench(process.argv.slice(2), root);

function run(command, args, cwd) {
  const { status } = spawnSync(command, args, { cwd, stdio: ["ignore", "ignore", "inherit"] });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")} ended with ${String(status)}`);
}
