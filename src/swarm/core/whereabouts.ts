import type { Millis, Seconds } from "../../base/time.ts";
import { isDirect, type PeerId } from "../../protocol/ids.ts";
import { TRACK_SLOTS_MAX } from "../../protocol/limits.ts";
import type { Place } from "../../protocol/tracker-message.ts";
import type { SwarmAction } from "./action.ts";
import type { Peer } from "./peer.ts";
import type { Playback } from "./playback.ts";
import type { Segment } from "./segment.ts";
import type { SegmentTable, Track } from "./segment-table.ts";

/** Where this viewer is, if it watches recorded video, and what its links are good for there. */
export interface Surroundings {
  readonly place: Place | undefined;
  readonly providers: number;
}

/** Where the tracker takes this viewer to be: it moves it on with the time. */
export interface ToldPlace {
  readonly place: Place;
  readonly at: Millis;
}

/** Whether the tracker must be told anew: we are elsewhere, or what we keep behind us has doubled, or halved. */
export function isNews(now: Millis, told: ToldPlace | undefined, { position, behind }: Place): boolean {
  if (!told) return true;
  const { place, at } = told;
  const drift = position - place.position - (place.playing ? (now - at) / 1000 : 0);
  const [less, more] = behind < place.behind ? [behind, place.behind] : [place.behind, behind];
  return Math.abs(drift) > NEWS_SECONDS || more > 2 * less + NEWS_SECONDS;
}

/** Where a viewer of recorded video is among the segments that it plays, and what it holds around. */
interface Spot {
  readonly track: Track;
  readonly place: Place;
  /** The segment at the playhead, and how many are held whole without a gap: from it on, and before it. */
  readonly sequence: number;
  readonly ahead: number;
  readonly behind: number;
  /** The first one from the playhead on that is not held whole: what a provider has. Undefined at the title's end. */
  readonly next: Segment | undefined;
}

/**
 * Recorded video: where this viewer is, and which of its links are of use there (SW90..). In live video, where everybody
 * is at the edge, it sees nothing. Whom to dial and what to ask for is for others to decide.
 */
export class Whereabouts implements Surroundings {
  #spot: Spot | undefined;
  #lookedAt: Millis = -Infinity;
  #saidAt: Millis = -Infinity;
  #links = 0;
  /** Links to viewers that hold what is played next, or that are so new that they may still say so. */
  providers = 0;

  get place(): Place | undefined {
    return this.#spot?.place;
  }

  /** Looks around: once a second, after a jump, and when links came or went. */
  look(now: Millis, table: SegmentTable, playback: Playback, peers: ReadonlyMap<PeerId, Peer>): void {
    const { movedAt } = playback;
    if (now < this.#lookedAt + LOOK_MS && movedAt <= this.#lookedAt && peers.size === this.#links) return;
    this.#lookedAt = now;
    this.#links = peers.size;
    this.#spot = spotOf(now, table, playback);
    const next = this.#spot?.next;
    this.providers = 0;
    for (const peer of peers.values()) {
      const isNew = peer.openedAt > movedAt && now < peer.openedAt + NEW_LINK_MS;
      if (isNew || provides(peer, next)) this.providers++;
    }
  }

  /** Tells peers of it, now and then, after a jump, and when a seeder has come, which fetches what we play next. */
  say(now: Millis, movedAt: Millis, peers: ReadonlyMap<PeerId, Peer>): SwarmAction[] {
    if (!this.#spot || peers.size === 0) return [];
    const isAwaited = [...peers.values()].some(({ openedAt, identity }) => identity?.seeder && openedAt > this.#saidAt);
    if (now < this.#saidAt + SAY_MS && movedAt <= this.#saidAt && !isAwaited) return [];
    const { track, sequence, ahead, behind } = this.#spot;
    if (track.slot >= TRACK_SLOTS_MAX) return [];
    this.#saidAt = now;
    const message = { type: "position", slot: track.slot, sequence, ahead, behind } as const;
    return [{ type: "send", peers: [...peers.keys()], message }];
  }

  /**
   * Links over which nothing has gone lately, nor will soon: neither end holds what the other plays next. `kept` links
   * are left in any case: they may be of use after the next jump.
   */
  idle(now: Millis, peers: ReadonlyMap<PeerId, Peer>, kept = LINKS_KEPT): Peer[] {
    const idle: Peer[] = [];
    if (!this.#spot) return idle;
    const { next, track } = this.#spot;
    for (const peer of peers.values()) {
      if (peers.size - idle.length <= kept) break;
      const usedAt = Math.max(peer.openedAt, peer.lastChunkAt, peer.lastServedAt);
      if (isDirect(peer.id) || now < usedAt + IDLE_MS || provides(peer, next)) continue;
      const its = peer.position;
      if (!its || !track.bySequence.get(its.sequence + its.ahead)?.complete) idle.push(peer);
    }
    return idle;
  }
}

/** At the end of the title nothing is missed any more. */
const provides = (peer: Peer, next: Segment | undefined): boolean =>
  !next || ((peer.identity?.uplink ?? 0) > 0 && peer.availability(next) !== undefined);

function spotOf(now: Millis, table: SegmentTable, playback: Playback): Spot | undefined {
  for (const track of table.tracks.values()) {
    const { listed } = track;
    if (!track.following || track.live) continue;
    const position = playback.started ? playback.positionAt(now) : listed.find((segment) => segment.wanted)?.start;
    if (position === undefined) continue;
    let at = listed.findIndex((segment) => segment.start + segment.duration > position);
    if (at < 0) at = listed.length - 1;
    const here = listed[at];
    if (!here) continue;
    let end = at;
    while (listed[end]?.complete) end++;
    let begin = at;
    while (listed[begin - 1]?.complete) begin--;
    const from = listed[begin] ?? here;
    const last = listed[end - 1];
    return {
      track,
      place: {
        position: bounded(POSITION_MAX, position),
        ahead: last && end > at ? bounded(HELD_MAX, last.start + last.duration - position) : 0,
        behind: bounded(HELD_MAX, position - from.start),
        playing: playback.started && playback.rate > 0,
      },
      sequence: here.name.sequence,
      ahead: Math.min(HELD_MAX, end - at),
      behind: Math.min(HELD_MAX, at - begin),
      next: listed[end],
    };
  }
  return undefined;
}

const bounded = (max: Seconds, value: Seconds): Seconds => Math.max(0, Math.min(max, value));

/** The tracker introduces peers that are this far ahead at least: it need not know better, nor hear of a short pause. */
const NEWS_SECONDS: Seconds = 8;
const LOOK_MS: Millis = 1000;
/** A new link has told what it holds by then. */
const NEW_LINK_MS: Millis = 2000;
/** Between two times that peers are told where we are: only links that have been of no use for longer depend on it. */
const SAY_MS: Millis = 10_000;
const IDLE_MS: Millis = 20_000;
const LINKS_KEPT = 8;
/** The bounds of what is told: four months, and a day held; segments are longer than a second. */
const POSITION_MAX: Seconds = 10_000_000;
const HELD_MAX: Seconds = 86_400;
