import { assertNever } from "../../base/assert.ts";
import type { Core } from "../../base/core.ts";
import { hash32 } from "../../base/random.ts";
import type { Bytes, Millis } from "../../base/time.ts";
import { isDirect, type PeerId } from "../../protocol/ids.ts";
import type { ByeReason } from "../../protocol/peer-message.ts";
import type { SegmentRoot } from "../../protocol/segment-root.ts";
import type { SwarmAction } from "./action.ts";
import { Announcer } from "./announcer.ts";
import type { Played, SwarmEvent } from "./event.ts";
import { Intake } from "./intake.ts";
import { PLAYER_INTEREST } from "./interest.ts";
import { Links } from "./links.ts";
import { Listings } from "./listings.ts";
import { Liveness } from "./liveness.ts";
import type { SwarmCoreOptions } from "./options.ts";
import { OriginDesk } from "./origin-desk.ts";
import { Outlook } from "./outlook.ts";
import type { Parents } from "./parents.ts";
import type { Peer } from "./peer.ts";
import { Playback } from "./playback.ts";
import { receive, type PeerDesk } from "./peer-desk.ts";
import { Proofs } from "./proofs.ts";
import type { Push } from "./push.ts";
import { reachOf } from "./reach.ts";
import { RequestTable } from "./request-table.ts";
import { planRequests } from "./scheduler.ts";
import type { Segment } from "./segment.ts";
import { SegmentTable } from "./segment-table.ts";
import { Sharing } from "./sharing.ts";
import { snapshot } from "./snapshot.ts";
import type { SwarmStats } from "./stats.ts";
import { Topology, type Report } from "./topology.ts";
import { DEFAULT_TUNING, type SwarmTuning } from "./tuning.ts";
import { Upkeep } from "./upkeep.ts";
import { UploadQueue } from "./upload-queue.ts";
import { Whereabouts } from "./whereabouts.ts";

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
  readonly #playback = new Playback();
  readonly #desk = new OriginDesk();
  readonly #peers = new Map<PeerId, Peer>();
  readonly #table: SegmentTable;
  readonly #requests: RequestTable;
  readonly #uploads: UploadQueue;
  readonly #announcer: Announcer;
  readonly #liveness: Liveness;
  readonly #topology: Topology;
  readonly #parents: Parents | undefined;
  readonly #push: Push | undefined;
  readonly #peerDesk: PeerDesk;
  readonly #intake: Intake;
  readonly #proofs: Proofs;
  readonly #links: Links;
  readonly #listings: Listings;
  readonly #outlook: Outlook;
  readonly #whereabouts = new Whereabouts();
  readonly #upkeep: Upkeep;
  readonly #sharing: Sharing;

  #played: Played | undefined;
  #out: SwarmAction[] = [];
  #beganAt: Millis | undefined;
  #evaluatedAt: Millis = -Infinity;
  #evaluateAt: Millis = 0;
  #lookAgainAt: Millis = Infinity;

  constructor(options: SwarmCoreOptions) {
    this.#options = options;
    this.#tuning = { ...DEFAULT_TUNING, ...options.tuning };
    this.#table = new SegmentTable(this.#peers, options.integrity === "required" ? "attested" : "none");
    this.#requests = new RequestTable(this.#peers, this.#tuning);
    this.#uploads = new UploadQueue(this.#tuning, options.uplink > 0);
    this.#announcer = new Announcer(this.#table);
    this.#liveness = new Liveness(this.#tuning);
    this.#topology = new Topology({ ...options, tuning: this.#tuning, rng: options.rng.fork("topology") });
    this.#links = new Links(options, this.#tuning, this.#peers, this.#requests, this.#uploads);
    const selfHash = hash32(options.viewer);
    this.#parents = options.parents?.(options.rng.fork("parents"), selfHash);
    this.#push = options.push?.({ peers: this.#peers, uploads: this.#uploads });
    const facts = {
      push: this.#push,
      interest: options.interest ?? PLAYER_INTEREST,
      table: this.#table,
      playback: this.#playback,
      desk: this.#desk,
      peers: this.#peers,
      requests: this.#requests,
      links: this.#links,
      tuning: this.#tuning,
      uploads: this.#uploads,
      announcer: this.#announcer,
      verifies: options.verifies ?? false,
      isSeeder: options.seeder ?? false,
      rng: options.rng.fork("audits"),
    };
    this.#intake = new Intake(facts);
    this.#proofs = new Proofs(facts);
    const near = { ...facts, topology: this.#topology, parents: this.#parents, selfHash };
    this.#listings = new Listings({ ...near, intake: this.#intake, proofs: this.#proofs });
    const outlook = (this.#outlook = new Outlook(near, options.uplink));
    const all = { ...near, outlook, whereabouts: this.#whereabouts, intake: this.#intake };
    this.#upkeep = new Upkeep(all, options.memoryBytesMax);
    this.#sharing = new Sharing(all, options);
    this.#peerDesk = { ...facts, self: options.viewer, liveness: this.#liveness };
  }

  handle(now: Millis, event: SwarmEvent): readonly SwarmAction[] {
    this.#out = [];
    const urgent = this.#apply(now, event);
    const reach = reachOf(event);
    if (reach !== "uploads") this.#evaluateAt = Math.min(this.#evaluateAt, now);
    if (reach === "origin") this.#outlook.lookAt = now;
    else if (reach === "requests") this.#outlook.lookAt = Math.min(this.#outlook.lookAt, now + LOOK_MS_MAX);
    // Before anything is announced: what subscribers get unasked need not be asked for.
    if (this.#push?.flush(now, this.#out)) this.#out.push(...this.#uploads.pump(now));
    const isTime = urgent || now >= this.nextWakeup();
    if (isTime) this.#evaluate(now);
    if (isTime || reach === "uploads") this.#out.push(...this.#uploads.pump(now));
    return this.#out;
  }

  nextWakeup(): Millis {
    const at = Math.min(
      this.#evaluateAt,
      this.#lookAgainAt,
      this.#announcer.flushAt,
      this.#topology.nextWakeup(),
      this.#parents?.wakeAt ?? Infinity,
      this.#sharing.wakeAt,
      this.#peers.size > 0 ? this.#liveness.checkAt : Infinity,
    );
    return Math.max(at, this.#evaluatedAt + this.#outlook.paceMs);
  }

  stats(): SwarmStats {
    return snapshot({
      table: this.#table,
      peers: this.#peers,
      dialing: this.#topology.dialing.keys(),
      tracker: this.#topology.trackerPhase,
      self: this.#topology.self,
      viewers: this.#topology.viewers,
      forgedSignals: this.#topology.forgedSignals,
      holdOut: this.#topology.holdOut ?? false,
      swarming: this.#sharing.swarming,
      ...this.#intake.counters(),
      uploadedBytes: this.#uploads.uploadedBytes,
    });
  }

  /** Bytes of a segment by source, for whoever hands it to the player. */
  bytesOf(segment: Segment["id"]): Pick<Segment, "peerBytes" | "originBytes" | "byteLength"> | undefined {
    return this.#table.get(segment);
  }

  /** Whether a chunk of this length can be kept for a segment that we know. */
  accepts(segment: Segment["id"], chunk: number, byteLength: Bytes): boolean {
    const known = this.#table.get(segment);
    return known !== undefined && known.trustsPeers && known.fits(chunk, byteLength);
  }

  /** What a segment's chunks are checked against before they are kept; undefined where nothing is, or none are taken. */
  proofOf(segment: Segment["id"]): SegmentRoot | "attested" | undefined {
    const known = this.#table.get(segment);
    return known?.root ?? (known?.track.proof === "attested" ? "attested" : undefined);
  }

  /** Changes facts. Returns whether a decision cannot wait for the next round. */
  #apply(now: Millis, event: SwarmEvent): boolean {
    switch (event.type) {
      case "wakeup":
        return false;
      case "peer-message": {
        const peer = this.#peers.get(event.peer);
        if (!peer) return false;
        if (!peer.heard(now)) {
          // Not accused (TR46): its bytes may be right.
          this.#topology.ban(peer.id);
          this.#close(now, peer, "protocol");
          return true;
        }
        const { actions, bye } = receive(now, this.#peerDesk, peer, event.message);
        this.#out.push(...actions);
        if (bye) this.#close(now, peer, bye);
        return false;
      }
      case "peer-chunk":
        this.#out.push(...this.#intake.peerChunk(now, event));
        return false;
      case "playlist":
        this.#out.push(...this.#listings.take(now, event));
        return false;
      case "segment-located": {
        const segment = this.#table.get(event.segment);
        if (segment) segment.located = this.#desk.foresees;
        return segment !== undefined;
      }
      case "tracks-followed":
        this.#out.push(...this.#listings.follow(now, event.tracks));
        return true;
      case "playback":
        this.#played = event.played ?? this.#played;
        if (this.#playback.update(now, event.position, event.bufferedEnd, event.rate, event.bufferAheadMax))
          this.#outlook.lookAt = now;
        return false;
      case "loaded-plainly":
        this.#intake.loadedPlainly(event.byteLength);
        return false;
      case "device":
      case "month-uploaded":
        this.#sharing.tell(now, event);
        return true;
      case "report-due":
        this.#out.push(...this.#topology.report(now, this.#report()));
        return false;
      case "segment-wanted": {
        const segment = this.#table.get(event.segment);
        if (!segment) return false;
        segment.wanted = true;
        segment.originRetryAt = 0;
        segment.dueLookAt = 0;
        this.#out.push(...this.#intake.deliver(segment));
        return true;
      }
      case "segment-unwanted": {
        const segment = this.#table.get(event.segment);
        if (segment) segment.wanted = false;
        return segment !== undefined;
      }
      case "chunk-forged": {
        const peer = this.#peers.get(event.peer);
        this.#intake.chunkForged(event.byteLength);
        this.#parents?.ban(event.peer);
        this.#out.push(...this.#topology.ban(event.peer));
        if (peer) this.#close(now, peer, "protocol");
        return true;
      }
      case "chunk-proven":
      case "hashes-known":
      case "segment-unprovable":
      case "segment-judged":
        this.#out.push(...this.#intake.checked(now, event));
        return event.type === "segment-unprovable" || event.type === "segment-judged";
      case "attestation-unusable":
        this.#table.distrustTrackers();
        return true;
      case "audited":
        this.#out.push(...this.#intake.audited(event));
        return true;
      case "origin-opened": {
        const fetch = this.#desk.get(event.fetch);
        if (fetch) this.#out.push(...this.#intake.originOpened(now, fetch, event));
        return false;
      }
      case "origin-chunk": {
        const fetch = this.#desk.get(event.fetch);
        if (!fetch) return false;
        this.#out.push(...this.#intake.originChunk(now, fetch, event.chunk, event.byteLength));
        this.#proofs.originChunk(now, fetch.segment, event.chunk);
        return false;
      }
      case "origin-closed": {
        const fetch = this.#desk.get(event.fetch);
        if (!fetch) return false;
        this.#out.push(...this.#intake.originClosed(now, fetch, event));
        this.#proofs.originClosed(now, fetch.segment);
        return true;
      }
      case "origin-ranges":
        this.#desk.rangesUsable = event.usable;
        return false;
      case "link-signal":
        this.#out.push(...this.#topology.relay(event.peer, event.signal));
        return false;
      case "peer-opened": {
        if (isDirect(event.peer)) this.#parents?.opened(now, event.peer);
        else this.#topology.opened(event.peer);
        const { peer, actions } = this.#links.open(now, event.peer, this.#table.tracks.values());
        this.#out.push(...actions, this.#liveness.ping(now, peer));
        return false;
      }
      case "peer-closed":
        this.#topology.closed(now, event.peer, event.reason);
        this.#parents?.closed(now, event.peer);
        this.#links.drop(event.peer);
        return true;
      case "tracker-opened":
        this.#out.push(...this.#topology.trackerOpened(now));
        return false;
      case "tracker-message": {
        if (event.message.type === "signal") {
          this.#out.push(...this.#topology.signalled(event.message.from, event.message.signal));
          return false;
        }
        if (event.message.type === "joined") this.#table.proveUnsigned(event.message.attestationKey !== undefined);
        this.#out.push(...this.#topology.trackerMessage(now, event.message));
        const doubtful = event.message.type === "gone" && this.#peers.get(event.message.peer);
        if (doubtful) this.#out.push(this.#liveness.doubt(now, doubtful));
        return true;
      }
      case "tracker-closed":
        this.#topology.trackerClosed(now);
        return false;
      case "timer-lag":
        this.#outlook.timerLagMs = Math.min(TIMER_LAG_MS_MAX, event.lagMs);
        return false;
      default:
        return assertNever(event);
    }
  }

  #evaluate(now: Millis): void {
    this.#evaluatedAt = now;
    this.#evaluateAt = Infinity;
    this.#out.push(...this.#sharing.look(now));
    const { actions, dead } = this.#liveness.check(now, this.#peers.values());
    const expired = this.#requests.expire(now);
    if (expired.length > 0) this.#outlook.lookAt = now;
    this.#out.push(...actions, ...expired);
    for (const peer of dead) this.#close(now, peer, "silent");
    this.#callParents(now);
    const outlook = this.#outlook;
    if (now >= outlook.lookAt) {
      this.#out.push(...outlook.look(now));
      for (const { segment } of this.#desk.all()) this.#proofs.prove(now, segment);
    }

    const situation = {
      hasUplink: this.#uploads.allowed,
      uplinkIsShort: outlook.uplinkIsShort(now),
      tuning: this.#tuning,
    };
    for (const plan of planRequests(now, outlook.window, outlook.peers, this.#options.rng, situation))
      this.#out.push(...this.#proofs.ask(now, plan), this.#requests.ask(now, plan, outlook.uselessAt(plan)));
    const isSharing = this.#topology.trackerPhase === "joined" && this.#topology.viewers > 1;
    this.#out.push(...this.#proofs.evaluate(now, isSharing));

    this.#out.push(...this.#intake.acknowledge(), ...this.#announcer.flush(now, outlook.peers));
    // The first picture comes first: opening eight connections takes as much of a small machine as decoding it.
    const dialAt = this.#playback.started ? now : (this.#beganAt ??= now) + DIAL_AFTER_MS_MAX;
    const mayDial = now >= dialAt && this.#sharing.hasAudience;
    if (!this.#options.seeder) this.#whereabouts.look(now, this.#table, this.#playback, this.#peers);
    this.#out.push(...this.#topology.evaluate(now, mayDial, this.#whereabouts, () => this.#report()));
    const { actions: ended, idle, useless } = this.#upkeep.tidy(now);
    this.#out.push(...ended);
    for (const peer of idle) this.#close(now, peer, "idle");
    for (const segment of useless) this.#out.push(...this.#listings.drop(segment));
    const mayDialAt = now < dialAt ? dialAt : Infinity;
    this.#lookAgainAt = Math.min(outlook.lookAt, mayDialAt, this.#requests.checkAt, this.#proofs.wakeAt);
  }

  #callParents(now: Millis): void {
    if (!this.#parents) return;
    const { holdOut, viewers } = this.#topology;
    const mayLink = !holdOut && this.#sharing.mode !== "off";
    const hopeUntil = this.#topology.hopeUntil(now);
    const company = { mayLink, peers: this.#peers, hopeUntil, viewers, tracks: this.#table.tracks.values() };
    const { actions, useless } = this.#parents.evaluate(now, company);
    this.#out.push(...actions);
    for (const peer of useless) this.#close(now, peer, "idle");
  }

  #report(): Report {
    const { uploadedBytes } = this.#uploads;
    return { ...this.#intake.reported(), uploadedBytes, ...this.#played, peers: this.#peers.size };
  }

  #close(now: Millis, peer: Peer, reason: ByeReason | "left" | "silent"): void {
    this.#topology.closed(now, peer.id);
    this.#out.push(...this.#links.close(peer, reason));
    this.#outlook.lookAt = now;
  }
}

/** A viewer that has not begun to play by then dials all the same: it may be waiting for a click. */
const DIAL_AFTER_MS_MAX = 1000;

/** What is asked of the origin is looked at anew this soon after the swarm brought or announced anything. */
const LOOK_MS_MAX = 400;

/** Hidden tabs run timers once a second; anything longer is a suspended machine, not a habit. */
const TIMER_LAG_MS_MAX = 2000;
