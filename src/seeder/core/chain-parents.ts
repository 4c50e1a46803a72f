import type { Rng } from "../../base/random.ts";
import type { Millis } from "../../base/time.ts";
import type { PeerId, TrackId } from "../../protocol/ids.ts";
import { TRACK_SLOTS_MAX } from "../../protocol/limits.ts";
import type { SwarmAction } from "../../swarm/core/action.ts";
import type { Company, Parents } from "../../swarm/core/parents.ts";
import { SeederCalls } from "../../swarm/core/seeder-calls.ts";

/** A seeder's: the best of its list that answers, at any time, from which it gets what is new unasked (SW118, SW120). */
export class ChainParents extends SeederCalls {
  readonly #subscribed = new Set<TrackId>();
  #returnAt: Millis = Infinity;

  /** `urls`: the best first. */
  constructor(urls: readonly string[], rng: Rng) {
    super(urls, rng, 0);
  }

  override opened(now: Millis, peer: PeerId): void {
    if (this.dialing?.peer !== peer) return;
    super.opened(now, peer);
    this.#subscribed.clear();
    this.#returnLater(now);
  }

  override closed(now: Millis, peer: PeerId): void {
    if (this.dialing?.peer === peer && this.open) this.#returnLater(now);
    super.closed(now, peer);
  }

  override evaluate(now: Millis, company: Company): ReturnType<Parents["evaluate"]> {
    const { actions, useless } = super.evaluate(now, company);
    return { actions: [...actions, ...this.#returnToBetter(now), ...this.#subscribe(company)], useless };
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

  #subscribe({ tracks }: Company): SwarmAction[] {
    const actions: SwarmAction[] = [];
    if (!this.open) return actions;
    for (const { id, slot, following } of tracks) {
      if (following === this.#subscribed.has(id) || slot >= TRACK_SLOTS_MAX) continue;
      if (following) this.#subscribed.add(id);
      else this.#subscribed.delete(id);
      actions.push({ type: "send", peers: [this.open.peer], message: { type: "subscribe", slot, on: following } });
    }
    return actions;
  }
}

/** Earlier in the list is better, but not so much that a change should cost anything often. */
const RETURN_MS: Millis = 60_000;
