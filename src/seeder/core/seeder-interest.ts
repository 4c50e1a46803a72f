import type { Bytes, Millis, Seconds } from "../../base/time.ts";
import { isParent, type PeerId, type TrackId } from "../../protocol/ids.ts";
import type { PeerPosition } from "../../protocol/peer-message.ts";
import { isPassed } from "../../swarm/core/cache.ts";
import type { Interest } from "../../swarm/core/interest.ts";
import type { Peer } from "../../swarm/core/peer.ts";
import type { Segment } from "../../swarm/core/segment.ts";
import type { SegmentTable, Track } from "../../swarm/core/segment-table.ts";
import type { DueSegment } from "../../swarm/core/window.ts";

/** A stretch of recorded video that a viewer plays next. */
interface Stretch {
  readonly from: Seconds;
  readonly to: Seconds;
  /** When the viewer is at `from`, or was. */
  readonly at: Millis;
}

interface Kept {
  readonly segment: Segment;
  /** Somebody plays it next. */
  readonly isNear: boolean;
  /** When, in whatever order tells which of two goes first: the lesser one. */
  readonly usedAt: number;
}

/**
 * What a seeder fetches and keeps, who plays nothing (SE1 to SE9): of a live stream every new segment, of recorded video
 * what those it is linked with play next; and whatever its own HTTP clients wait for. While nobody is there, nothing.
 * Pure but for what it remembers of its former answers.
 */
export class SeederInterest implements Interest {
  readonly lookEveryMs: Millis = 500;
  readonly #isWarm: boolean;
  readonly #isOfParts: (track: TrackId) => boolean;
  /** By live track the sequence number of the first segment that matters; empty while nobody is there. */
  readonly #floors = new Map<Track, number>();
  /** Since when somebody is there. */
  #awakeAt: Millis = Infinity;
  /** Live segments that had to make room: fetched again they would have to once more. */
  readonly #forgotten = new WeakSet<Segment>();
  /** How far ahead of a viewer recorded video is fetched: less where the memory does not last for all of them. */
  #aheadSeconds: Seconds = AHEAD_SECONDS;
  /** When each place was told. */
  readonly #toldAt = new WeakMap<PeerPosition, Millis>();

  /**
   * `isWarm`: the newest live segments are fetched also while nobody is there. `isOfParts`: whether a track has parts of
   * segments, which another has whole.
   */
  constructor(isWarm = false, isOfParts: (track: TrackId) => boolean = () => false) {
    this.#isWarm = isWarm;
    this.#isOfParts = isOfParts;
  }

