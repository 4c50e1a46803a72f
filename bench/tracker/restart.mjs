/**
 * `node bench/tracker/restart.mjs [viewers]`: a crowd joins a tracker, which is killed with SIGKILL and two seconds later
 * started again on the same port. Says how the crowd came back. Needs `npm run build`, and twice as many open files as
 * viewers: `ulimit -n 65536`.
 */
import { fork, spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import readline from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

const viewers = Number(process.argv[2] ?? 10_000);
const here = import.meta.dirname;

async function startTracker(port) {
  const child = fork(path.join(here, "restart-process.mjs"), [String(port)]);
  const [told] = await once(child, "message");
  const tracker = { child, port: told.port, last: undefined, full: undefined };
  child.on("message", (figures) => {
    tracker.last = figures;
    if (figures.viewers >= viewers) tracker.full ??= figures; // before they all leave at once
  });
  return tracker;
}

let tracker = await startTracker(0);
const crowd = [
  ...["load", "--expect-restart", "--json", "--tracker", `ws://127.0.0.1:${tracker.port}`],
  ...["--viewers", String(viewers), "--swarms", "10", "--joins-per-second", "500", "--hold-seconds", "60"],
];
const load = spawn(process.execPath, [path.join(here, "../../dist/cli.js"), ...crowd], {
  stdio: ["ignore", "pipe", "pipe"],
});
let out = "";
load.stdout.setEncoding("utf8").on("data", (text) => (out += text));
const ended = once(load, "exit");
for await (const line of readline.createInterface({ input: load.stderr })) {
  console.error(line);
  if (!line.startsWith("all are in")) continue;
  const before = tracker.last;
  tracker.child.kill("SIGKILL");
  await sleep(2_000);
  tracker = await startTracker(tracker.port);
  console.error(`killed with ${before.viewers} viewers, and back`);
}
await ended;
const figures = JSON.parse(out);
const { counters, refusals, lagMs, cpuSeconds } = tracker.full ?? tracker.last;
console.log(JSON.stringify({ ...figures, tracker: { ...counters, refusals, lagMs, cpuSeconds } }, undefined, 2));
tracker.child.disconnect();
const isGood = figures.back === viewers && figures.backMsMax < 30_000 && Object.keys(refusals).length === 0;
if (!isGood) console.error("not everybody was back within 30 s, or somebody was refused");
process.exitCode = isGood ? 0 : 1;
