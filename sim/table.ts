/** A run's figures as text for people. */
import type { Figures, OriginBytesByReason } from "./model/figures.ts";
import type { Plan } from "./model/plan.ts";

export function planLine(plan: Plan): string {
  const { viewers, uplinks, media, segmentSeconds, bitsPerSecond, sessionSeconds, measuredSeconds } = plan;
  return [
    `${viewers} viewers`,
    `uplinks ${uplinks}`,
    `${segmentSeconds} s segments at ${bitsPerSecond / 1e6} Mbit/s`,
    media.type === "live" ? `${media.behindSeconds} s behind` : `a title of ${media.lengthSeconds / 60} minutes`,
    sessionSeconds < Infinity ? `sessions of ${sessionSeconds} s` : "nobody leaves",
    `${measuredSeconds} s measured`,
  ].join(", ");
}

/** One row a figure. `runs` gives the range beside the median, where there are several. */
export function figuresTable(figures: Figures, runs: readonly Figures[]): string {
  const rows = ROWS.map(({ title, value, text }) => {
    const values = runs.map(value);
    const range = runs.length > 1 ? [text(Math.min(...values)), text(Math.max(...values))] : [];
    return [title, text(value(figures)), ...range];
  });
  return columns(runs.length > 1 ? [["", "median", "least", "most"], ...rows] : rows);
}

export function originTable(reasons: OriginBytesByReason): string {
  const rows = [
    ["first segments of newcomers, and after a seek", reasons.start],
    ["elected to fetch for the swarm", reasons.elected],
    ["due soon, and no peer in time", reasons.due],
    ["no peer to ask", reasons.alone],
  ] as const;
  return columns(rows.map(([title, share]) => [title, percent(share)]));
}

/** What those who mean harm change: `other` is the run that theirs is held against. */
export function comparisonTable(figures: Figures, other: Figures): string {
  const rows = ROWS.filter(({ compared }) => compared).map(({ title, value, text }) => [
    title,
    text(value(figures)),
    text(value(other)),
  ]);
  const kept = ["offload kept", percent(figures.offload / other.offload), ""];
  return columns([["", "this run", "compared with"], ...rows, ...(other.offload > 0 ? [kept] : [])]);
}

/** The first column to the left, the others to the right. */
function columns(rows: readonly (readonly string[])[]): string {
  const widths = rows.reduce<number[]>((all, row) => row.map((cell, c) => Math.max(cell.length, all[c] ?? 0)), []);
  return rows
    .map((row) => row.map((cell, c) => (c === 0 ? cell.padEnd(TITLE_WIDTH) : cell.padStart(widths[c] ?? 0))).join("  "))
    .join("\n");
}

interface Row {
  readonly title: string;
  readonly value: (figures: Figures) => number;
  readonly text: (value: number) => string;
  /** Shown beside the run that one is held against. */
  readonly compared?: true;
}

const decimals =
  (digits: number) =>
  (value: number): string =>
    value.toFixed(digits);
const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;
const pct = (value: number): string => `${value.toFixed(2)} %`;
const ms = (value: number): string => `${value.toFixed(0)} ms`;

const ROWS: readonly Row[] = [
  { title: "viewers, mean", value: (one) => one.viewers, text: decimals(0) },
  { title: "copies per segment", value: (one) => one.copiesPerSegment, text: decimals(2), compared: true },
  { title: "offload", value: (one) => one.offload, text: percent, compared: true },
  { title: "bound", value: (one) => one.bound, text: percent },
  { title: "offload of bound", value: (one) => one.offloadOfBound, text: percent },
  { title: "peer bytes within their region", value: (one) => one.peerBytesWithinRegion, text: percent },
  { title: "from the CDN, of what viewers got", value: (one) => one.viewersOriginShare, text: percent },
  { title: "CDN bytes per byte played", value: (one) => one.cdnBytesPerBytePlayed, text: decimals(3) },
  { title: "stalls", value: (one) => one.stalls, text: decimals(0), compared: true },
  { title: "stalled", value: (one) => one.stallMs, text: ms },
  { title: "segments played", value: (one) => one.plays, text: decimals(0) },
  { title: "start-up, median", value: (one) => one.startupMsP50, text: ms, compared: true },
  { title: "start-up, p95", value: (one) => one.startupMsP95, text: ms, compared: true },
  { title: "age, median", value: (one) => one.ageMsP50, text: ms, compared: true },
  { title: "age, p95", value: (one) => one.ageMsP95, text: ms },
  { title: "duplicates", value: (one) => one.duplicatesPct, text: pct },
  { title: "control", value: (one) => one.controlPct, text: pct },
  {
    title: "HTTP requests per viewer and segment",
    value: (one) => one.httpRequestsPerViewerSegment,
    text: decimals(2),
  },
  { title: "fairness of uploads (Jain)", value: (one) => one.uploadJain, text: decimals(2) },
  { title: "forged chunks, not kept", value: (one) => one.forgedChunks, text: decimals(0) },
  { title: "files of hashes", value: (one) => one.hashFiles, text: decimals(0) },
  { title: "events", value: (one) => one.events, text: decimals(0) },
  { title: "wall time", value: (one) => one.wallMs, text: (value) => `${(value / 1000).toFixed(1)} s` },
  { title: "memory", value: (one) => one.peakRssMb, text: (value) => `${value.toFixed(0)} MB` },
];

/** As wide as the longest title of either table, so that both line up. */
const TITLE_WIDTH = 46;
