import type { Rng } from "../../base/random.ts";
import type { Millis } from "../../base/time.ts";
import { isDirect, type PeerId, type SwarmId, type TrackId } from "../../protocol/ids.ts";
import { PEERS_PER_ANNOUNCE_MAX, SIGNAL_CHARS_MAX, TRACK_SLOTS_MAX } from "../../protocol/limits.ts";
import type { UplinkClass } from "../../protocol/peer-message.ts";
import type {
  DealtSeats,
  Place,
  TrackerErrorCode,
  TrackerToViewer,
  ViewerToTracker,
} from "../../protocol/tracker-message.ts";
import { PROTOCOL_VERSION, PROTOCOL_VERSION_MIN } from "../../protocol/version.ts";
import type { SwarmAction } from "./action.ts";
import { FORGED_SIGNAL } from "./event.ts";
import { TrackerSession } from "./tracker-session.ts";
import type { SwarmTuning } from "./tuning.ts";
import { isNews, type Surroundings, type ToldPlace } from "./whereabouts.ts";

/** Everything counted since the session began, and the links open now. */
export type Report = Omit<Extract<ViewerToTracker, { type: "report" }>, "type">;

export interface TopologyOptions {
  readonly swarm: SwarmId;
  /** URLs of its trackers; none for a swarm without. */
  readonly trackers: readonly string[];
  readonly uplink: UplinkClass;
  readonly seeder?: boolean | undefined;
  readonly tuning: SwarmTuning;
  readonly rng: Rng;
}

/** What the tracker is told of renditions: the one that a viewer watches, all that a seeder gives. */
type Watched = Pick<Extract<ViewerToTracker, { type: "update" }>, "track" | "tracks">;

/**
 * Keeps this viewer in touch: a tracker, and as many links as it wants. Decides whom to dial; knows nothing of
 * segments. Links between peers outlive the tracker.
 */
export class Topology {
  readonly #options: TopologyOptions;
  readonly #session: TrackerSession;
  #resume: string | undefined;
  #watched: Watched = {};
  self: PeerId | undefined;
  viewers = 1;
  /** Links not opened because somebody had changed what the peer said of itself (TR71). */
  forgedSignals = 0;
  /** Links held at most when others dial us. */
  peersMax: number;
  #uplink: UplinkClass;
  /** Being dialed, by us or by them. */
  readonly dialing = new Map<PeerId, { readonly initiator: boolean; readonly at: Millis }>();
  /** Open links, and whether we offered. */
  readonly #open = new Map<PeerId, boolean>();
  /** Whether track or uplink have changed since `join` was sent. */
  #hasNews = false;
  #candidates: PeerId[] = [];
  /** Could not be reached lately: not dialed again before, and twice as long when that fails as well. */
  readonly #unreachable = new Map<PeerId, { readonly until: Millis; readonly waitMs: Millis }>();
  #needAt: Millis = Infinity;
  #needWaitMs: Millis = NEED_MS_MIN;
  #neededAt: Millis = -Infinity;
  /** Where we are in recorded video, and where the tracker takes us to be. */
  #place: Place | undefined;
  #providers = 0;
  #told: ToldPlace | undefined;
  #reportAt: Millis = Infinity;
  #reportEveryMs: Millis = Infinity;
  /** Whether the tracker wants us to stay with the origin; we stay with that at whatever tracker. */
  holdOut: boolean | undefined;
  /** The election seats we hold, by track, and until when they are ours if the tracker stays away. */
  readonly #seats = new Map<TrackId, DealtSeats>();
  #seatsUntil: Millis = Infinity;
  /** Until then somebody may still answer; undefined before the first event. */
  #hopeUntil: Millis | undefined;

  constructor(options: TopologyOptions) {
    this.#options = options;
    this.peersMax = options.tuning.peersMax;
    this.#uplink = options.uplink;
    this.#session = new TrackerSession(options.trackers, options.rng);
  }

  get trackerPhase(): TrackerSession["phase"] {
    return this.#session.phase;
  }

