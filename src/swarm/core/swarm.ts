import { assertNever } from "../../base/assert.ts";
import type { Core } from "../../base/core.ts";
import { hash32 } from "../../base/random.ts";
import type { Bytes, Millis } from "../../base/time.ts";
import type { PeerId } from "../../protocol/ids.ts";
import type { ByeReason } from "../../protocol/peer-message.ts";
import type { SwarmAction } from "./action.ts";
import { Announcer } from "./announcer.ts";
import { CACHE_CHECK_MS, planEvictions } from "./cache.ts";
import { planElection } from "./election.ts";
import type { SwarmEvent } from "./event.ts";
import { Intake } from "./intake.ts";
import { Links } from "./links.ts";
import { Liveness } from "./liveness.ts";
import type { SwarmCoreOptions } from "./options.ts";
import { OriginDesk, type OriginRange } from "./origin-desk.ts";
import type { Peer } from "./peer.ts";
import { Playback } from "./playback.ts";
import { learnSizes, receive, type PeerDesk } from "./peer-desk.ts";
import { RequestTable } from "./request-table.ts";
import { planOrigin, planRequests } from "./scheduler.ts";
import type { Segment } from "./segment.ts";
import { SegmentTable, type Track } from "./segment-table.ts";
import { snapshot } from "./snapshot.ts";
import type { SwarmStats } from "./stats.ts";
import { Topology, type Report } from "./topology.ts";
import { DEFAULT_TUNING, type SwarmTuning } from "./tuning.ts";
import { UploadQueue } from "./upload-queue.ts";
import { windowAt, type DueSegment } from "./window.ts";

/**
 * One viewer's engine: told what happened, answers what to do. Events only change facts; `#evaluate` then looks at all
 * facts and decides, in this order, each step seeing what the former left over:
 *
 * 1. Links that are dead are closed, requests that are not answered are taken back.
 * 2. What the swarm would bring too late is fetched from the origin (deadline rule).
 * 3. What nobody has is fetched for everybody by whoever is elected.
 * 4. Everything else that peers have is asked of them.
 * 5. What is no longer needed is cancelled, aborted, evicted.
 */
export class SwarmCore implements Core<SwarmEvent, SwarmAction> {
  readonly #options: SwarmCoreOptions;
  readonly #tuning: SwarmTuning;
  readonly #selfHash: number;
  readonly #table = new SegmentTable();
  readonly #playback = new Playback();
  readonly #desk = new OriginDesk();
  readonly #peers = new Map<PeerId, Peer>();
  readonly #requests: RequestTable;
  readonly #uploads: UploadQueue;
  readonly #announcer: Announcer;
  readonly #liveness: Liveness;
  readonly #topology: Topology;
  readonly #peerDesk: PeerDesk;
  readonly #intake: Intake;
  readonly #links: Links;

  #out: SwarmAction[] = [];
  #beganAt: Millis | undefined;
  #evaluatedAt: Millis = -Infinity;
  #evaluateAt: Millis = 0;
  #lookAgainAt: Millis = Infinity;
  #cacheAt: Millis = 0;
  #timerLagMs: Millis = 0;

