/** The result as JSON for scripts, and as a table for people. */
import { machineLineOf } from "../browser/table.ts";
import { bestOf, type Figures, type StageFigures } from "./figures.ts";
import type { BenchOptions } from "./options.ts";
import type { WatchedStage } from "./session.ts";

export interface Result extends Figures<WatchedStage> {
  readonly options: BenchOptions;
  readonly warnings: readonly string[];
}

export const jsonOf = (result: Result): string =>
  JSON.stringify(result, (_key, value: unknown) => (typeof value === "number" ? rounded(value) : value), 2);

export function textOf(result: Result): string {
  const { peers, mbps, cpuSecondsPerGb, nginxCpuSecondsPerGb, timesNginx, bytesPerPeer, stages, options } = result;
  const { machine } = bestOf(stages, options.peers) ?? {};
  const machineLines = machine ? [machineLineOf(`machine, with ${peers} peers`, machine)] : [];
  const memory = bytesPerPeer === null ? "-" : `${(bytesPerPeer / 1e6).toFixed(2)} MB`;
  return [
    HEADERS.join(""),
    ...stages.map(rowOf),
    "",
    `${peers} peers, ${mbps.toFixed(0)} Mbit/s`,
    `CPU: ${cpuSecondsPerGb.toFixed(2)} s/GB; nginx ${nginxCpuSecondsPerGb.toFixed(2)}: ${timesNginx.toFixed(0)} times that`,
    `memory: ${memory} a peer`,
    "",
    ...machineLines,
    ...result.warnings.map((warning) => `  ! ${warning}`),
  ].join("\n");
}

function rowOf(stage: StageFigures): string {
  const { peers, links, wantedMbps, mbps, cores, cpuSecondsPerGb, cdnCopies, offload, peersCdnShare, stalls } = stage;
  return [
    ...[String(peers), String(links), wantedMbps.toFixed(1), mbps.toFixed(1), cores.toFixed(2)],
    ...[cpuSecondsPerGb.toFixed(1), cdnCopies.toFixed(2), percent(offload), percent(peersCdnShare), String(stalls)],
    (stage.rssBytes / 1e6).toFixed(0),
  ]
    .map((cell, column) => cell.padStart(HEADERS[column]?.length ?? 0))
    .join("");
}

const HEADERS = [
  ...["peers", "  links", "  wanted Mbit/s", "  got Mbit/s", "  cores", "  CPU s/GB", "  CDN copies", "  offload"],
  ...["  peers' own CDN", "  stalls", "  RSS MB"],
];

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** Four decimals: more would only look exact. */
const rounded = (value: number): number => Math.round(value * 1e4) / 1e4;
