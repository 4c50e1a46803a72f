import type { Bytes, Millis } from "../../base/time.ts";
import { isParent, type PeerId } from "../../protocol/ids.ts";
import type { SwarmAction } from "./action.ts";
import { planAudit, type AuditDesk } from "./audit.ts";
import type { SwarmEvent } from "./event.ts";
import { forget, type SegmentKeepers } from "./forget.ts";
import type { OriginFetch } from "./origin-desk.ts";
import type { Peer } from "./peer.ts";
import type { Playback } from "./playback.ts";
import type { Push } from "./push.ts";
import { FETCHING, HELD, type Segment, type Source } from "./segment.ts";
import type { SwarmTuning } from "./tuning.ts";

export interface IntakeDesk extends SegmentKeepers, AuditDesk {
  readonly peers: ReadonlyMap<PeerId, Peer>;
  readonly playback: Playback;
  readonly push: Push | undefined;
  readonly tuning: SwarmTuning;
  /** Whether the site looks at what peers brought before the player gets it. */
  readonly verifies: boolean;
}

type Event<Type extends SwarmEvent["type"]> = Extract<SwarmEvent, { type: Type }>;

/**
 * Takes in what the origin and the peers bring: marks chunks held, counts every byte once, hands whole segments over.
 * Asks for nothing but audits.
 */
export class Intake {
  readonly #at: IntakeDesk;
  /** Handed to the player, by source. */
  peerBytes: Bytes = 0;
  originBytes: Bytes = 0;
  peerReceivedBytes: Bytes = 0;
  originReceivedBytes: Bytes = 0;
  wastedBytes: Bytes = 0;
  verifiedChunks = 0;
  forgedChunks = 0;
  refusedSegments = 0;
  failedAudits = 0;
  /** Peers whose last chunks are not acknowledged yet. */
  readonly #unacknowledged: Peer[] = [];

  constructor(desk: IntakeDesk) {
    this.#at = desk;
  }

