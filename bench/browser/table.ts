/** The figures as a table for people, and the line that says what to make of them. */
import type { Figures } from "./figures.ts";
import type { MachineFacts } from "./machine.ts";

/** One row a figure, one column a contender: names are long, numbers short. */
export function tableOf(figures: readonly Figures[]): string {
  const rows = ROWS.filter((row) => figures.some((one) => row.cell(one) !== ABSENT || !row.optional));
  const columns = [
    ["", ...rows.map((row) => row.title)],
    ...figures.map((one) => [one.name, ...rows.map((row) => row.cell(one))]),
  ];
  const widths = columns.map((column) => Math.max(...column.map((cell) => cell.length)));
  const lines = ["", ...rows].map((_row, i) =>
    columns
      .map((column, c) =>
        c === 0 ? (column[i] ?? "").padEnd(widths[c] ?? 0) : (column[i] ?? "").padStart(widths[c] ?? 0),
      )
      .join("  ")
      .trimEnd(),
  );
  return lines.join("\n");
}

export function machineLineOf(name: string, machine: MachineFacts): string {
  const foreign = machine.foreignCores === undefined ? "unknown" : `${machine.foreignCores.toFixed(2)} cores`;
  return (
    `${name}: ${String(machine.cores)} cores (${machine.cpu}), ${percent(machine.busyShare)} busy, ` +
    `other programs ${foreign}, timers late by ${machine.timerLagP99Ms.toFixed(0)} ms (p99)`
  );
}

interface Row {
  readonly title: string;
  readonly cell: (figures: Figures) => string;
  /** Left out when no contender has it. */
  readonly optional?: true;
}

const ABSENT = "-";

const number = (value: number | null, digits: number): string => (value === null ? ABSENT : value.toFixed(digits));
const percent = (share: number | null): string => (share === null ? ABSENT : `${(100 * share).toFixed(1)} %`);
const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);
const stallsOf = (count: number | null, ms: number | null): string =>
  count === null || ms === null ? ABSENT : `${String(count)} / ${(ms / 1000).toFixed(1)}`;

const ROWS: readonly Row[] = [
  { title: "viewers that played", cell: (one) => `${String(one.viewersStarted)} of ${String(one.viewers)}` },
  { title: "CDN copies per segment, steady", cell: (one) => number(one.copiesPerSegment, 2) },
  { title: "CDN copies per segment, whole run", cell: (one) => number(one.copiesPerSegmentRun, 2) },
  { title: "segments in steady state", cell: (one) => String(one.steadySegments) },
  { title: "offload, steady", cell: (one) => percent(one.offloadSteady) },
  { title: "offload, whole run", cell: (one) => percent(one.offloadRun) },
  { title: "CDN bytes per byte played", cell: (one) => number(one.cdnPerPlayedByte, 3) },
  { title: "CDN bytes per byte of one viewer", cell: (one) => number(one.cdnPerViewerByte, 2) },
  { title: "start-up ms, median", cell: (one) => number(one.startupMsMedian, 0) },
  { title: "start-up ms, p95", cell: (one) => number(one.startupMsP95, 0) },
  { title: "stalls n / s", cell: (one) => stallsOf(one.stalls, one.stallMs) },
  {
    title: "of them after the fault",
    cell: (one) => stallsOf(one.stallsAfterFault, one.stallMsAfterFault),
    optional: true,
  },
  { title: "latency to live s", cell: (one) => number(one.latencySeconds, 1), optional: true },
  { title: "main thread", cell: (one) => percent(one.mainThreadShare) },
  { title: "JS heap MB", cell: (one) => number(one.heapMb, 1) },
  { title: "CDN MB", cell: (one) => megabytes(one.cdnBytes) },
  { title: "peers MB, library's count", cell: (one) => megabytes(one.peerBytes) },
  { title: "peers MB, on data channels", cell: (one) => megabytes(one.channelBytes) },
  { title: "largest upload / fair share", cell: (one) => number(one.uploadMaxShare, 2) },
  { title: "played MB", cell: (one) => megabytes(one.playedBytes) },
  { title: "waste %", cell: (one) => number(one.wastePct, 1) },
  { title: "altered segments", cell: (one) => String(one.alteredSegments) },
];
