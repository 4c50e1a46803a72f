/** What the machine did during a run: whether its figures may be trusted. */
import { readdirSync, readFileSync } from "node:fs";
import { cpus } from "node:os";
import { monitorEventLoopDelay } from "node:perf_hooks";

export interface MachineFacts {
  readonly cores: number;
  readonly cpu: string;
  /** Of all cores, from 0 to 1. */
  readonly busyShare: number;
  /** Cores that something else than the benchmark kept busy; undefined where /proc is missing. */
  readonly foreignCores: number | undefined;
  /** How late the harness's own timers were. */
  readonly timerLagP99Ms: number;
}

export class MachineWatch {
  readonly #since = reading();
  readonly #lag = monitorEventLoopDelay({ resolution: LAG_RESOLUTION_MS });

  constructor() {
    this.#lag.enable();
  }

  stop(): MachineFacts {
    this.#lag.disable();
    const until = reading();
    const cores = cpus().length;
    const totalMs = until.totalMs - this.#since.totalMs;
    const busyMs = until.busyMs - this.#since.busyMs;
    const wallMs = totalMs / cores;
    const own = ownMsBetween(this.#since.ownTicks, until.ownTicks);
    return {
      cores,
      cpu: cpus()[0]?.model ?? "unknown",
      busyShare: busyMs / totalMs,
      foreignCores: own === undefined ? undefined : Math.max(0, (busyMs - own) / wallMs),
      timerLagP99Ms: Math.max(0, this.#lag.percentile(99) / 1e6 - LAG_RESOLUTION_MS),
    };
  }
}

interface Reading {
  readonly totalMs: number;
  readonly busyMs: number;
  /** CPU time by process, of this process and its descendants. */
  readonly ownTicks: ReadonlyMap<number, number>;
}

function reading(): Reading {
  let totalMs = 0;
  let idleMs = 0;
  for (const { times } of cpus()) {
    totalMs += times.user + times.nice + times.sys + times.idle + times.irq;
    idleMs += times.idle;
  }
  return { totalMs, busyMs: totalMs - idleMs, ownTicks: ticksOfDescendants() };
}

/** Processes that ended in between are not seen: their time counts as foreign. */
function ownMsBetween(since: ReadonlyMap<number, number>, until: ReadonlyMap<number, number>): number | undefined {
  if (until.size === 0) return undefined;
  let ticks = 0;
  for (const [pid, count] of until) ticks += count - (since.get(pid) ?? 0);
  return ticks * MS_PER_TICK;
}

function ticksOfDescendants(): Map<number, number> {
  const all = new Map<number, { readonly parent: number; readonly ticks: number }>();
  for (const entry of listProcesses()) {
    const stat = readStat(entry);
    if (stat) all.set(Number(entry), stat);
  }
  const own = new Map<number, number>();
  for (const [pid, { ticks }] of all) if (isDescendant(pid, all)) own.set(pid, ticks);
  return own;
}

function isDescendant(pid: number, all: ReadonlyMap<number, { readonly parent: number }>): boolean {
  for (let at: number | undefined = pid; at !== undefined && at > 0; at = all.get(at)?.parent)
    if (at === process.pid) return true;
  return false;
}

function listProcesses(): readonly string[] {
  try {
    return readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  } catch {
    return []; // not Linux
  }
}

function readStat(pid: string): { readonly parent: number; readonly ticks: number } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    // Its second field is a name in brackets that may hold anything, so count from the last bracket (proc(5)).
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return { parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) };
  } catch {
    return undefined; // ended while we looked
  }
}

const LAG_RESOLUTION_MS = 10;
/** USER_HZ is 100 on every Linux that Chromium runs on. */
const MS_PER_TICK = 10;