  /** Until when peers may be on their way: what is not urgent need not come from the origin meanwhile. */
  hopeUntil(now: Millis): Millis {
    if (this.trackerPhase === "off") return now;
    let until = (this.#hopeUntil ??= now + HOPE_MS);
    if (this.#place) for (const { at } of this.dialing.values()) until = Math.max(until, at + DIAL_MS);
    return until;
  }

  /** The election seats that we hold of a track; undefined where we know of none that were dealt. */
  seatsOf(now: Millis, track: TrackId): DealtSeats | undefined {
    return now < this.#seatsUntil ? this.#seats.get(track) : undefined;
  }

  /** The tracks followed now: peers of the first one are introduced first. A seeder is for those of all. */
  watch(tracks: readonly TrackId[]): SwarmAction[] {
    const watched: Watched = this.#options.seeder ? { tracks: tracks.slice(0, TRACK_SLOTS_MAX) } : { track: tracks[0] };
    if (JSON.stringify(watched) === JSON.stringify(this.#watched)) return [];
    this.#watched = watched;
    return this.#tellChange();
  }

  /** What is told of our uplink has changed. */
  rateUplink(uplink: UplinkClass): SwarmAction[] {
    this.#uplink = uplink;
    return this.#tellChange();
  }

  trackerOpened(now: Millis): SwarmAction[] {
    this.#told = this.#place && { place: this.#place, at: now };
    this.#session.opened(now);
    this.#hasNews = false;
    return [
      {
        type: "send-tracker",
        message: {
          type: "join",
          version: PROTOCOL_VERSION,
          versionMin: PROTOCOL_VERSION_MIN,
          swarm: this.#options.swarm,
          peersWanted: this.#peersMissing(now),
          uplink: this.#uplink,
          seeder: this.#options.seeder || undefined,
          ...this.#watched,
          resume: this.#resume,
          links: this.#open.size,
          place: this.#place,
          holdOut: this.holdOut,
        },
      },
    ];
  }

  /** It is tried again, or another. */
  trackerClosed(now: Millis): void {
    this.#missTracker(now);
    this.#session.closed(now);
  }

  /** Takes a tracker's message in, `signal` apart. */
  trackerMessage(now: Millis, message: Exclude<TrackerToViewer, { type: "signal" }>): SwarmAction[] {
    switch (message.type) {
      case "joined":
        this.#session.joined(message.trackers);
        // Seats that we still hold are told again.
        if (this.self !== message.peer || now >= this.#seatsUntil) this.#seats.clear();
        this.#seatsUntil = Infinity;
        this.self = message.peer;
        this.#resume = message.resume;
        this.#reportEveryMs = message.reportEveryMs;
        this.#reportAt = now + message.reportEveryMs;
        this.#hopeUntil = message.peers.length > 0 ? now + HOPE_MS : now;
        this.#introduced(now, message);
        if ((this.holdOut = message.holdOut)) this.#needAt = Infinity;
        return this.#hasNews ? [this.#update()] : [];
      case "peers":
        this.#introduced(now, message);
        break;
      case "assign":
        // Tracks of long ago make room: no viewer names more than fit on a link.
        if (this.#seats.size >= TRACK_SLOTS_MAX && !this.#seats.has(message.track)) this.#seats.clear();
        this.#seats.set(message.track, message);
        break;
      case "attested":
        break;
      case "off":
        return [{ type: "switch-off" }];
      case "gone":
        this.#candidates = this.#candidates.filter((peer) => peer !== message.peer);
        break;
      case "drain":
        this.#missTracker(now);
        return this.#session.ended(now, message);
      case "redirect":
        return this.#session.ended(now, message);
      case "error":
        if (ENDINGS.includes(message.code)) {
          this.#missTracker(now);
          if (message.code === "bad-ticket") this.#resume = undefined; // another ticket is another visit
          return this.#session.ended(now, message);
        }
        if (message.retryInMs !== undefined) {
          this.#neededAt = now + message.retryInMs - NEED_MS_MIN;
          this.#needAt = Math.max(this.#needAt, now + message.retryInMs);
        }
    }
    return [];
  }

  /** Carries a signal of our own end through the tracker, marked with the side that made the offer. */
  relay(to: PeerId, signal: string): SwarmAction[] {
    const initiator = this.dialing.get(to)?.initiator ?? this.#open.get(to);
    if (initiator === undefined || this.trackerPhase !== "joined") return [];
    const marked = (initiator ? INITIATOR : ANSWERER) + signal;
    if (marked.length > SIGNAL_CHARS_MAX) return [];
    return [{ type: "send-tracker", message: { type: "signal", to, signal: marked } }];
  }

  /** A signal came through the tracker: opens our end where it is an offer, and hands it over. */
  signalled(from: PeerId, marked: string): SwarmAction[] {
    const byInitiator = marked.startsWith(INITIATOR);
    const signal: SwarmAction = { type: "signal-peer", peer: from, signal: marked.slice(1) };
    const ours = this.dialing.get(from)?.initiator ?? this.#open.get(from);
    // The other end of the same link: one offered, one answers.
    if (ours === !byInitiator) return [signal];
    // A late answer or candidate of a link that is gone.
    if (!byInitiator || this.#unreachable.get(from)?.until === Infinity) return [];
    const open: SwarmAction = { type: "open-peer", peer: from, initiator: false };
    if (ours) {
      // Both offered. The lower id's offer stands; an open link stands in any case.
      if (this.#open.has(from) || (this.self ?? "") < from) return [];
      this.dialing.set(from, { initiator: false, at: -Infinity });
      return [{ type: "close-peer", peer: from, reason: "duplicate" }, open, signal];
    }
    // In recorded video whoever dials is behind us, and those we dialed are ahead.
    const linksMax = this.peersMax + (this.#place ? this.#options.tuning.peersWanted : 0);
    if (this.#open.size + this.dialing.size >= linksMax) return [];
    this.dialing.set(from, { initiator: false, at: -Infinity });
    return [open, signal];
  }

  opened(peer: PeerId): void {
    this.#open.set(peer, this.dialing.get(peer)?.initiator ?? false);
    this.dialing.delete(peer);
    this.#unreachable.delete(peer);
    if (!this.#place) this.#needWaitMs = NEED_MS_MIN;
  }

  /** Never again: neither dialed nor let in. The tracker is told once (TR46). */
  ban(peer: PeerId): SwarmAction[] {
    if (isDirect(peer)) return []; // no tracker knows it
    const isNews = this.#unreachable.get(peer)?.until !== Infinity;
    this.#unreachable.set(peer, { until: Infinity, waitMs: 0 });
    return isNews && this.trackerPhase === "joined"
      ? [{ type: "send-tracker", message: { type: "accuse", peer } }]
      : [];
  }

  closed(now: Millis, peer: PeerId, reason?: string): void {
    if (reason === FORGED_SIGNAL) this.forgedSignals++;
    let waitMs = NEED_MS_MIN;
    if (this.dialing.delete(peer)) {
      waitMs = Math.min(2 * (this.#unreachable.get(peer)?.waitMs ?? NEED_MS_MIN / 2), NEED_MS_MAX);
      this.#unreachable.set(peer, { until: now + waitMs, waitMs });
    } else if (!this.#open.delete(peer)) return;
    // In recorded video only those ahead are missed: see evaluate.
    if (!this.#place) this.#needAt = Math.min(this.#needAt, now + waitMs);
  }

  /** Lets go of the tracker and of whoever is being dialed, until it comes back. Links are closed by others. */
  leave(now: Millis): SwarmAction[] {
    const actions: SwarmAction[] = [];
    for (const peer of this.dialing.keys()) actions.push({ type: "close-peer", peer, reason: "leaving" });
    this.dialing.clear();
    this.#open.clear();
    this.#candidates = [];
    this.#missTracker(now);
    if (this.trackerPhase === "joined") actions.push({ type: "send-tracker", message: { type: "leave" } });
    return [...actions, ...this.#session.leave()];
  }

  comeBack(now: Millis): void {
    this.#session.comeBack(now);
  }

  /** Connects, dials, asks for more, reports: whatever is due. */
  evaluate(now: Millis, mayDial: boolean, { place, providers }: Surroundings, report: () => Report): SwarmAction[] {
    this.#place = place;
    this.#providers = providers;
    const actions = this.#session.evaluate(now);
    if (this.trackerPhase !== "joined") return actions;
    if (now >= this.#reportAt) actions.push(...this.report(now, report()));
    if (this.holdOut) return actions;

    const { peersWanted, providersMin } = this.#options.tuning;
    const linksMax = place ? this.peersMax + peersWanted : peersWanted;
    let linked = this.#linked(now);
    const moved = place && isNews(now, this.#told, place);
    // Whom we were introduced to at the start has been chosen without a place, and is not named again for a while.
    if (moved && this.#told) this.#candidates = [];
    while (mayDial && linked < peersWanted && this.#open.size + this.dialing.size < linksMax) {
      const peer = this.#candidates.shift();
      if (peer === undefined) break;
      if (this.#open.has(peer) || this.dialing.has(peer) || now < (this.#unreachable.get(peer)?.until ?? 0)) continue;
      this.dialing.set(peer, { initiator: true, at: now });
      linked++;
      actions.push({ type: "open-peer", peer, initiator: true });
    }
    if (place) {
      if (moved || linked >= providersMin) this.#needWaitMs = NEED_MS_MIN;
      if (linked >= providersMin) this.#needAt = Infinity;
      else if (this.#candidates.length === 0)
        this.#needAt = this.#neededAt + Math.max(NEED_MS_MIN, this.#needWaitMs / 2);
    }
    if (now >= this.#needAt) {
      this.#neededAt = now;
      this.#needWaitMs = Math.min(NEED_MS_MAX, this.#needWaitMs * 2);
      this.#needAt = now + this.#needWaitMs * (0.75 + this.#options.rng.next() / 2);
      this.#told = place && { place, at: now };
      actions.push({
        type: "send-tracker",
        message: {
          type: "need",
          peersWanted: this.#peersMissing(now),
          connected: this.#open.size,
          place,
        },
      });
    } else if (moved) {
      this.#told = { place, at: now };
      actions.push(this.#update());
    }
    return actions;
  }

  /** Reports now, be it due or not. */
  report(now: Millis, report: Report): SwarmAction[] {
    if (this.trackerPhase !== "joined") return [];
    this.#reportAt = now + this.#reportEveryMs;
    return [{ type: "send-tracker", message: { type: "report", ...report } }];
  }

  nextWakeup(): Millis {
    return this.trackerPhase === "joined" ? Math.min(this.#needAt, this.#reportAt) : this.#session.nextWakeup();
  }

  /** Links that count towards those wanted. */
  #linked(now: Millis): number {
    if (!this.#place) return this.#open.size + this.dialing.size;
    // In recorded video those who dialed us are behind us: they do not count as those we need ahead.
    let linked = this.#providers;
    for (const { at } of this.dialing.values()) if (now < at + DIAL_MS) linked++;
    return linked;
  }

  #peersMissing(now: Millis): number {
    const missing = this.#options.tuning.peersWanted - this.#linked(now);
    return Math.max(0, Math.min(PEERS_PER_ANNOUNCE_MAX, missing));
  }

  /** Without a tracker nobody new comes, and our seats pass on. */
  #missTracker(now: Millis): void {
    this.#hopeUntil = now;
    this.#seatsUntil = Math.min(this.#seatsUntil, now + SEATS_KEPT_MS);
  }

  /** Told at once, or when `join` has been answered: a track untold has no seats, and its other viewers hold them all. */
  #tellChange(): SwarmAction[] {
    this.#hasNews = true;
    return this.trackerPhase === "joined" ? [this.#update()] : [];
  }

  #update(): SwarmAction {
    return {
      type: "send-tracker",
      message: { type: "update", uplink: this.#uplink, ...this.#watched, place: this.#place },
    };
  }

  #introduced(now: Millis, told: Extract<TrackerToViewer, { type: "joined" | "peers" }>): void {
    this.viewers = told.viewers;
    this.#session.choice.spread(told.reconnectWithinMs);
    for (const [peer, { until }] of this.#unreachable) if (until + NEED_MS_MAX <= now) this.#unreachable.delete(peer);
    for (const { peer } of told.peers) if (!this.#candidates.includes(peer)) this.#candidates.push(peer);
    this.#candidates.splice(0, this.#candidates.length - CANDIDATES_MAX);
    this.#needAt = now + this.#needWaitMs;
  }
}

/** Errors after which a tracker has no more to say to this socket. */
const ENDINGS: readonly TrackerErrorCode[] = ["bad-version", "full", "bad-ticket", "banned"];

/** First character of a signal, telling which side of the link it comes from (PE rules on glare). */
const INITIATOR = "o";
const ANSWERER = "a";

/** A lost tracker deals our seats to others; one that is lost to everybody deals them to nobody. */
const SEATS_KEPT_MS = 5_000;

/** Candidates kept for when links close; the newest are the likeliest to be still there. */
const CANDIDATES_MAX = 64;
/** Between two `need`s: the tracker allows one per 5 s, and the answer also refreshes the count of viewers. */
const NEED_MS_MIN = 6_000;
const NEED_MS_MAX = 60_000;
/** A connection that takes longer to be made is not reckoned with any more. */
const DIAL_MS: Millis = 2500;
/** A tracker that answers and peers that can be reached do so sooner. */
const HOPE_MS = 2_000;
