import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { hostOf } from "./host.ts";
import type { Plan } from "./model/plan.ts";
import { simulate } from "./model/simulator.ts";
import { cached } from "./result-cache.ts";
import { live } from "./scenarios/live.ts";

const folder = mkdtempSync(path.join(tmpdir(), "results-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("a run is made once per plan and program", async () => {
  const program = path.join(folder, "worker.mjs");
  const made: number[] = [];
  const run = (plan: Plan) => {
    made.push(plan.seed);
    return Promise.resolve(simulate(plan, hostOf()));
  };
  const planOf = (seed: number) => live.plan({ seed, viewers: 1, measuredSeconds: 1, sessionSeconds: Infinity });

  writeFileSync(program, "version 1");
  const first = await cached(run, program, folder)(planOf(1));
  expect(await cached(run, program, folder)(planOf(1))).toEqual(first);
  await cached(run, program, folder)(planOf(2));
  expect(made).toEqual([1, 2]);

  writeFileSync(program, "version 2");
  await cached(run, program, folder)(planOf(1));
  expect(made).toEqual([1, 2, 1]);
});
