import type { Rng } from "../../base/random.ts";
import type { Millis } from "../../base/time.ts";
import { isParent, type PeerId, type TrackId } from "../../protocol/ids.ts";
import { NOTICE_HOPS_MAX, TRACK_SLOTS_MAX } from "../../protocol/limits.ts";
import type { SwarmAction } from "../../swarm/core/action.ts";
import type { Company, Parents } from "../../swarm/core/parents.ts";
import type { Peer } from "../../swarm/core/peer.ts";
import { HOPE_MS, SeederCalls } from "../../swarm/core/seeder-calls.ts";
import type { Segment } from "../../swarm/core/segment.ts";
import type { Track } from "../../swarm/core/segment-table.ts";
import { NEWEST_SEGMENTS } from "./seeder-interest.ts";

/** A seeder's: the best of its list that answers, at any time, from which it gets what is new unasked (SW118, SW120). */
export class ChainParents extends SeederCalls {
  readonly #subscribed = new Set<TrackId>();
  readonly #told = new WeakSet<Segment>();
  /** Until then the first of them may still come; undefined before the first look. */
  #awaitedUntil: Millis | undefined;
  #refused = 0;
  #returnAt: Millis = Infinity;
  awaited = true;

  /** `urls`: the best first. */
  constructor(urls: readonly string[], rng: Rng) {
    super(urls, rng, 0);
  }

  override get linked(): boolean {
    return super.linked || this.awaited;
  }

  override hopeUntil(now: Millis): Millis {
    return Math.max(super.hopeUntil(now), this.#awaitedUntil ?? now);
  }

  override opened(now: Millis, peer: PeerId): void {
    if (this.dialing?.peer !== peer) return;
    super.opened(now, peer);
    this.#subscribed.clear();
    this.#returnLater(now);
  }

  override closed(now: Millis, peer: PeerId): void {
    if (this.dialing?.peer === peer) {
      if (this.open) this.#returnLater(now);
      else if (++this.#refused >= this.urls.length) this.#awaitedUntil = now;
    }
    super.closed(now, peer);
  }

  override evaluate(now: Millis, company: Company): ReturnType<Parents["evaluate"]> {
    const { actions, useless } = super.evaluate(now, company);
    this.#awaitedUntil ??= now + HOPE_MS;
    this.awaited = now < this.#awaitedUntil;
    if (this.awaited) this.wakeAt = Math.min(this.wakeAt, this.#awaitedUntil);
    actions.push(...this.#returnToBetter(now));
    for (const track of company.tracks)
      actions.push(...this.#subscribe(track), ...this.#tellBrought(now, track, company.peers));
    return { actions, useless };
  }

  protected isWanted(_: Millis, { mayLink }: Company): boolean {
    return mayLink;
  }

  #returnToBetter(now: Millis): SwarmAction[] {
    if (!this.open?.place || this.dialing) return [];
    const actions = now < this.#returnAt ? [] : this.call(now, this.count % this.open.place);
    if (now >= this.#returnAt) this.#returnLater(now);
    this.wakeAt = Math.min(this.wakeAt, this.#returnAt);
    return actions;
  }

  #returnLater(now: Millis): void {
    this.#returnAt = now + RETURN_MS * (0.75 + this.rng.next() / 2);
  }

  #subscribe({ id, slot, following }: Track): SwarmAction[] {
    if (!this.open || following === this.#subscribed.has(id) || slot >= TRACK_SLOTS_MAX) return [];
    if (following) this.#subscribed.add(id);
    else this.#subscribed.delete(id);
    return [{ type: "send", peers: [this.open.peer], message: { type: "subscribe", slot, on: following } }];
  }

  /** What is new will be here soon, and whoever follows us need not fetch it (SW121): our seats are for that. */
  #tellBrought(now: Millis, track: Track, peers: ReadonlyMap<PeerId, Peer>): SwarmAction[] {
    if (!this.open || !track.live || !this.#subscribed.has(track.id)) return [];
    const { slot } = track;
    const followers = [...peers.values()]
      .filter(({ id, following, identity }) => !isParent(id) && following.has(track.id) && (identity?.uplink ?? 0) > 0)
      .map(({ id }) => id);
    if (followers.length === 0) return [];
    const actions: SwarmAction[] = [];
    const newest = track.listed.at(-1)?.name.sequence ?? Infinity;
    for (const segment of track.bySequence.values()) {
      const { name, byteLength } = segment;
      if (name.sequence <= newest - NEWEST_SEGMENTS || segment.complete || !segment.sharable || this.#told.has(segment))
        continue;
      this.#told.add(segment);
      // Passed on by them it is no news here.
      segment.noticeRest(0, now);
      const told = { type: "fetching", slot, segment: name, from: 0, to: undefined, byteLength } as const;
      actions.push({ type: "send", peers: followers, message: { ...told, hops: NOTICE_HOPS_MAX } });
    }
    return actions;
  }
}

/** Earlier in the list is better, but not so much that a change should cost anything often. */
const RETURN_MS: Millis = 60_000;
