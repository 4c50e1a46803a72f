/** From the records of one contender's run to the figures that are reported. Pure. */
import { median, percentile, sum } from "./statistics.ts";
import { pickSteadySegments, SETTLE_MS, type SegmentTrace } from "./steady-state.ts";
import type { Delivery, Stall } from "./pages/page-api.ts";

/** What one viewer left behind. */
export interface ViewerRecord {
  readonly label: string;
  /** Crashed on purpose: its bytes count, its playback does not. */
  readonly killed: boolean;
  readonly startupMs: number | undefined;
  readonly startedAt: number | undefined;
  readonly stalls: readonly Stall[];
  readonly deliveries: readonly Delivery[];
  /** Samples in seconds, with the instant of each. */
  readonly latencies: readonly { readonly at: number; readonly seconds: number }[];
  readonly peerReceivedBytes: number;
  readonly channelReceivedBytes: number;
  readonly channelSentBytes: number;
  readonly mainThreadShare: number | undefined;
  readonly heapBytes: number | undefined;
}

/** What the origin knows: the only source of every byte called CDN. */
export interface OriginRecord {
  readonly segmentBytes: ReadonlyMap<number, number>;
  readonly firstAskedAt: ReadonlyMap<number, number>;
  sizeOf(sequence: number): number;
  sha1Of(sequence: number): string;
}

export interface RunRecord {
  readonly name: string;
  /** The first viewer's start, milliseconds since 1970. */
  readonly beganAt: number;
  readonly live: boolean;
  readonly viewers: readonly ViewerRecord[];
  readonly origin: OriginRecord;
  readonly faultAt: number | undefined;
}

/** Shares run from 0 to 1. A figure that the run was too short for, or that the mode does not have, is null. */
export interface Figures {
  readonly name: string;
  readonly viewers: number;
  /** In steady state: bytes of the origin per byte of media. */
  readonly copiesPerSegment: number | null;
  readonly copiesPerSegmentRun: number | null;
  readonly steadySegments: number;
  readonly offloadSteady: number | null;
  readonly offloadRun: number | null;
  /** Bytes of the origin per byte handed to a player, never clamped: above 1 the library costs more than it saves. */
  readonly cdnPerPlayedByte: number | null;
  /** Bytes of the origin per byte handed to the one viewer that was handed most: what the others add is above 1. */
  readonly cdnPerViewerByte: number | null;
  readonly viewersStarted: number;
  readonly startupMsMedian: number | null;
  readonly startupMsP95: number | null;
  readonly stalls: number;
  readonly stallMs: number;
  /** Those of them that began after the fault; null without one. */
  readonly stallsAfterFault: number | null;
  readonly stallMsAfterFault: number | null;
  readonly latencySeconds: number | null;
  readonly mainThreadShare: number | null;
  readonly heapMb: number | null;
  readonly peerBytes: number;
  readonly channelBytes: number;
  /** What the viewer that gave most gave, per what each would give if all gave alike; null when nobody gave. */
  readonly uploadMaxShare: number | null;
  readonly cdnBytes: number;
  readonly playedBytes: number;
  /** Percent of the bytes handed to players. */
  readonly wastePct: number | null;
  readonly alteredSegments: number;
  readonly perViewer: readonly ViewerFigures[];
}

/** To see which viewer it was when the sums look wrong. */
export interface ViewerFigures {
  readonly label: string;
  readonly killed: boolean;
  readonly startupMs: number | null;
  /** Since the run began. */
  readonly stalls: readonly { readonly afterMs: number; readonly ms: number }[];
  readonly playedBytes: number;
  readonly peerBytes: number;
  readonly uploadedBytes: number;
}