  window(now: Millis, table: SegmentTable, _: unknown, peers: ReadonlyMap<PeerId, Peer>): readonly DueSegment[] {
    const audience = [...peers.values()].filter(isAudience);
    const isAwake = this.#isWarm || audience.length > 0;
    this.#awakeAt = isAwake ? Math.min(this.#awakeAt, now) : Infinity;
    for (const { position } of audience) if (position && !this.#toldAt.has(position)) this.#toldAt.set(position, now);
    const played = new Set(audience.flatMap(({ following, subscribed }) => [...following, ...subscribed.keys()]));
    const kinds = new Set([...played].map(this.#isOfParts));
    if (kinds.size === 0) kinds.add(false);
    const due: DueSegment[] = [];
    const recorded: DueSegment[] = [];
    for (const track of table.tracks.values()) {
      for (const segment of track.bySequence.values())
        if (segment.wanted && !segment.complete) due.push({ segment, dueAt: now });
      if (!track.following) continue;
      if (!track.live) recorded.push(...this.#stretchesDue(now, track, this.#stretchesOf(table, track, audience)));
      else if (isAwake && kinds.has(this.#isOfParts(track.id)))
        due.push(...this.#newestDue(track, isFed(track, peers)));
      else this.#floors.delete(track);
    }
    return [...due, ...recorded.sort(bySoonest).slice(0, RECORDED_AT_ONCE)].sort(bySoonest);
  }

  evictions(
    table: SegmentTable,
    window: readonly DueSegment[],
    _: unknown,
    bytesMax: Bytes,
    peers: ReadonlyMap<PeerId, Peer>,
  ): readonly Segment[] {
    const needed = new Set(window.map((due) => due.segment));
    const audience = [...peers.values()].filter(isAudience);
    const evictions: Segment[] = [];
    const kept: Kept[] = [];
    let heldBytes: Bytes = 0;
    for (const track of table.tracks.values()) {
      const newest = newestOf(track) ?? Infinity;
      const stretches = track.live ? [] : this.#stretchesOf(table, track, audience);
      for (const segment of track.bySequence.values()) {
        heldBytes += segment.peerBytes + segment.originBytes;
        if (segment.wanted || needed.has(segment)) continue;
        if (segment.heldCount === 0) {
          if (!segment.listed && isPassed(table, segment)) evictions.push(segment);
        } else if (!track.live) {
          const ahead = stretches
            .filter((stretch) => touches(segment, stretch))
            .map(({ from }) => segment.start - from);
          const isNear = ahead.length > 0;
          kept.push({ segment, isNear, usedAt: isNear ? -Math.min(...ahead) : segment.servedAt });
        } else if (segment.name.sequence <= newest - NEWEST_SEGMENTS) {
          kept.push({ segment, isNear: false, usedAt: segment.start });
        }
      }
    }
    kept.sort(byUse);
    let isShort = false;
    for (const { segment, isNear } of kept) {
      if (heldBytes <= bytesMax) break;
      heldBytes -= segment.peerBytes + segment.originBytes;
      isShort ||= isNear;
      if (segment.track.live) this.#forgotten.add(segment);
      evictions.push(segment);
    }
    this.#aheadSeconds = isShort
      ? Math.max(NEWCOMER_SECONDS, this.#aheadSeconds / 2)
      : Math.min(AHEAD_SECONDS, this.#aheadSeconds + 1);
    return evictions;
  }

  /**
   * Live: all that came since somebody is there, and before that the newest few. What a seeder below is fed is nobody
   * else's to bring: whoever told us that it is being fetched may have that from there (SW121).
   */
  #newestDue(track: Track, isFed: boolean): readonly DueSegment[] {
    const newest = newestOf(track);
    if (newest === undefined) return [];
    const start = newest - NEWEST_SEGMENTS + 1;
    let floor = this.#floors.get(track) ?? start;
    if (newest < floor) floor = start; // the numbering began anew
    this.#floors.set(track, floor);
    const patienceMs = Math.max(PATIENCE_MS_MIN, Math.min(PATIENCE_MS_MAX, track.targetDuration * 1000));
    const oldest = Math.max(floor, track.listed[0]?.name.sequence ?? floor);
    // Peers' playlists may be ahead of ours.
    const last = newest + NEWEST_SEGMENTS;
    return [...track.bySequence.values()]
      .filter(({ name: { sequence } }) => sequence >= oldest && sequence <= last)
      .filter((segment) => isOpen(segment) && !this.#forgotten.has(segment))
      .map((segment) => ({
        segment,
        dueAt: Math.max(segment.knownAt, this.#awakeAt) + (isFed && isNoticed(segment) ? 0 : patienceMs),
      }));
  }

  /** Recorded: what is played next and not here yet. */
  #stretchesDue(now: Millis, track: Track, stretches: readonly Stretch[]): readonly DueSegment[] {
    const due: DueSegment[] = [];
    if (stretches.length === 0) return due;
    for (const segment of track.bySequence.values()) {
      if (!isOpen(segment) || now < segment.originRetryAt) continue;
      let dueAt = Infinity;
      for (const stretch of stretches)
        if (touches(segment, stretch))
          dueAt = Math.min(dueAt, stretch.at + Math.max(0, segment.start - stretch.from) * 1000 - HAND_ON_MS);
      if (dueAt === Infinity) continue;
      segment.knownAt = Math.min(now, dueAt - AHEAD_SECONDS * 1000);
      due.push({ segment, dueAt });
    }
    return due;
  }

  /** What each of those who follow a track plays next. Whoever has not said where it is begins at the beginning. */
  #stretchesOf(table: SegmentTable, track: Track, audience: readonly Peer[]): readonly Stretch[] {
    const first = track.listed[0]?.start ?? 0;
    return audience
      .filter((peer) => isViewer(peer) && peer.following.has(track.id))
      .map(({ position, tracks, openedAt }) => {
        const its = position && table.tracks.get(tracks.get(position.slot) ?? track.id);
        const playing = its?.bySequence.get(position?.sequence ?? -1);
        if (!position || !its || !playing) return { from: first, to: first + NEWCOMER_SECONDS, at: openedAt };
        const toldAt = this.#toldAt.get(position) ?? openedAt;
        const from = its.bySequence.get(position.sequence + position.ahead)?.start ?? playing.start;
        return { from, to: playing.start + this.#aheadSeconds, at: toldAt + (from - playing.start) * 1000 };
      });
  }
}

/** Those that something is fetched for: viewers, and seeders that are fed by this one. Others fetch for themselves. */
const isAudience = (peer: Peer): boolean => isViewer(peer) || peer.subscribed.size > 0;
const isViewer = ({ identity }: Peer): boolean => identity !== undefined && !identity.seeder;

/** Others subscribed to a track, and nobody above brings it. */
function isFed({ id }: Track, peers: ReadonlyMap<PeerId, Peer>): boolean {
  let isSubscribed = false;
  for (const [peer, { subscribed }] of peers) {
    if (isParent(peer)) return false;
    isSubscribed ||= subscribed.has(id);
  }
  return isSubscribed;
}

const isNoticed = ({ noticedAt }: Segment): boolean => noticedAt.some((at) => at > -Infinity);

const newestOf = (track: Track): number | undefined => track.listed.at(-1)?.name.sequence;

/** Neither here nor waited for already. */
const isOpen = (segment: Segment): boolean => !segment.complete && !segment.wanted;

const touches = ({ start, duration }: Segment, { from, to }: Stretch): boolean => start < to && start + duration > from;

/** Total, so that equal instants replay alike. */
const bySequence = (a: Segment, b: Segment): number => a.name.sequence - b.name.sequence || a.track.slot - b.track.slot;

const bySoonest = (a: DueSegment, b: DueSegment): number => a.dueAt - b.dueAt || bySequence(a.segment, b.segment);

const byUse = (a: Kept, b: Kept): number =>
  Number(a.isNear) - Number(b.isNear) || a.usedAt - b.usedAt || bySequence(a.segment, b.segment);

/** As many as a player holds back from the live edge (RFC 8216 section 6.3.3): who comes now begins there. */
export const NEWEST_SEGMENTS = 3;
/** How long a parent or another seeder may take to bring a live segment before the origin is asked: a segment's time. */
const PATIENCE_MS_MIN: Millis = 500;
const PATIENCE_MS_MAX: Millis = 4000;
/** Twice what a player holds ahead: it has time for a seek of another viewer. */
const AHEAD_SECONDS: Seconds = 60;
/** Who is new tells within a second where it is. */
const NEWCOMER_SECONDS: Seconds = 8;
/** What a viewer needs by then it must have been sent. */
const HAND_ON_MS: Millis = 4000;
/** The next ones wait, so that the most urgent come first and not all at once and late. */
const RECORDED_AT_ONCE = 8;