  originOpened(now: Millis, fetch: OriginFetch, event: Event<"origin-opened">): SwarmAction[] {
    if (event.suspect) fetch.segment.suspect = true;
    const needless = this.#at.desk.opened(now, fetch, event.firstChunk);
    return [...needless, ...this.#originSize(fetch.segment, event.byteLength)];
  }

  originChunk(now: Millis, fetch: OriginFetch, chunk: number, byteLength: Bytes): SwarmAction[] {
    fetch.receivedBytes += byteLength;
    this.originReceivedBytes += byteLength;
    if (fetch.segment.stateOf(chunk) === HELD) {
      this.wastedBytes += byteLength;
      return [];
    }
    const cancels = this.#at.requests.cancelChunk(fetch.segment, chunk);
    return [...cancels, ...this.#hold(now, fetch.segment, chunk, "origin", byteLength)];
  }

  originClosed(now: Millis, fetch: OriginFetch, event: Event<"origin-closed">): SwarmAction[] {
    const { segment } = fetch;
    const { desk, playback, tuning } = this.#at;
    const broken = event.receivedBytes - fetch.receivedBytes;
    this.originReceivedBytes += broken;
    this.wastedBytes += broken;
    desk.closed(now, fetch);
    if (event.outcome === "failed") {
      // The same request made once more may still do better.
      if (desk.twinsOf(fetch).length > 0) return [];
      if (fetch.foreseen) {
        // Peers' playlists were ahead of the origin's edge: asked again once ours lists it, and nobody's fault.
        desk.foreseenFailures++;
        segment.located = false;
        segment.unnotice(fetch.from, fetch.to);
        return [];
      }
    }
    // A 416 within the size that peers have told, and no size with it.
    const lie = event.outcome === "void" && event.byteLength === undefined && fetch.from < (segment.chunkCount ?? 0);
    const startOver = lie ? this.#startOver(segment) : [];
    if (event.outcome === "void") segment.endsBefore(fetch.from);
    // Where it ends is now known, and so perhaps that nothing is missing.
    const actions = [...startOver, ...this.#originSize(segment, event.byteLength), ...this.deliver(segment)];
    if (event.outcome === "complete") {
      segment.originFailures = 0;
      if (fetch.foreseen) desk.foreseenFailures = 0;
    }
    if (event.outcome === "complete" || (event.outcome === "void" && fetch.from > 0)) return actions;

    const waitMs = ORIGIN_RETRY_MS_MIN * (1 << Math.min(segment.originFailures++, 6));
    segment.originRetryAt = now + Math.min(ORIGIN_RETRY_MS_MAX, waitMs);
    if (!segment.wanted || desk.isFetching(segment)) return actions;
    // hls.js decides about retries, unless peers can still bring the rest in time.
    const inTime = playback.started && playback.dueAt(now, segment.start) - now > tuning.guardMsMax;
    if (inTime && this.#peersCanFinish(segment)) return actions;
    segment.wanted = false;
    return [...actions, { type: "segment-failed", segment: segment.id, status: event.status }];
  }

  peerChunk(now: Millis, event: Event<"peer-chunk">): readonly SwarmAction[] {
    const { peers, table, requests, desk } = this.#at;
    this.peerReceivedBytes += event.byteLength;
    const peer = peers.get(event.peer);
    const segment = table.get(event.segment);
    if (peer) {
      peer.lastInboundAt = now;
      // Whatever comes is acknowledged, wanted or not: it moves the uploader's window.
      if (peer.receivedBytes === peer.acknowledgedBytes) this.#unacknowledged.push(peer);
      peer.receivedBytes += event.byteLength;
      if (segment) requests.answered(now, peer, segment, event.chunk);
    }
    const before = segment?.stateOf(event.chunk);
    if (!segment || before === HELD || !event.stored) {
      this.wastedBytes += event.byteLength;
      // A parent must know that it has come before it is asked for, or it takes it to be on its way still.
      return isParent(event.peer) ? this.acknowledge() : NO_ACTIONS;
    }
    if (segment.track.proof !== "none") this.verifiedChunks++;
    const cancels = requests.cancelChunk(segment, event.chunk);
    const delivery = this.#hold(now, segment, event.chunk, "peer", event.byteLength);
    if (cancels.length === 0 && before !== FETCHING) return delivery;
    const actions = [...cancels, ...delivery];
    if (before === FETCHING)
      for (const fetch of desk.all())
        if (fetch.segment === segment && !isStillOfUse(fetch)) actions.push(desk.abort(fetch));
    return actions;
  }

  /**
   * Chunks can be checked; the origin's chunk may be given to others; the segment has passed the site's own verifier or
   * has not; or nothing of it may be taken from others.
   */
  checked(
    now: Millis,
    event: Event<"hashes-known" | "chunk-proven" | "segment-unprovable" | "segment-judged">,
  ): readonly SwarmAction[] {
    const segment = this.#at.table.get(event.segment);
    if (!segment) return NO_ACTIONS;
    if (event.type === "segment-unprovable") return this.#distrust(segment);
    if (event.type === "hashes-known") return this.#hashesKnown(segment, event);
    if (event.type === "segment-judged") {
      segment.vetting = event.ok ? "passed" : "refused";
      if (event.ok) return this.deliver(segment);
      // Nobody is blamed: what several brought, and the origin with them, is wrong only as a whole.
      this.refusedSegments++;
      return this.#discard(segment);
    }
    if (segment.prove(event.chunk)) {
      this.verifiedChunks++;
      this.#tell(now, segment, event.chunk);
    }
    return NO_ACTIONS;
  }

  #hashesKnown(segment: Segment, event: Event<"hashes-known">): readonly SwarmAction[] {
    if (segment.sizeProven && segment.byteLength !== event.byteLength) return this.#distrust(segment);
    segment.learnHashes(event.from, event.to);
    return this.#originSize(segment, event.byteLength);
  }

  /** What the origin brought goes first: peers are not asked for what cannot be the same. */
  #distrust(segment: Segment): readonly SwarmAction[] {
    segment.unprovable = true;
    return this.#at.requests.cancel(segment, () => false);
  }

  /** What a forger sent was for nothing; it is asked of others as soon as the link is closed. */
  chunkForged(byteLength: Bytes): void {
    this.peerReceivedBytes += byteLength;
    this.wastedBytes += byteLength;
    this.forgedChunks++;
  }

  /** A chunk came once more, to be compared. */
  audited({ receivedBytes, fits }: Event<"audited">): SwarmAction[] {
    this.originReceivedBytes += receivedBytes;
    this.wastedBytes += receivedBytes;
    if (fits !== false) return [];
    this.failedAudits++;
    // Whoever sent it had checked it: it is what was attested that is not so, and nothing else attested is worth more.
    return this.#at.table.distrustTrackers().flatMap((segment) => this.#discard(segment));
  }

  counters() {
    const { peerBytes, originBytes, peerReceivedBytes, originReceivedBytes } = this;
    const { wastedBytes, verifiedChunks, forgedChunks, refusedSegments, failedAudits } = this;
    return {
      ...{ peerBytes, originBytes, peerReceivedBytes, originReceivedBytes },
      ...{ wastedBytes, verifiedChunks, forgedChunks, refusedSegments, failedAudits },
    };
  }

  /** The player loaded this much by itself. */
  loadedPlainly(byteLength: Bytes): void {
    this.originBytes += byteLength;
    this.originReceivedBytes += byteLength;
  }

  /** Those of the counters that the tracker is told. */
  reported() {
    const { peerBytes, originBytes, originReceivedBytes, wastedBytes } = this;
    return { peerBytes, originBytes, originReceivedBytes, wastedBytes };
  }

  /** Acknowledges what came since the last time, each peer once. */
  acknowledge(): readonly SwarmAction[] {
    if (this.#unacknowledged.length === 0) return NO_ACTIONS;
    const actions: SwarmAction[] = [];
    for (const peer of this.#unacknowledged) {
      peer.acknowledgedBytes = peer.receivedBytes;
      const bytes = peer.receivedBytes % 0x1_0000_0000;
      if (this.#at.peers.has(peer.id))
        actions.push({ type: "send", peers: [peer.id], message: { type: "received", bytes } });
    }
    this.#unacknowledged.length = 0;
    return actions;
  }

  /** Hands a segment over if it is whole and waited for; what peers brought is looked at before, waited for or not. */
  deliver(segment: Segment): readonly SwarmAction[] {
    if (!segment.complete) return NO_ACTIONS;
    const { id, track, name, byteLength = 0 } = segment;
    if (this.#at.verifies && segment.peerBytes > 0 && segment.vetting !== "passed") {
      if (segment.vetting === "asked") return NO_ACTIONS;
      segment.vetting = "asked";
      return [{ type: "verify-segment", segment: id, track: track.id, sequence: name.sequence, byteLength }];
    }
    if (!segment.wanted) return NO_ACTIONS;
    segment.wanted = false;
    segment.delivered = true;
    this.peerBytes += segment.peerBytes;
    this.originBytes += segment.originBytes;
    return [{ type: "segment-complete", segment: id, byteLength }, ...planAudit(segment, this.#at)];
  }

  /** A segment is forgotten: what was never handed over was for nothing. */
  forgotten(segment: Segment): void {
    if (!segment.delivered) this.wastedBytes += segment.peerBytes + segment.originBytes;
  }

  #discard(segment: Segment): SwarmAction[] {
    this.forgotten(segment);
    return forget(this.#at, segment);
  }

  #originSize(segment: Segment, byteLength: Bytes | undefined): SwarmAction[] {
    if (byteLength === undefined) return [];
    const differs = segment.byteLength !== undefined && segment.byteLength !== byteLength;
    const actions = differs && segment.peerBytes > 0 ? this.#startOver(segment) : [];
    if (segment.learnSize(byteLength, true)) this.#sized(segment);
    return [...actions, ...this.deliver(segment)];
  }

  /** Peers brought something else under this name: nothing of it may be mixed with the origin's. */
  #startOver(segment: Segment): SwarmAction[] {
    this.wastedBytes += segment.peerBytes + segment.originBytes;
    const cancels = this.#at.requests.cancel(segment, () => false);
    this.#at.announcer.forget(segment);
    segment.reset();
    return [{ type: "evict", segment: segment.id }, ...cancels, ...this.#at.links.tellGone(segment)];
  }

  #hold(now: Millis, segment: Segment, chunk: number, source: Source, byteLength: Bytes): readonly SwarmAction[] {
    const sized = segment.byteLength !== undefined;
    segment.hold(chunk, source, byteLength);
    if (!sized) this.#sized(segment);
    if (segment.offers(chunk)) this.#tell(now, segment, chunk);
    return this.deliver(segment);
  }

  #tell(now: Millis, segment: Segment, chunk: number): void {
    if (!this.#at.uploads.allowed) return;
    this.#at.push?.add(segment, chunk);
    this.#at.announcer.add(now, segment, chunk, this.#announceMs(now, segment));
  }

  /** The less slack, the sooner: at 2 s behind the edge 200 ms more at every hop would be the whole of it. */
  #announceMs(now: Millis, segment: Segment): Millis {
    const { playback, tuning } = this.#at;
    if (segment.track.targetDuration <= tuning.shortSeconds) return 0;
    const slackMs = playback.started ? playback.dueAt(now, segment.start) - segment.knownAt : 0;
    return Math.max(tuning.announceMsMin, Math.min(tuning.announceMsMax, slackMs * tuning.announceShareOfSlack));
  }

  #sized(segment: Segment): void {
    if (segment.byteLength === undefined) return;
    this.#at.table.tracks.get(segment.track.id)?.learnRate(segment.byteLength, segment.duration);
  }

  #peersCanFinish(segment: Segment): boolean {
    if (segment.chunkCount === undefined) return false;
    const peers = [...this.#at.peers.values()];
    for (let chunk = 0; chunk < segment.chunkCount; chunk++)
      if (segment.stateOf(chunk) !== HELD && !peers.some((peer) => peer.has(segment, chunk))) return false;
    return true;
  }
}

/** Whether a fetch still brings something that we do not hold. */
function isStillOfUse({ segment, from, to }: OriginFetch): boolean {
  for (let chunk = from; chunk < (to ?? segment.states.length); chunk++)
    if (segment.stateOf(chunk) === FETCHING) return true;
  return segment.chunkCount === undefined && to === undefined;
}

const NO_ACTIONS: readonly SwarmAction[] = [];

/** Between two attempts of ours at a segment that the origin refused; hls.js's own retries come through at once. */
const ORIGIN_RETRY_MS_MIN = 500;
const ORIGIN_RETRY_MS_MAX = 8000;
