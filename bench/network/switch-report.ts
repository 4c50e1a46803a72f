/** What the switch says of its lines, and when an uplink was full. Pure. */

export interface LineCounters {
  readonly upBytes: number;
  /** Packets that the uplink's queue had no room for. */
  readonly upDropped: number;
  /** Packets lost on the way. */
  readonly lost: number;
  readonly downBytes: number;
  readonly downDropped: number;
}

export interface SwitchReport {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly lines: readonly LineCounters[];
}

/** One line of the switch's output: see switch.c. */
export function parseSwitchReport(text: string): SwitchReport {
  const [at, ...ports] = text.split(" ");
  const lines = ports.map((port) => {
    const [upBytes = NaN, upDropped = NaN, lost = NaN, downBytes = NaN, downDropped = NaN] = port
      .split(",")
      .map(Number);
    return { upBytes, upDropped, lost, downBytes, downDropped };
  });
  return { at: Number(at), lines };
}

export interface Span {
  readonly from: number;
  readonly to: number;
}

/** The spans between two reports in which a line sent nearly all that it can. */
export function saturatedSpans(
  reports: readonly SwitchReport[],
  line: number,
  uplinkBitsPerSecond: number,
): readonly Span[] {
  const spans: Span[] = [];
  for (const [i, { at: to, lines }] of reports.entries()) {
    const before = reports[i - 1];
    const bytes = (lines[line]?.upBytes ?? 0) - (before?.lines[line]?.upBytes ?? 0);
    if (before && bytes * 8000 >= SATURATED_SHARE * uplinkBitsPerSecond * (to - before.at))
      spans.push({ from: before.at, to });
  }
  return spans;
}

/** Not all of it: a queue that ran empty for a twentieth of a second was full nonetheless. */
const SATURATED_SHARE = 0.9;
