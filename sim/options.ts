/** What the command line of the simulator may say, read and checked. */
import { parseArgs } from "node:util";
import { DEFAULT_TUNING, type SwarmTuning } from "../src/swarm/core/tuning.ts";
import type { Proof, UplinkMix } from "./model/plan.ts";
import type { Asked, Scenario } from "./scenario.ts";
import { SCENARIOS } from "./scenarios.ts";

export type Command =
  | { readonly type: "help" }
  | { readonly type: "report"; readonly quick: boolean }
  | { readonly type: "baselines" }
  | RunCommand;

export interface RunCommand {
  readonly type: "run";
  readonly scenario: Scenario;
  readonly asked: Asked;
  /** As many runs, with one seed after the other. */
  readonly seeds: number;
  readonly json: boolean;
  readonly traceFile: string | undefined;
}

/** Thrown for a command line that makes no sense; its message is for the person who typed it. */
export class UsageError extends Error {}

export const UPLINK_MIXES = [
  "mixed",
  "tight",
  "poor",
  "edge",
  "tiny",
  "equal",
  "super",
  "none",
] as const satisfies UplinkMix[];

const PROOFS = ["none", "roots", "attested"] as const satisfies Proof[];

export const usage = (): string => `npm run sim -- <scenario> [options]
  --viewers N            once all have come
  --seed S               the same seed gives the same trace hash (1)
  --seeds K              K runs, from seed S on, in parallel; their medians (1)
  --uplinks MIX          ${UPLINK_MIXES.join(", ")}
  --segment-seconds D
  --behind-seconds L     distance to the live edge; live scenarios only
  --bitrate-mbps R
  --session-seconds T    mean time that a viewer stays; 0 or inf: to the end
  --minutes M            measured time, after the warm-up
  --loss-pct P           of the packets between viewers
  --upload-ratio X       nobody gives more than X times what he received; 1 as in a browser
  --no-geo               the tracker does not know where viewers are; regions only
  --proof KIND           ${PROOFS.join(", ")}: what the bytes of peers are checked against
  --tune NAME=VALUE      a number of src/swarm/core/tuning.ts; may be repeated
  --trace FILE           a trace for Perfetto or chrome://tracing, one track per viewer
  --json                 the figures as JSON and nothing else (with npm run --silent, npm too)
What is left out is as the scenario has it:
${SCENARIOS.map(({ name, question }) => `  ${name.padEnd(22)} ${question}`).join("\n")}

npm run sim -- report [--quick]    writes docs/simulation.md; --quick: one seed, at most 500 viewers
npm run sim -- baselines           measures sim/baselines.json anew`;

export function parseCommand(args: readonly string[]): Command {
  const { values, positionals } = readArguments(args);
  const [name, ...more] = positionals;
  if (values.help || name === undefined) return { type: "help" };
  if (more.length > 0) throw new UsageError(`one scenario at a time, not ${positionals.join(" and ")}`);
  const options = Object.keys(values);
  if (name === "report") {
    refuse(name, options, ["quick"]);
    return { type: "report", quick: values.quick ?? false };
  }
  if (name === "baselines") {
    refuse(name, options, []);
    return { type: "baselines" };
  }
  const scenario = SCENARIOS.find((one) => one.name === name);
  const names = [...SCENARIOS.map((one) => one.name), "report", "baselines"];
  if (!scenario) throw new UsageError(`unknown scenario ${name}; there are ${names.join(", ")}`);
  if (values.quick) throw new UsageError("--quick belongs to report");
  const seeds = numberOf("seeds", values.seeds, { min: 1, max: 1000, whole: true }) ?? 1;
  if (seeds > 1 && values.trace !== undefined) throw new UsageError("--trace shows one run: leave out --seeds");
  return {
    type: "run",
    scenario,
    asked: askedOf(scenario, values),
    seeds,
    json: values.json ?? false,
    traceFile: values.trace,
  };
}

/** The command that repeats one of the runs that `args` asked for. */
export function replayCommand(args: readonly string[], seed: number): string {
  const kept: string[] = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? "";
    if (arg === "--seed" || arg === "--seeds") i++;
    else if (!/^--seeds?=|^--json$/.test(arg)) kept.push(arg);
  }
  return `npm run sim -- ${[...kept, "--seed", String(seed)].join(" ")}`;
}

type Values = ReturnType<typeof readArguments>["values"];

