import type { Bytes, Millis } from "../../base/time.ts";

/** Every number that policy turns on, with its unit. `docs/swarm.md` repeats the table with what each was measured to do. */
export interface SwarmTuning {
  /** Time kept in hand when the deadline rule reckons whether the origin can still deliver. 1000 stalls, 3000 costs offload. */
  readonly guardMs: Millis;
  /** A segment due sooner than this is asked for in order; a later one in random order. */
  readonly urgentMs: Millis;
  /** Span of the suppression timers (Ts): longer means fewer duplicate first copies and a later first copy. */
  readonly suppressionMs: Millis;
  /** How much later each further rank of an election fetches (tau). */
  readonly takeoverStepMs: Millis;
  /** How long a fetching notice stands in for the chunks themselves, as a share of the slack the segment had (Tx). */
  readonly noticeShareOfSlack: number;
  /** Bounds of the same. */
  readonly noticeMsMin: Millis;
  readonly noticeMsMax: Millis;
  /** Not eligible for election before this long after the first peer: a newcomer has its own start to look after. */
  readonly electionAfterMs: Millis;
  /** VOD: a segment that nobody has is elected on once it is due this soon. */
  readonly vodElectionMs: Millis;
  /** Stripes of a segment, each fetched by one elected viewer. A power of two. */
  readonly stripesMax: number;
  /** Smallest stripe worth an HTTP request. */
  readonly stripeChunksMin: number;
  /** New chunks are announced together, at most this long after the first of them. */
  readonly announceMs: Millis;
  /** Decisions are made at most this often, however many events arrive. */
  readonly evaluateMsMin: Millis;
  /** A peer that owes chunks and sends none for this long loses the requests. */
  readonly requestTimeoutMs: Millis;
  /** ... and is not asked again for this long; longer when it never sent any. Never banned for slowness. */
  readonly suspendMs: Millis;
  readonly suspendUnprovenMs: Millis;
  /** Chunks asked of one peer ahead of their arrival. */
  readonly pipelineMin: number;
  readonly pipelineMax: number;
  /** Links we open ourselves, and links we hold at most when others dial us. */
  readonly peersWanted: number;
  readonly peersMax: number;
  /** A link that is silent this long is pinged, and this long is dead. */
  readonly pingAfterMs: Millis;
  readonly deadAfterMs: Millis;
  /** First window of a link: bytes sent and not acknowledged. More than 64 KiB makes Chromium's SCTP collapse. */
  readonly linkWindowBytes: Bytes;
  readonly linkWindowBytesMin: Bytes;
  readonly linkWindowBytesMax: Bytes;
  /** In flight on all links together, on top of uplink rate times round trip. */
  readonly uploadWindowBytes: Bytes;
  readonly uploadWindowBytesMin: Bytes;
  /** Viewers without uplink are told "busy" when the queue is longer than this. */
  readonly uploadQueueMsMax: Millis;
}

export const DEFAULT_TUNING: SwarmTuning = {
  guardMs: 1500,
  urgentMs: 3000,
  suppressionMs: 1500,
  takeoverStepMs: 400,
  noticeShareOfSlack: 0.35,
  noticeMsMin: 1000,
  noticeMsMax: 4500,
  electionAfterMs: 2000,
  vodElectionMs: 16_000,
  stripesMax: 8,
  stripeChunksMin: 4,
  announceMs: 80,
  evaluateMsMin: 20,
  requestTimeoutMs: 2500,
  suspendMs: 1000,
  suspendUnprovenMs: 5000,
  pipelineMin: 2,
  pipelineMax: 16,
  peersWanted: 8,
  peersMax: 18,
  pingAfterMs: 2000,
  deadAfterMs: 6000,
  linkWindowBytes: 64 * 1024,
  linkWindowBytesMin: 32 * 1024,
  linkWindowBytesMax: 256 * 1024,
  uploadWindowBytes: 128 * 1024,
  uploadWindowBytesMin: 32 * 1024,
  uploadQueueMsMax: 2000,
};
