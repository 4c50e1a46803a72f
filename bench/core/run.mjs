/**
 * `npm run bench:core`: how fast one swarm core decides, and what checking a segment costs. Bundles stage.ts and hashing.ts
 * and prints what they measured; `--json` for machines, `--minutes N` for how much of a stream to play.
 */
import path from "node:path";
import { parseArgs } from "node:util";
import { loadProgram } from "../load-program.mjs";

/** Enough for a mean. */
const HASHED_SEGMENTS = 100;

const { values } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    minutes: { type: "string", default: "10" },
    peers: { type: "string", default: "12" },
  },
});
const cache = path.resolve(import.meta.dirname, "../.cache");
const { playStage } = await loadProgram(path.join(import.meta.dirname, "stage.ts"), cache);
const { hashSegments } = await loadProgram(path.join(import.meta.dirname, "hashing.ts"), cache);

playStage({ minutes: 1, peers: Number(values.peers) }); // so that the engine has compiled what is measured
const before = process.cpuUsage();
const played = playStage({ minutes: Number(values.minutes), peers: Number(values.peers) });
const { user, system } = process.cpuUsage(before);
// Of the whole stage, puppets included, and so not to be compared with the rows; but other programs disturb it little.
const cpuMsPerViewerSecond = (user + system) / 1000 / (60 * Number(values.minutes));
const hashing = await hashSegments(HASHED_SEGMENTS);
const result = { ...played, cpuMsPerViewerSecond, hashing };
console.log(values.json ? JSON.stringify(result) : tableOf(result));

function tableOf({ rows, ratios, secondsPerHour, cpuMsPerViewerSecond, hashing }) {
  const lines = rows.map(
    ({ event, count, share, microseconds }) =>
      `${event.padEnd(22)}${String(count).padStart(10)}${microseconds.toFixed(2).padStart(10)} us${(share * 100).toFixed(1).padStart(8)} %`,
  );
  const names = Object.entries(ratios).map(([name, value]) => `${name.padEnd(32)}${value.toFixed(3).padStart(10)}`);
  const cpu = `the whole stage ${cpuMsPerViewerSecond.toFixed(2)} ms CPU per viewer-second`;
  const checked = `checking 2 MiB against a root ${hashing.cpuMsPerSegment.toFixed(2)} ms CPU`;
  return [...lines, "", ...names, "", checked, `one viewer-hour costs ${secondsPerHour.toFixed(2)} s; ${cpu}`].join(
    "\n",
  );
}
