/** What was measured of each viewer, and what a reader of the figures should know. Pure. */
import type { MachineFacts } from "../browser/machine.ts";
import { percentile } from "../browser/statistics.ts";
import { probesOf, type RunRecord } from "./figures.ts";

/** To see which viewer it was when the sums look wrong. Bytes and packets are of the measurement. */
export function perViewerOf(run: RunRecord) {
  const { population, before, after, switchReports, lineOf } = run;
  const probes = probesOf(run).filter(({ isSaturated }) => isSaturated);
  const reportBefore = switchReports.find(({ at }) => at >= before.at);
  return population.map(({ isWitness, uploadBitsPerSecond, downlinkBitsPerSecond }, i) => {
    const [first, last] = [before.viewers[i], after.viewers[i]];
    const [lineFirst, lineLast] = [reportBefore, switchReports.at(-1)].map((report) => report?.lines[lineOf(i)]);
    const delays = probes.flatMap(({ from, delayMs }) => (from === i ? [delayMs] : []));
    return {
      ...{ isWitness, uploadBitsPerSecond, downlinkBitsPerSecond },
      startupMs: last?.startedAt === undefined ? null : last.startedAt - last.createdAt,
      stalls: last?.stalls.map(({ startedAt, ms }) => ({ afterMs: startedAt - before.at, ms })) ?? [],
      links: last?.openLinks ?? 0,
      originBytes: (last?.originReceivedBytes ?? 0) - (first?.originReceivedBytes ?? 0),
      peerBytes: (last?.peerReceivedBytes ?? 0) - (first?.peerReceivedBytes ?? 0),
      uploadedBytes: (last?.uploadedBytes ?? 0) - (first?.uploadedBytes ?? 0),
      packetsDropped: (lineLast?.upDropped ?? 0) - (lineFirst?.upDropped ?? 0),
      controlDelayMsP95: percentile(delays, 0.95),
      controlDelayProbes: delays.length,
    };
  });
}

export function warningsOf({ population, after }: RunRecord, { busyShare }: MachineFacts): readonly string[] {
  const silent = after.viewers.filter(({ startedAt }) => startedAt === undefined).length;
  const errors = new Set(after.viewers.flatMap((viewer) => viewer.errors));
  const alone = after.viewers.filter(({ openLinks }) => openLinks === 0).length;
  const mayShare = population.some(({ uploadBitsPerSecond }) => uploadBitsPerSecond > 0);
  return [
    ...(silent > 0 ? [`${silent} viewers never played`] : []),
    ...(mayShare && alone > 0 ? [`${alone} viewers have no peer`] : []),
    ...(errors.size > 0 ? [`errors: ${[...errors].join(", ")}`] : []),
    ...(busyShare > BUSY_SHARE_MAX
      ? [`the machine was ${(100 * busyShare).toFixed(0)} % busy: start-up, stalls, ages and delays are its own`]
      : []),
  ];
}

/** Above it, times say more about the machine than about the swarm. */
const BUSY_SHARE_MAX = 0.85;
