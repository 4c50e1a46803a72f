/**
 * Results of runs on disk, so that a report that was interrupted goes on where it was. A result belongs to its plan and
 * to the program that made it; nothing here is ever stale, only no longer asked for.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { deserialize, serialize } from "node:v8";
import type { RunResult } from "./model/figures.ts";
import type { Runner } from "./pool.ts";

/** As `run`, but remembers in `folder` what `program`, a bundled file, came to. */
export function cached(run: Runner, program: string, folder: string): Runner {
  mkdirSync(folder, { recursive: true });
  const source = readFileSync(program);
  return async (plan) => {
    const key = createHash("sha256").update(source).update(serialize(plan)).digest("hex").slice(0, 32);
    const file = path.join(folder, key);
    // Written by nobody but the line below.
    if (existsSync(file)) return deserialize(readFileSync(file)) as RunResult;
    const result = await run(plan);
    writeFileSync(file, serialize(result));
    return result;
  };
}
