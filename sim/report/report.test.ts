import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { check, resolveConfig } from "prettier";
import { afterAll, expect, test, vi } from "vitest";
import { hostOf } from "../host.ts";
import type { RunResult } from "../model/figures.ts";
import type { Plan } from "../model/plan.ts";
import { simulate } from "../model/simulator.ts";
import { live } from "../scenarios/live.ts";
import { commandFor, questionsUpTo } from "./questions.ts";
import { writeReport } from "./report.ts";

vi.spyOn(console, "log").mockImplementation(() => {});
const docs = mkdtempSync(path.join(tmpdir(), "docs-"));
afterAll(() => rmSync(docs, { recursive: true }));

const small = simulate(live.plan({ viewers: 3, measuredSeconds: 8 }), hostOf());
const resultWith = (offloadOfBound: number, violations: readonly string[]): RunResult => ({
  ...small,
  figures: { ...small.figures, offloadOfBound, copiesPerSegment: 1.01, cdnBytesPerBytePlayed: 0.1 },
  violations,
});
const page = (): string => readFileSync(path.join(docs, "simulation.md"), "utf8");

test("every question is answered with five seeds, and every picture is there", async () => {
  const plans: Plan[] = [];
  const run = (plan: Plan) => {
    plans.push(plan);
    return Promise.resolve(resultWith(0.995, []));
  };
  expect(await writeReport({ quick: false, docs, run })).toBe(0);

  expect(plans.length).toBe(5 * questionsUpTo(Infinity).length);
  expect(new Set(plans.map(({ seed }) => seed))).toEqual(new Set([1, 2, 3, 4, 5]));
  for (const question of questionsUpTo(Infinity)) expect(page()).toContain(`| \`${commandFor(question)}\` `);
  expect(page()).not.toContain("missed");
  expect(page()).not.toContain("What did not hold");
  const pictures = [...page().matchAll(/\((simulation\/[a-z-]+\.svg)\)/g)].map(([, file]) => file ?? "");
  expect(pictures.map((file) => path.basename(file)).sort()).toEqual(readdirSync(path.join(docs, "simulation")).sort());
  for (const file of pictures) expect(readFileSync(path.join(docs, file), "utf8")).not.toContain("NaN");
  expect(await check(page(), { ...(await resolveConfig("docs/simulation.md")), parser: "markdown" })).toBe(true);
});

test("a missed aim is told, and so is what did not hold, with an exit code", async () => {
  const run = ({ uplinks }: Plan) =>
    Promise.resolve(resultWith(0.5, uplinks === "tight" ? ["at 3.000 s viewer 4 did what it must not"] : []));
  expect(await writeReport({ quick: true, docs, run })).toBe(1);
  expect(page()).toContain("≥ 98.5 %, **missed**");
  expect(page()).toContain("- `live --uplinks tight --viewers 20`, seed 1: at 3.000 s viewer 4 did what it must not");
  expect(page()).not.toContain("2000 | mixed");
});
