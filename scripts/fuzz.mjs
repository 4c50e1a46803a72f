/**
 * `npm run fuzz`: every fuzz test, with a fresh seed and many more runs than `npm test` gives them: 10,000 runs
 * are a million frames for each codec and for each core behind one (testkit/fuzz/). FUZZ_SEED and FUZZ_RUNS
 * replay one; words after `--` choose files by a part of their path, like `npm run fuzz -- tests/tracker/fuzz`.
 */
import { spawnSync } from "node:child_process";
import { randomInt } from "node:crypto";

const { FUZZ_SEED = String(randomInt(2 ** 31)), FUZZ_RUNS = "10000" } = process.env;
const files = process.argv.length > 2 ? process.argv.slice(2) : ["fuzz"];
console.log(`FUZZ_SEED=${FUZZ_SEED} FUZZ_RUNS=${FUZZ_RUNS}`);
const args = ["run", "--project", "unit", "--project", "servers", "--testTimeout", "3600000", ...files];
const env = { ...process.env, FUZZ_SEED, FUZZ_RUNS };
process.exit(spawnSync("npx", ["vitest", ...args], { stdio: "inherit", env }).status ?? 1);
