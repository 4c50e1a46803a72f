/** Figures of viewers as people and programs read them. */
import type { TrackerNews } from "../headless/tracker-watch.ts";
import type { SwarmFigures } from "./figures.ts";
import type { HeadlessViewer } from "./headless-viewer.ts";

/** One line while they watch. */
export function lineOf(figures: SwarmFigures): string {
  const { seconds, viewers, playing, joined, offload, cdnBytes, peerBytes, stalls, startUpMsP50, startUpMsP95 } =
    figures;
  return (
    [
      `${seconds.toFixed(0)} s`,
      `${playing} of ${viewers} play, ${joined} at the tracker`,
      `${percent(offload)} from peers`,
      `CDN ${megabytes(cdnBytes)}`,
      `peers ${megabytes(peerBytes)}`,
      `stalls ${stalls}`,
      `start-up ${secondsOf(startUpMsP50)}, p95 ${secondsOf(startUpMsP95)}`,
      `links ${figures.linksMean.toFixed(1)}`,
    ].join("  ") + "\n"
  );
}

/** When no tracker lets any of them in, and when one does after all. */
export function trackerLines(write: (line: string) => void): TrackerNews {
  let isAway = false;
  return {
    away(fault) {
      isAway = true;
      write(`no tracker lets them in, so nobody meets: ${fault}\n`);
    },
    joined() {
      if (isAway) write("a tracker lets them in\n");
      isAway = false;
    },
  };
}

/** The summary. */
export function tableOf(figures: SwarmFigures): string {
  const rows: ReadonlyArray<readonly [string, string]> = [
    ["seconds", figures.seconds.toFixed(0)],
    ["viewers at the end, and who had left", `${figures.viewers}, ${figures.left}`],
    ["of them at the tracker", String(figures.joined)],
    ["from peers, of what players were given", percent(figures.offload)],
    ["sent by the CDN", megabytes(figures.cdnBytes)],
    ["sent by peers", megabytes(figures.peerBytes)],
    ["of it all not used", megabytes(figures.wastedBytes)],
    ["stalls, and viewers who had any", `${figures.stalls}, ${figures.stalledViewers}`],
    ["stalled, all together", secondsOf(figures.stalledMs)],
    ["segments refused by the CDN", String(figures.failedSegments)],
    ["engines that retired", String(figures.retired)],
    ["start-up, median", secondsOf(figures.startUpMsP50)],
    ["start-up, 95th percentile", secondsOf(figures.startUpMsP95)],
    [
      "behind live, median",
      figures.latencySecondsP50 === undefined ? "-" : `${figures.latencySecondsP50.toFixed(1)} s`,
    ],
    ["links, mean", figures.linksMean.toFixed(1)],
  ];
  return rows.map(([name, value]) => `${name.padEnd(42)}${value.padStart(12)}\n`).join("");
}

/** One viewer, in the words of SwarmStats. */
export function memberOf(viewer: HeadlessViewer) {
  const { self, tracker, offload, originReceivedBytes, peerReceivedBytes, uploadedBytes, peers } = viewer.swarm();
  const { phase, stalls, startUpMs, bufferSeconds, latencySeconds } = viewer.player();
  return {
    ...{ name: viewer.name, self, tracker, phase, stalls, startUpMs, bufferSeconds, latencySeconds },
    ...{ offload, originReceivedBytes, peerReceivedBytes, uploadedBytes },
    peers: peers.map(({ peer, state, seeder, receivedBytes, sentBytes }) => ({
      ...{ peer, state, seeder, receivedBytes, sentBytes },
    })),
  };
}

const percent = (share: number): string => `${(100 * share).toFixed(0)} %`;
const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
const secondsOf = (ms: number | undefined): string => (ms === undefined ? "-" : `${(ms / 1000).toFixed(1)} s`);
