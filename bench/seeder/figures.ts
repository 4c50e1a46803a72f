/** From readings of a run to its figures, and how many peers are tried next. Pure. */

/** Everything that counts, at one instant. */
export interface Reading {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Of the seeder's process, since it started. */
  readonly cpuSeconds: number;
  /** The seeder's resident memory, less the segments in its cache. */
  readonly rssBytes: number;
  /** Links of the seeder that are open. */
  readonly links: number;
  /** Body bytes of segments that the origin has sent, whoever asked. */
  readonly originSentBytes: number;
  /** Media bytes that all peers together have received, from the seeder and from the origin. */
  readonly peerReceivedBytes: number;
  readonly originReceivedBytes: number;
  readonly stalls: number;
}

/** One number of peers, between two readings. */
export interface Stage {
  readonly peers: number;
  readonly before: Reading;
  readonly after: Reading;
}

export interface StageFigures {
  readonly peers: number;
  readonly links: number;
  readonly wantedMbps: number;
  /** What the seeder delivered. */
  readonly mbps: number;
  readonly cpuSecondsPerGb: number;
  /** Of the machine's, that the seeder kept busy. */
  readonly cores: number;
  /** How often the origin sent the stream in this time. */
  readonly cdnCopies: number;
  /** Of what peers received: what the origin did not have to send, the seeder's own fetches counted as sent. */
  readonly offload: number;
  /** Of what peers received: what they fetched from the origin themselves. */
  readonly peersCdnShare: number;
  readonly stalls: number;
  readonly rssBytes: number;
}

export function stageFigures({ peers, before, after }: Stage, bitsPerSecond: number): StageFigures {
  const seconds = (after.at - before.at) / 1000;
  const peerBytes = after.peerReceivedBytes - before.peerReceivedBytes;
  const ownBytes = after.originReceivedBytes - before.originReceivedBytes;
  const sentBytes = after.originSentBytes - before.originSentBytes;
  const cpuSeconds = after.cpuSeconds - before.cpuSeconds;
  return {
    peers,
    links: after.links,
    wantedMbps: (peers * bitsPerSecond) / 1e6,
    mbps: (peerBytes * 8) / seconds / 1e6,
    cpuSecondsPerGb: cpuSeconds / (peerBytes / 1e9),
    cores: cpuSeconds / seconds,
    cdnCopies: (sentBytes * 8) / (bitsPerSecond * seconds),
    offload: 1 - sentBytes / (peerBytes + ownBytes),
    peersCdnShare: ownBytes / (peerBytes + ownBytes),
    stalls: after.stalls - before.stalls,
    rssBytes: after.rssBytes,
  };
}

/** What is printed: the most peers that were sustained, and the stages on the way. */
export interface Figures<Measured extends StageFigures = StageFigures> {
  readonly peers: number;
  readonly mbps: number;
  readonly cpuSecondsPerGb: number;
  /** Of resident memory, for each peer more than in the first stage; null where there were no more. */
  readonly bytesPerPeer: number | null;
  readonly cdnCopies: number;
  /** The worker's, for the same bytes in the same time. */
  readonly nginxCpuSecondsPerGb: number;
  /** The seeder's CPU for nginx's. */
  readonly timesNginx: number;
  readonly stages: readonly Measured[];
}

/** Of a first stage with few peers, and all others. */
export function figuresOf<Measured extends StageFigures>(
  stages: readonly Measured[],
  nginxCpuSecondsPerGb: number,
  wanted: number | undefined,
): Figures<Measured> {
  const [first] = stages;
  const best = bestOf(stages, wanted);
  if (!first || !best) throw new Error("nothing was measured");
  const more = best.peers - first.peers;
  return {
    peers: best.peers,
    mbps: best.mbps,
    cpuSecondsPerGb: best.cpuSecondsPerGb,
    bytesPerPeer: more > 0 ? (best.rssBytes - first.rssBytes) / more : null,
    cdnCopies: best.cdnCopies,
    nginxCpuSecondsPerGb,
    timesNginx: best.cpuSecondsPerGb / nginxCpuSecondsPerGb,
    stages,
  };
}

/** The last stage that was sustained, or with which the run ended; where a number of peers was asked for, that one. */
export const bestOf = <Measured extends StageFigures>(
  stages: readonly Measured[],
  wanted: number | undefined,
): Measured | undefined => (wanted === undefined ? stages.filter(isSustained).at(-1) : undefined) ?? stages.at(-1);

/** Whether the seeder delivered what was wanted: what it did not, peers fetched from the origin. */
export const isSustained = ({ mbps, wantedMbps }: StageFigures): boolean => mbps >= SUSTAINED_SHARE * wantedMbps;

/** How many peers to try after these; undefined when the last stage was the end of it. */
export function nextPeers(
  stages: readonly StageFigures[],
  wanted: number | undefined,
  max: number,
): number | undefined {
  const last = stages.at(-1);
  if (!last) return Math.min(FEW_PEERS, wanted ?? max);
  if (wanted !== undefined) return last.peers < wanted ? wanted : undefined;
  return isSustained(last) && last.peers < max ? Math.min(max, Math.ceil(last.peers * RAMP_FACTOR)) : undefined;
}

/** Segments come in bursts, and a burst may fall to either side of a reading. */
const SUSTAINED_SHARE = 0.95;
/** What is no peer's own memory is in use with these. */
const FEW_PEERS = 2;
/** The figure of peers is so coarse; a finer one would take many stages, and differ from run to run all the same. */
const RAMP_FACTOR = 1.6;