export function figuresOf(run: RunRecord): Figures {
  const { origin, viewers } = run;
  const survivors = viewers.filter(({ killed }) => !killed);
  const steadyFrom = Math.max(...viewers.map(({ startedAt }) => startedAt ?? Infinity)) + SETTLE_MS;
  const steady = new Set(
    pickSteadySegments(tracesOf(run), {
      live: run.live,
      from: steadyFrom,
      viewers: survivors.map(({ label }) => label),
    }),
  );
  const deliveries = viewers.flatMap((viewer) => viewer.deliveries);
  const cdnBytes = sum([...origin.segmentBytes.values()]);
  const playedBytes = sum(deliveries.map(({ byteLength }) => byteLength));
  const peerBytes = sum(viewers.map(({ peerReceivedBytes }) => peerReceivedBytes));
  const steadyCdnBytes = sum([...steady].map((sequence) => origin.segmentBytes.get(sequence) ?? 0));
  const steadyPlayedBytes = sum(
    deliveries.filter(({ sequence }) => steady.has(sequence)).map(({ byteLength }) => byteLength),
  );
  const played = new Set(deliveries.map(({ sequence }) => sequence));
  const sizeOfAll = (sequences: ReadonlySet<number>): number => sum([...sequences].map((one) => origin.sizeOf(one)));
  // Those that died halfway would make the fair share too small.
  const uploads = survivors.map(({ channelSentBytes }) => channelSentBytes);
  const startups = survivors.flatMap(({ startupMs }) => startupMs ?? []);
  const stalls = survivors.flatMap((viewer) => viewer.stalls);
  const stallsAfter = stalls.filter(({ startedAt }) => startedAt >= (run.faultAt ?? Infinity));
  const latencies = survivors.flatMap((viewer) => {
    const samples = viewer.latencies.filter(({ at }) => at >= steadyFrom).map(({ seconds }) => seconds);
    return median(samples) ?? [];
  });
  return {
    name: run.name,
    viewers: viewers.length,
    copiesPerSegment: ratio(steadyCdnBytes, sizeOfAll(steady)),
    copiesPerSegmentRun: ratio(cdnBytes, sizeOfAll(played)),
    steadySegments: steady.size,
    offloadSteady: offload(steadyCdnBytes, steadyPlayedBytes),
    offloadRun: offload(cdnBytes, playedBytes),
    cdnPerPlayedByte: ratio(cdnBytes, playedBytes),
    cdnPerViewerByte: ratio(cdnBytes, Math.max(0, ...viewers.map(playedBytesOf))),
    viewersStarted: startups.length,
    startupMsMedian: median(startups),
    startupMsP95: percentile(startups, 0.95),
    stalls: stalls.length,
    stallMs: sum(stalls.map(({ ms }) => ms)),
    stallsAfterFault: run.faultAt === undefined ? null : stallsAfter.length,
    stallMsAfterFault: run.faultAt === undefined ? null : sum(stallsAfter.map(({ ms }) => ms)),
    latencySeconds: median(latencies),
    mainThreadShare: median(survivors.flatMap(({ mainThreadShare }) => mainThreadShare ?? [])),
    heapMb: scaled(median(survivors.flatMap(({ heapBytes }) => heapBytes ?? [])), 1e-6),
    peerBytes,
    channelBytes: sum(viewers.map(({ channelReceivedBytes }) => channelReceivedBytes)),
    uploadMaxShare: ratio(Math.max(0, ...uploads), sum(uploads) / uploads.length),
    cdnBytes,
    playedBytes,
    wastePct: scaled(ratio(cdnBytes + peerBytes - playedBytes, playedBytes), 100),
    alteredSegments: deliveries.filter(({ sequence, sha1 }) => sha1 !== origin.sha1Of(sequence)).length,
    perViewer: viewers.map((viewer) => ({
      label: viewer.label,
      killed: viewer.killed,
      startupMs: viewer.startupMs ?? null,
      stalls: viewer.stalls.map(({ startedAt, ms }) => ({ afterMs: startedAt - run.beganAt, ms })),
      playedBytes: playedBytesOf(viewer),
      peerBytes: viewer.peerReceivedBytes,
      uploadedBytes: viewer.channelSentBytes,
    })),
  };
}

function tracesOf({ viewers, origin }: RunRecord): readonly SegmentTrace[] {
  const viewersBySegment = new Map<number, Set<string>>();
  for (const { label, deliveries } of viewers)
    for (const { sequence } of deliveries) {
      const holders = viewersBySegment.get(sequence) ?? new Set();
      viewersBySegment.set(sequence, holders.add(label));
    }
  return [...viewersBySegment].map(([sequence, holders]) => ({
    sequence,
    firstAskedAt: origin.firstAskedAt.get(sequence),
    viewers: holders,
  }));
}

const playedBytesOf = ({ deliveries }: ViewerRecord): number => sum(deliveries.map(({ byteLength }) => byteLength));

const ratio = (part: number, whole: number): number | null => (whole > 0 ? part / whole : null);

const scaled = (value: number | null, by: number): number | null => (value === null ? null : value * by);

/** Never below 0, because it is a share: `cdnPerPlayedByte` tells what a library costs that loads more than it plays. */
function offload(cdnBytes: number, playedBytes: number): number | null {
  return playedBytes > 0 ? Math.max(0, 1 - cdnBytes / playedBytes) : null;
}
