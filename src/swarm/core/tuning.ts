import type { Bytes, Millis, Seconds } from "../../base/time.ts";

/** Every number that policy turns on, with its unit. `docs/swarm.md` repeats the table with what each was measured to do. */
export interface SwarmTuning {
  /** Time kept in hand when the deadline rule reckons whether the origin can still deliver, as a share of all slack. */
  readonly guardShareOfSlack: number;
  /** Bounds of the same. A late origin widens it, at most to twice as much. */
  readonly guardShareOfSlackMax: number;
  readonly guardMsMin: Millis;
  readonly guardMsMax: Millis;
  /** The origin is asked a second time when it has not answered for this long, or for twice its usual time. */
  readonly hedgeAfterMsMin: Millis;
  /** What is left after the deadline rule has asked the origin is looked at again this much later, all together. */
  readonly dueLookMs: Millis;
  /** A segment due sooner than this is asked for in order; a later one in random order. */
  readonly urgentMs: Millis;
  /** ... or in the last part of the slack it had when it became known, whichever is shorter. */
  readonly urgentShareOfSlack: number;
  /** Span of the suppression timers (Ts): longer means fewer duplicate first copies and a later first copy. */
  readonly suppressionMs: Millis;
  /** How much later each further rank of an election fetches (tau). */
  readonly takeoverStepMs: Millis;
  /** How long a fetching notice stands in for the chunks themselves, as a share of the slack the segment had (Tx). */
  readonly noticeShareOfSlack: number;
  /** Bounds of the same. */
  readonly noticeMsMin: Millis;
  readonly noticeMsMax: Millis;
  /** Where ranges do not work one viewer spreads all of a segment: its notice stands this many times longer. */
  readonly wholeNoticeFactor: number;
  /** Not eligible for election before this long after the first peer: a newcomer has its own start to look after. */
  readonly electionAfterMs: Millis;
  /** VOD: a segment that nobody has is elected on once it is due this soon. */
  readonly vodElectionMs: Millis;
  /** Stripes of a segment, each fetched by one elected viewer. A power of two. */
  readonly stripesMax: number;
  /** Smallest stripe worth an HTTP request. */
  readonly stripeChunksMin: number;
  /** New chunks are announced together: after this share of the slack that their segment had, within these bounds. */
  readonly announceShareOfSlack: number;
  readonly announceMsMin: Millis;
  readonly announceMsMax: Millis;
  /**
   * Decisions are made at most this often, however many events arrive: after this share of the slack that the newest
   * segment had, within these bounds.
   */
  readonly evaluateShareOfSlack: number;
  readonly evaluateMsMin: Millis;
  readonly evaluateMsMax: Millis;
  /** ... and this often where segments are as short as parts, whose chunks are announced at once, too. */
  readonly evaluateMsShort: Millis;
  /** Target duration of such a track. */
  readonly shortSeconds: Seconds;
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
  /** VOD: with fewer links to peers that hold what is played next the tracker is asked for more. */
  readonly providersMin: number;
  /** ... with an uplink of many times the stream's rate. */
  readonly peersMaxRich: number;
  /** A link that is silent this long is pinged, and this long is dead. */
  readonly pingAfterMs: Millis;
  readonly deadAfterMs: Millis;
  /** First window of a link: bytes sent and not acknowledged. More than 64 KiB makes Chromium's SCTP collapse. */
  readonly linkWindowBytes: Bytes;
  readonly linkWindowBytesMin: Bytes;
  readonly linkWindowBytesMax: Bytes;
  /** In flight on all links together, on top of what the uplink carries in a round trip and in `uploadQueueMs`. */
  readonly uploadWindowBytes: Bytes;
  /** What may wait in the uplink's own queue: acknowledgements and requests wait behind it. */
  readonly uploadQueueMs: Millis;
  /** Viewers without uplink are told "busy" when the queue is longer than this. */
  readonly uploadQueueMsMax: Millis;
}

export const DEFAULT_TUNING: SwarmTuning = {
  guardShareOfSlack: 0.125,
  guardShareOfSlackMax: 0.3,
  guardMsMin: 600,
  guardMsMax: 1500,
  hedgeAfterMsMin: 400,
  dueLookMs: 250,
  urgentMs: 3000,
  urgentShareOfSlack: 0.25,
  suppressionMs: 1500,
  takeoverStepMs: 400,
  noticeShareOfSlack: 0.35,
  noticeMsMin: 1000,
  noticeMsMax: 4500,
  wholeNoticeFactor: 1.6,
  electionAfterMs: 2000,
  vodElectionMs: 16_000,
  stripesMax: 8,
  stripeChunksMin: 4,
  announceShareOfSlack: 0.02,
  announceMsMin: 30,
  announceMsMax: 120,
  evaluateShareOfSlack: 0.0075,
  evaluateMsMin: 30,
  evaluateMsMax: 60,
  evaluateMsShort: 5,
  shortSeconds: 1,
  requestTimeoutMs: 4000,
  suspendMs: 1000,
  suspendUnprovenMs: 5000,
  pipelineMin: 2,
  pipelineMax: 16,
  peersWanted: 8,
  peersMax: 18,
  providersMin: 6,
  peersMaxRich: 60,
  pingAfterMs: 2000,
  deadAfterMs: 6000,
  linkWindowBytes: 64 * 1024,
  linkWindowBytesMin: 32 * 1024,
  linkWindowBytesMax: 256 * 1024,
  uploadWindowBytes: 32 * 1024,
  uploadQueueMs: 200,
  uploadQueueMsMax: 2000,
};
