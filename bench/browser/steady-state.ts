/**
 * Which segments count as steady state. By segment, not by time: a library that fetches ahead would otherwise be charged
 * for one segment in another's window.
 */

export interface SegmentTrace {
  readonly sequence: number;
  /** The origin was first asked for it, milliseconds since 1970; undefined when it never was. */
  readonly firstAskedAt: number | undefined;
  /** Viewers that were handed it. */
  readonly viewers: ReadonlySet<string>;
}

/**
 * Live: first asked for at or after `from`, when all viewers had been playing for a while, and handed to every viewer
 * that stayed to the end. On demand everything is asked for early, so the second half of the rule stands alone.
 */
export function pickSteadySegments(
  traces: readonly SegmentTrace[],
  rule: { readonly live: boolean; readonly from: number; readonly viewers: readonly string[] },
): readonly number[] {
  return traces
    .filter(({ firstAskedAt }) => firstAskedAt !== undefined && (!rule.live || firstAskedAt >= rule.from))
    .filter(({ viewers }) => rule.viewers.every((viewer) => viewers.has(viewer)))
    .map(({ sequence }) => sequence);
}

/** How long all viewers must have been playing before a segment is asked for. */
export const SETTLE_MS = 5000;
