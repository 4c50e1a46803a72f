/** Runs the command `swarm`: viewers watch, and every few seconds it is said how they fare. */
import { SILENT } from "../base/logger.ts";
import type { Seconds } from "../base/time.ts";
import { openViewers, type SwarmOptions } from "./open-viewers.ts";
import { lineOf, memberOf, tableOf, trackerLines } from "./report.ts";

/** What the command is told beside the stream and its trackers. */
export interface SwarmFlags extends Omit<SwarmOptions, "playlist" | "tracker"> {
  readonly seconds: Seconds;
  readonly reportSeconds: Seconds;
  readonly json?: true;
  readonly each?: true;
  readonly strict?: true;
}

export async function runSwarm(options: SwarmFlags & SwarmOptions): Promise<void> {
  const { seconds, reportSeconds, json, each, strict } = options;
  const print = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);
  const { pool, close } = await openViewers(options, {
    logger: SILENT,
    trackers: trackerLines((line) => void process.stderr.write(line)),
    got: (segment) => {
      if (each) print({ type: "segment", ...segment });
    },
  });
  const report = (ended: boolean): void => {
    const members = each && { members: pool.viewers.map(memberOf) };
    if (json) print({ type: "report", ended, ...pool.figures(), ...members });
    else process.stderr.write(lineOf(pool.figures()));
  };
  const reporting = setInterval(report, reportSeconds * 1000, false);
  await endOf(seconds);
  clearInterval(reporting);
  const figures = pool.figures();
  if (json) report(true);
  else process.stdout.write(tableOf(figures));
  close();
  if (strict && (figures.stalls > 0 || figures.startUpMsP50 === undefined)) process.exitCode = EXIT_STALLED;
  // WebRTC's threads would keep the process for some seconds more.
  setTimeout(() => process.exit(), GOODBYE_MS);
}

/** The time is over, or somebody has had enough. */
function endOf(seconds: Seconds): Promise<void> {
  return new Promise((resolve) => {
    if (seconds > 0) setTimeout(resolve, seconds * 1000);
    for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, resolve);
  });
}

const EXIT_STALLED = 1;
/** Links say goodbye, and the tracker is told. */
const GOODBYE_MS = 200;