function readArguments(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        viewers: { type: "string" },
        seed: { type: "string" },
        seeds: { type: "string" },
        uplinks: { type: "string" },
        "segment-seconds": { type: "string" },
        "behind-seconds": { type: "string" },
        "bitrate-mbps": { type: "string" },
        "session-seconds": { type: "string" },
        minutes: { type: "string" },
        "loss-pct": { type: "string" },
        "upload-ratio": { type: "string" },
        "no-geo": { type: "boolean" },
        proof: { type: "string" },
        tune: { type: "string", multiple: true },
        trace: { type: "string" },
        json: { type: "boolean" },
        quick: { type: "boolean" },
        help: { type: "boolean" },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function refuse(name: string, options: readonly string[], allowed: readonly string[]): void {
  const stray = options.find((option) => !allowed.includes(option));
  if (stray !== undefined) throw new UsageError(`${name} takes no --${stray}`);
}

function askedOf(scenario: Scenario, values: Values): Asked {
  const megabits = numberOf("bitrate-mbps", values["bitrate-mbps"], { min: 0.05, max: 200 });
  const minutes = numberOf("minutes", values.minutes, { min: 0.1, max: 240 });
  const lossPct = numberOf("loss-pct", values["loss-pct"], { min: 0, max: 50 });
  const uploadRatioMax = numberOf("upload-ratio", values["upload-ratio"], { min: 0, max: 1000 });
  const asked: Asked = {
    seed: numberOf("seed", values.seed, { min: 0, max: 0xffff_ffff, whole: true }),
    viewers: numberOf("viewers", values.viewers, { min: 1, max: 100_000, whole: true }),
    uplinks: uplinksOf(values.uplinks),
    segmentSeconds: numberOf("segment-seconds", values["segment-seconds"], { min: 0.5, max: 30 }),
    behindSeconds: numberOf("behind-seconds", values["behind-seconds"], { min: 1, max: 120 }),
    bitsPerSecond: megabits === undefined ? undefined : 1e6 * megabits,
    sessionSeconds: sessionOf(values["session-seconds"]),
    measuredSeconds: minutes === undefined ? undefined : 60 * minutes,
    sharing: uploadRatioMax === undefined ? undefined : { uploadRatioMax },
    lossShare: lossPct === undefined ? undefined : lossPct / 100,
    isRegionTold: values["no-geo"] ? false : undefined,
    proof: proofOf(values.proof),
    tuning: values.tune && tuningOf(values.tune),
  };
  const { media, segmentSeconds, network } = scenario.plan(asked);
  if (values["no-geo"] && !network.regions)
    throw new UsageError(`--no-geo: ${scenario.name} has no regions that the tracker could know`);
  if (media.type === "vod" && asked.behindSeconds !== undefined)
    throw new UsageError(`--behind-seconds: ${scenario.name} is video on demand, which has no live edge`);
  if (media.type === "live" && media.behindSeconds < segmentSeconds)
    throw new UsageError(
      `--behind-seconds must be at least one segment (${segmentSeconds} s), not ${media.behindSeconds}`,
    );
  return asked;
}

interface Range {
  readonly min: number;
  readonly max: number;
  readonly whole?: true;
}

function numberOf(option: string, text: string | undefined, { min, max, whole }: Range): number | undefined {
  if (text === undefined) return undefined;
  const value = text.trim() === "" ? NaN : Number(text);
  if (!(value >= min && value <= max) || (whole && !Number.isInteger(value)))
    throw new UsageError(`--${option} must be a ${whole ? "whole " : ""}number from ${min} to ${max}, not ${text}`);
  return value;
}

function sessionOf(text: string | undefined): number | undefined {
  if (text === "0" || text === "inf") return Infinity;
  try {
    return numberOf("session-seconds", text, { min: 5, max: 86_400 });
  } catch {
    throw new UsageError(`--session-seconds must be 0, inf or a number from 5 to 86400, not ${text ?? ""}`);
  }
}

function uplinksOf(text: string | undefined): UplinkMix | undefined {
  const mix = UPLINK_MIXES.find((one) => one === text);
  if (text !== undefined && !mix)
    throw new UsageError(`--uplinks must be one of ${UPLINK_MIXES.join(", ")}, not ${text}`);
  return mix;
}

function proofOf(text: string | undefined): Proof | undefined {
  const proof = PROOFS.find((one) => one === text);
  if (text !== undefined && !proof) throw new UsageError(`--proof must be one of ${PROOFS.join(", ")}, not ${text}`);
  return proof;
}

function tuningOf(settings: readonly string[]): Partial<SwarmTuning> {
  const tuning: { -readonly [Name in keyof SwarmTuning]?: number } = {};
  for (const setting of settings) {
    const [name = "", text = "", ...more] = setting.split("=");
    if (!isTuning(name)) throw new UsageError(`--tune ${name}: there are ${Object.keys(DEFAULT_TUNING).join(", ")}`);
    const value = text.trim() === "" || more.length > 0 ? NaN : Number(text);
    if (!Number.isFinite(value)) throw new UsageError(`--tune ${name} must be ${name}=<number>, not ${setting}`);
    tuning[name] = value;
  }
  return tuning;
}

const isTuning = (name: string): name is keyof SwarmTuning => Object.hasOwn(DEFAULT_TUNING, name);
