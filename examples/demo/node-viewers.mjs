/** Viewers of `hls-swarm swarm`: engines and WebRTC without a browser, all in one process. */
import { startProgram } from "./program.mjs";

/** @import { Member } from "./members.mjs" */

/**
 * @param {number} count
 * @param {{ liveUrl: string, trackerUrl: string, say: (who: string, text: string) => void }} options
 */
export function startNodeViewers(count, { liveUrl, trackerUrl, say }) {
  /** @type {Member[]} */
  let members = [];
  const options = [
    "--viewers",
    String(count),
    "--seconds",
    "0",
    "--ramp-seconds",
    String(count / VIEWERS_PER_SECOND),
    "--report-seconds",
    "1",
  ];
  const program = startProgram(["swarm", liveUrl, "--tracker", trackerUrl, ...options, "--json", "--each"], (text) => {
    if (!text.startsWith("{")) return say("viewers", text);
    const line = JSON.parse(text);
    if (line.type === "report") members = line.members.map(memberOf);
    else
      say(line.viewer, `got ${line.sequence}: ${percent(line.peerBytes / (line.peerBytes + line.originBytes))} peers`);
  });
  return { members: () => members, close: () => program.close() };
}

/** @param {Member & { phase: string, latencySeconds?: number }} viewer */
function memberOf({ phase, latencySeconds, ...member }) {
  const behind = latencySeconds === undefined ? "" : `, ${latencySeconds.toFixed(0)} s behind live`;
  return { ...member, kind: "viewer", note: `It is ${phase}${behind}.` };
}

const percent = (/** @type {number} */ share) => `${(100 * share).toFixed(0)} %`;

const VIEWERS_PER_SECOND = 2;
