import type { Rng } from "../../base/random.ts";
import type { Millis } from "../../base/time.ts";
import { directPeerIdOf, isParent, type PeerId } from "../../protocol/ids.ts";
import type { SwarmAction } from "./action.ts";
import type { Company, Parents } from "./parents.ts";
import type { Peer } from "./peer.ts";

interface Call {
  readonly peer: PeerId;
  /** In the list. */
  readonly place: number;
  readonly at: Millis;
}

/** Keeps a link with one seeder of a list, the next one when it fails. When there is to be one is for others to say. */
export abstract class SeederCalls implements Parents {
  protected readonly urls: string[];
  protected readonly rng: Rng;
  protected dialing: Call | undefined;
  protected open: Call | undefined;
  /** Dialed since one stood long enough. */
  #tried = 0;
  protected count = 0;
  #next: number;
  #dialAt: Millis = 0;
  wakeAt: Millis = 0;

  constructor(urls: readonly string[], rng: Rng, first: number) {
    this.urls = [...urls];
    this.rng = rng;
    this.#next = first;
  }

  protected abstract isWanted(now: Millis, company: Company): boolean;

  get linked(): boolean {
    return this.open !== undefined;
  }

  hopeUntil(now: Millis): Millis {
    const call = this.dialing ?? this.open;
    return call ? call.at + HOPE_MS : now;
  }

  opened(now: Millis, peer: PeerId): void {
    if (this.dialing?.peer !== peer) return;
    // Where a better one has come back the one before is let go at the next look.
    this.open = { ...this.dialing, at: now };
    this.dialing = undefined;
  }

  /** What was dialed is not there. One that was is missed at the next look. */
  closed(now: Millis, peer: PeerId): void {
    if (this.dialing?.peer !== peer) return;
    const { place } = this.dialing;
    this.dialing = undefined;
    if (!this.open) this.#goOn(now, place);
  }

  ban(peer: PeerId): void {
    if (this.open?.peer === peer) this.urls[this.open.place] = "";
  }

  evaluate(now: Millis, company: Company): { readonly actions: SwarmAction[]; readonly useless: readonly Peer[] } {
    const parents = [...company.peers.values()].filter(({ id }) => isParent(id));
    const good = parents.find((peer) => !this.#isUseless(now, peer));
    this.wakeAt = Infinity;
    if (this.open && !good) {
      const { at, place } = this.open;
      if (now >= at + STOOD_MS) this.#tried = 0;
      this.open = undefined;
      this.#goOn(now, place);
    }
    if (this.isWanted(now, company))
      return { actions: this.#dial(now), useless: parents.filter((peer) => peer !== good) };
    const actions: SwarmAction[] = [];
    if (this.dialing) actions.push({ type: "close-peer", peer: this.dialing.peer, reason: "idle" });
    this.open = this.dialing = undefined;
    return { actions, useless: parents };
  }

  protected call(now: Millis, place: number): SwarmAction[] {
    const url = this.urls[place];
    if (!url) {
      if (!this.open) this.#goOn(now, place);
      return [];
    }
    const peer = directPeerIdOf("up", ++this.count);
    this.dialing = { peer, place, at: now };
    return [{ type: "open-peer", peer, initiator: true, url }];
  }

  #dial(now: Millis): SwarmAction[] {
    if (this.dialing || this.open) return [];
    this.wakeAt = Math.min(this.wakeAt, this.#dialAt);
    return now < this.#dialAt ? [] : this.call(now, this.#next);
  }

  /** The next of the list at once; after the last of them not without a pause, and a longer one each time. */
  #goOn(now: Millis, place: number): void {
    const { length } = this.urls;
    this.#next = (place + 1) % length;
    const rounds = Math.floor(++this.#tried / length);
    const waitMs = Math.min(WAIT_MS_MAX, WAIT_MS_MIN * (1 << Math.min(rounds - 1, 10)));
    this.#dialAt = this.#tried % length === 0 ? now + waitMs * (0.5 + this.rng.next() / 2) : now;
    this.wakeAt = this.#dialAt;
  }

  /** One that was replaced; or it has announced what it does not bring, while the list has others. */
  #isUseless(now: Millis, { id, suspendedUntil, lastChunkAt }: Peer): boolean {
    return id !== this.open?.peer || (now < suspendedUntil && now - lastChunkAt > STUCK_MS);
  }
}

/** A seeder that is there opens a socket and says what it has sooner. */
export const HOPE_MS: Millis = 2500;

/** Between two rounds of the list. */
const WAIT_MS_MIN: Millis = 500;
const WAIT_MS_MAX: Millis = 30_000;

/** Owed for as long as this, and nothing came: as long as a request lasts. */
const STUCK_MS: Millis = 4000;

/** What holds for this long is likely to go on. */
export const STOOD_MS: Millis = 20_000;
