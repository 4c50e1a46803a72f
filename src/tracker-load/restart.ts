import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { quantile } from "../base/quantile.ts";
import type { Millis } from "../base/time.ts";
import { swarmIdOf } from "../protocol/ids.ts";
import type { LoadLog } from "./load-viewer.ts";
import { homeOf, type LoadOptions } from "./load.ts";
import { ReturningViewer } from "./returning-viewer.ts";

/** How a crowd fared that lost its tracker and got it back. Spans in ms, from when the first of them lost it. */
export interface RestartFigures {
  readonly viewers: number;
  readonly back: number;
  readonly backMsP50: Millis | undefined;
  readonly backMsMax: Millis | undefined;
  readonly keptIds: number;
  /** From `join` to its answer, of those who came back. */
  readonly joinMsP99: Millis | undefined;
  /** Joins that were refused, and sockets that could not be had, by what was said. */
  readonly refusals: Readonly<Record<string, number>>;
}

/**
 * Sends a crowd to a tracker, says when all are there, and watches them come back after somebody has restarted it: at the
 * pace of real viewers, for theirs is the code that chooses when.
 */
export async function runRestart(
  { tracker, viewers, joinsPerSecond, holdSeconds, swarms, peers }: LoadOptions,
  say: (text: string) => void,
): Promise<RestartFigures> {
  const joinMs: Millis[] = [];
  const log: LoadLog = { joinMs, answerMs: [], relayMs: [], introductions: 0, gone: 0, refusals: new Map() };
  const crowd: ReturningViewer[] = [];
  const staying: Promise<void>[] = [];
  const startedAt = performance.now();
  for (let index = 0; index < viewers; index++) {
    await sleep(Math.max(0, startedAt + (index / joinsPerSecond) * 1000 - performance.now()));
    const swarm = swarmIdOf(`load ${String(index % swarms)}`);
    const viewer = new ReturningViewer(
      { tracker, swarm, localAddress: homeOf(tracker, index), peers, seed: index },
      log,
    );
    crowd.push(viewer);
    staying.push(viewer.stay());
  }
  await until(() => crowd.every(isIn), COME_MS_MAX);
  joinMs.length = 0;
  log.refusals.clear();
  say(ALL_ARE_IN);

  await until(() => crowd.every(({ lostAt }) => lostAt !== undefined), holdSeconds * 1000);
  await until(() => crowd.every(isIn), holdSeconds * 1000);
  const lostAt = crowd.reduce((first, viewer) => Math.min(first, viewer.lostAt ?? Infinity), Infinity);
  const backMs = crowd.filter(isBack).map(({ joinedAt = 0 }) => joinedAt - lostAt);
  await sleep(STAY_MS);
  const figures: RestartFigures = {
    viewers,
    back: backMs.length,
    backMsP50: quantile(backMs, 0.5),
    backMsMax: quantile(backMs, 1),
    keptIds: crowd.reduce((sum, { keptIds }) => sum + keptIds, 0),
    joinMsP99: quantile(joinMs, 0.99),
    refusals: Object.fromEntries(log.refusals),
  };
  for (const viewer of crowd) viewer.leave();
  await Promise.all(staying);
  return figures;
}

/** Said when the tracker may be restarted. */
export const ALL_ARE_IN = "all are in: restart the tracker now";

const isIn = ({ joinedAt, lostAt }: ReturningViewer): boolean => joinedAt !== undefined && joinedAt > (lostAt ?? 0);
const isBack = (viewer: ReturningViewer): boolean => viewer.lostAt !== undefined && isIn(viewer);

/** Gives up after a while: what is missing then is in the figures. */
async function until(isSo: () => boolean, withinMs: Millis): Promise<void> {
  const giveUpAt = performance.now() + withinMs;
  while (!isSo() && performance.now() < giveUpAt) await sleep(LOOK_MS);
}

const LOOK_MS: Millis = 50;
/** So that the tracker can be asked about those who are back, before they all leave at once. */
const STAY_MS: Millis = 1_500;
/** A tracker lets in several hundred a second. */
const COME_MS_MAX: Millis = 60_000;
