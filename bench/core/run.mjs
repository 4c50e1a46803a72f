/**
 * `npm run bench:core`: how fast one swarm core decides. Bundles stage.ts and prints what it measured; `--json` for
 * machines, `--minutes N` for how much of a stream to play.
 */
import path from "node:path";
import { parseArgs } from "node:util";
import { loadProgram } from "../load-program.mjs";

const { values } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    minutes: { type: "string", default: "10" },
    peers: { type: "string", default: "12" },
  },
});
const { playStage } = await loadProgram(
  path.join(import.meta.dirname, "stage.ts"),
  path.resolve(import.meta.dirname, "../.cache"),
);

playStage({ minutes: 1, peers: Number(values.peers) }); // so that the engine has compiled what is measured
const before = process.cpuUsage();
const played = playStage({ minutes: Number(values.minutes), peers: Number(values.peers) });
const { user, system } = process.cpuUsage(before);
// Of the whole stage, puppets included, and so not to be compared with the rows; but other programs disturb it little.
const cpuMsPerViewerSecond = (user + system) / 1000 / (60 * Number(values.minutes));
const result = { ...played, cpuMsPerViewerSecond };
console.log(values.json ? JSON.stringify(result) : tableOf(result));

function tableOf({ rows, ratios, secondsPerHour, cpuMsPerViewerSecond }) {
  const lines = rows.map(
    ({ event, count, share, microseconds }) =>
      `${event.padEnd(22)}${String(count).padStart(10)}${microseconds.toFixed(2).padStart(10)} us${(share * 100).toFixed(1).padStart(8)} %`,
  );
  const names = Object.entries(ratios).map(([name, value]) => `${name.padEnd(32)}${value.toFixed(3).padStart(10)}`);
  const cpu = `the whole stage ${cpuMsPerViewerSecond.toFixed(2)} ms CPU per viewer-second`;
  return [...lines, "", ...names, "", `one viewer-hour costs ${secondsPerHour.toFixed(2)} s; ${cpu}`].join("\n");
}