  constructor(options: SwarmCoreOptions) {
    this.#options = options;
    this.#tuning = { ...DEFAULT_TUNING, ...options.tuning };
    this.#selfHash = hash32(options.viewer);
    this.#requests = new RequestTable(this.#peers, this.#tuning);
    this.#uploads = new UploadQueue(this.#tuning, options.uplink > 0);
    this.#announcer = new Announcer(this.#table, this.#tuning.announceMs);
    this.#liveness = new Liveness(this.#tuning);
    this.#topology = new Topology({ ...options, tuning: this.#tuning, rng: options.rng.fork("topology") });
    this.#links = new Links(options, this.#tuning, this.#peers, this.#requests, this.#uploads);
    const shares = options.uplink > 0;
    this.#intake = new Intake({
      table: this.#table,
      desk: this.#desk,
      peers: this.#peers,
      requests: this.#requests,
      announcer: this.#announcer,
      links: this.#links,
      playback: this.#playback,
      tuning: this.#tuning,
      shares,
    });
    this.#peerDesk = {
      self: options.viewer,
      table: this.#table,
      peers: this.#peers,
      requests: this.#requests,
      uploads: this.#uploads,
      announcer: this.#announcer,
      liveness: this.#liveness,
      noticeMs: this.#tuning.noticeMsMin,
      shares,
    };
  }

  handle(now: Millis, event: SwarmEvent): readonly SwarmAction[] {
    this.#out = [];
    const urgent = this.#apply(now, event);
    this.#evaluateAt = Math.min(this.#evaluateAt, Math.max(now, this.#evaluatedAt + this.#tuning.evaluateMsMin));
    if (urgent || now >= this.#evaluateAt) this.#evaluate(now);
    this.#out.push(...this.#uploads.pump(now));
    return this.#out;
  }

  nextWakeup(): Millis {
    const at = Math.min(
      this.#evaluateAt,
      this.#lookAgainAt,
      this.#announcer.flushAt,
      this.#topology.nextWakeup(),
      this.#peers.size > 0 ? this.#liveness.checkAt : Infinity,
    );
    return Math.max(at, this.#evaluatedAt + this.#tuning.evaluateMsMin);
  }

  stats(): SwarmStats {
    return snapshot({
      table: this.#table,
      peers: this.#peers,
      dialing: this.#topology.dialing.keys(),
      tracker: this.#topology.trackerPhase,
      viewers: this.#topology.viewers,
      peerBytes: this.#intake.peerBytes,
      originBytes: this.#intake.originBytes,
      peerReceivedBytes: this.#intake.peerReceivedBytes,
      originReceivedBytes: this.#intake.originReceivedBytes,
      uploadedBytes: this.#uploads.uploadedBytes,
      wastedBytes: this.#intake.wastedBytes,
    });
  }

  /** Bytes of a segment by source, for whoever hands it to the player. */
  bytesOf(
    segment: Segment["id"],
  ): { readonly peerBytes: Bytes; readonly originBytes: Bytes; readonly byteLength: Bytes | undefined } | undefined {
    return this.#table.get(segment);
  }

  /** Whether a chunk of this length can be kept for a segment that we know. */
  accepts(segment: Segment["id"], chunk: number, byteLength: Bytes): boolean {
    return this.#table.get(segment)?.fits(chunk, byteLength) ?? false;
  }

  /** Changes facts. Returns whether a decision cannot wait for the next round. */
  #apply(now: Millis, event: SwarmEvent): boolean {
    switch (event.type) {
      case "wakeup":
        return false;
      case "playlist": {
        const track = this.#track(event.track);
        track.live = event.live;
        track.targetDuration = event.targetDuration;
        for (const gone of this.#table.list(now, track, event.segments).replaced) this.#drop(gone);
        learnSizes(this.#peerDesk, track.listed);
        return false;
      }
      case "tracks-followed":
        this.#follow(event.tracks.map((id) => this.#track(id)));
        return true;
      case "playback":
        this.#playback.update(now, event.position, event.bufferedEnd, event.rate, event.bufferAheadMax);
        return false;
      case "segment-wanted": {
        const segment = this.#table.get(event.segment);
        if (!segment) return false;
        segment.wanted = true;
        segment.originRetryAt = 0;
        this.#out.push(...this.#intake.deliver(segment));
        return true;
      }
      case "segment-unwanted": {
        const segment = this.#table.get(event.segment);
        if (segment) segment.wanted = false;
        return segment !== undefined;
      }
      case "origin-opened": {
        const fetch = this.#desk.get(event.fetch);
        if (fetch) this.#out.push(...this.#intake.originOpened(now, fetch, event));
        return false;
      }
      case "origin-chunk": {
        const fetch = this.#desk.get(event.fetch);
        if (fetch) this.#out.push(...this.#intake.originChunk(now, fetch, event.chunk, event.byteLength));
        return false;
      }
      case "origin-closed": {
        const fetch = this.#desk.get(event.fetch);
        if (fetch) this.#out.push(...this.#intake.originClosed(now, fetch, event));
        return fetch !== undefined;
      }
      case "origin-ranges":
        this.#desk.rangesUsable = event.usable;
        return false;
      case "link-signal":
        this.#out.push(...this.#topology.relay(event.peer, event.signal));
        return false;
      case "peer-opened": {
        this.#topology.opened(event.peer);
        const { peer, actions } = this.#links.open(now, event.peer, this.#table.tracks.values());
        this.#out.push(...actions, this.#liveness.ping(now, peer));
        return false;
      }
      case "peer-closed":
        this.#topology.closed(now, event.peer);
        this.#links.drop(event.peer);
        return true;
      case "peer-message": {
        const peer = this.#peers.get(event.peer);
        if (!peer) return false;
        peer.lastInboundAt = now;
        const { actions, bye } = receive(now, this.#peerDesk, peer, event.message);
        this.#out.push(...actions);
        if (bye) this.#close(now, peer, bye);
        return false;
      }
      case "peer-chunk":
        this.#out.push(...this.#intake.peerChunk(now, event));
        return false;
      case "tracker-opened":
        this.#out.push(...this.#topology.trackerOpened());
        return false;
      case "tracker-message": {
        if (event.message.type === "signal") {
          this.#out.push(...this.#topology.signalled(event.message.from, event.message.signal));
          return false;
        }
        const { actions, gone } = this.#topology.trackerMessage(now, event.message);
        this.#out.push(...actions);
        const doubtful = gone === undefined ? undefined : this.#peers.get(gone);
        if (doubtful) this.#out.push(this.#liveness.doubt(now, doubtful));
        return true;
      }
      case "tracker-closed":
        this.#topology.trackerClosed(now);
        return false;
      case "timer-lag":
        this.#timerLagMs = Math.min(TIMER_LAG_MS_MAX, event.lagMs);
        return false;
      default:
        return assertNever(event);
    }
  }

  #evaluate(now: Millis): void {
    this.#evaluatedAt = now;
    this.#evaluateAt = Infinity;
    const { actions, dead } = this.#liveness.check(now, this.#peers.values());
    this.#out.push(...actions, ...this.#requests.expire(now));
    for (const peer of dead) this.#close(now, peer, "silent");

    this.#desk.cover();
    const window = windowAt(now, this.#table, this.#playback);
    const peers = [...this.#peers.values()].filter((peer) => peer.identity);
    const guardMs = this.#tuning.guardMs + this.#timerLagMs;
    const hopeUntil = this.#topology.hopeUntil(now);
    const isAlone = (segment: Segment): boolean => now >= hopeUntil && !peers.some((peer) => helps(peer, segment));

    const due = planOrigin(now, window, this.#desk, { started: this.#playback.started, guardMs, isAlone });
    for (const range of due.ranges) this.#fetch(now, range);

    const eligibleAt = this.#playback.startedAt + this.#tuning.electionAfterMs;
    const eligible = peers.length > 0 && now >= eligibleAt;
    const election = planElection(now, eligible ? window.filter((d) => !isAlone(d.segment)) : [], {
      selfHash: this.#selfHash,
      selfWeight: this.#options.uplink,
      peers,
      viewers: this.#topology.viewers,
      desk: this.#desk,
      tuning: this.#tuning,
    });
    for (const range of election.ranges) this.#fetch(now, range);

    const situation = { hasUplink: this.#options.uplink > 0, tuning: this.#tuning };
    for (const plan of planRequests(now, window, peers, this.#options.rng, situation))
      this.#out.push(this.#requests.ask(now, plan));

    this.#out.push(...this.#announcer.flush(now, peers));
    // The first picture comes first: opening eight connections takes as much of a small machine as decoding it.
    this.#beganAt ??= now;
    const dialAt = this.#playback.started ? now : this.#beganAt + DIAL_AFTER_MS_MAX;
    this.#out.push(...this.#topology.evaluate(now, now >= dialAt, () => this.#report()));
    this.#cleanUp(now, window, isAlone);
    this.#lookAgainAt = Math.min(
      due.lookAgainAt,
      election.lookAgainAt,
      peers.length > 0 && !eligible ? eligibleAt : Infinity,
      now < hopeUntil ? hopeUntil : Infinity,
      now < dialAt ? dialAt : Infinity,
      this.#requestsExpireAt(),
    );
  }

  #report(): Report {
    return {
      peerBytes: this.#intake.peerBytes,
      originBytes: this.#intake.originBytes,
      uploadedBytes: this.#uploads.uploadedBytes,
      wastedBytes: this.#intake.wastedBytes,
      peers: this.#peers.size,
    };
  }

  /** When the first unanswered request times out. */
  #requestsExpireAt(): Millis {
    let at = Infinity;
    for (const peer of this.#peers.values()) {
      const first = peer.requests[0];
      if (first) at = Math.min(at, Math.max(first.at, peer.lastChunkAt) + this.#tuning.requestTimeoutMs);
      else if (peer.suspendedUntil > this.#evaluatedAt) at = Math.min(at, peer.suspendedUntil);
    }
    return at;
  }

  #fetch(now: Millis, range: OriginRange): void {
    const { segment, from, to, reason } = range;
    const end = to ?? Infinity;
    this.#out.push(...this.#requests.cancel(segment, (chunk) => chunk < from || chunk >= end));
    this.#out.push(this.#desk.start(now, range));
    if (reason !== "elected") return;
    for (let chunk = from; chunk < Math.min(end, Math.max(segment.expectedChunks, from + 1)); chunk++)
      segment.notice(chunk, now);
    this.#out.push(...this.#links.tellFetching(range));
  }

  #track(id: Track["id"]): Track {
    const known = this.#table.tracks.get(id);
    if (known) return known;
    const track = this.#table.track(id);
    this.#out.push(...this.#links.tellTrack(track));
    return track;
  }

  #follow(tracks: readonly Track[]): void {
    for (const track of this.#table.tracks.values()) {
      const following = tracks.includes(track);
      if (following === track.following) continue;
      track.following = following;
      this.#out.push(...this.#links.tellTrack(track));
    }
    this.#out.push(...this.#topology.watch(tracks[0]?.id));
  }

  #close(now: Millis, peer: Peer, reason: ByeReason | "left" | "silent"): void {
    this.#topology.closed(now, peer.id);
    this.#out.push(...this.#links.close(peer, reason));
  }

  #cleanUp(now: Millis, window: readonly DueSegment[], isAlone: (segment: Segment) => boolean): void {
    const needed = new Set(window.map((due) => due.segment));
    for (const fetch of this.#desk.all()) {
      const { segment } = fetch;
      if (segment.wanted || (needed.has(segment) && !isAlone(segment))) continue;
      // An elected fetch has been promised to others.
      if (fetch.reason === "elected" && segment.listed) continue;
      this.#out.push(this.#desk.abort(fetch));
    }
    if (now < this.#cacheAt) return;
    this.#cacheAt = now + CACHE_CHECK_MS;
    for (const segment of this.#table.all())
      if (segment.requests.size > 0 && !needed.has(segment))
        this.#out.push(...this.#requests.cancel(segment, () => false));
    const position = this.#playback.positionAt(now);
    for (const segment of planEvictions(this.#table, window, position, this.#options.memoryBytesMax))
      this.#drop(segment);
  }

  /** Forgets a segment's bytes, and the segment itself unless the playlist still lists it. */
  #drop(segment: Segment): void {
    const held = segment.heldCount > 0;
    this.#intake.forgotten(segment);
    if (segment.wanted && !segment.listed) {
      // Another segment took its name: hls.js has to ask anew.
      segment.wanted = false;
      this.#out.push({ type: "segment-failed", segment: segment.id, status: 0 });
    }
    for (const fetch of this.#desk.all()) if (fetch.segment === segment) this.#out.push(this.#desk.abort(fetch));
    this.#out.push(...this.#requests.cancel(segment, () => false));
    this.#uploads.dropSegment(segment);
    this.#announcer.forget(segment);
    segment.reset();
    if (!segment.listed) this.#table.remove(segment);
    if (held) this.#out.push({ type: "evict", segment: segment.id }, ...this.#links.tellGone(segment));
  }
}

/** Whether a peer could bring chunks of a segment: it gives, and is in the same rendition or has some of it. */
const helps = (peer: Peer, segment: Segment): boolean =>
  (peer.identity?.uplink ?? 0) > 0 &&
  (peer.following.has(segment.track.id) || peer.availability(segment) !== undefined);

/** A viewer that has not begun to play by then dials all the same: it may be waiting for a click. */
const DIAL_AFTER_MS_MAX = 1000;

/** Hidden tabs run timers once a second; anything longer is a suspended machine, not a habit. */
const TIMER_LAG_MS_MAX = 2000;
