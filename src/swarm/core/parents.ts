import type { Rng } from "../../base/random.ts";
import type { Millis } from "../../base/time.ts";
import { directPeerIdOf, isDirect, isParent, type PeerId, type TrackId } from "../../protocol/ids.ts";
import { TRACK_SLOTS_MAX } from "../../protocol/limits.ts";
import type { SwarmAction } from "./action.ts";
import type { Peer } from "./peer.ts";
import type { Track } from "./segment-table.ts";

/** Seeders that this one may be linked with over WebSocket, the best first. */
export interface ParentsOptions {
  readonly urls: readonly string[];
  /** A seeder's: at any time, and what is new is pushed. A viewer's: while it has no other links. */
  readonly when: "always" | "fallback";
}

/** What else there is to get bytes from. */
export interface Company {
  /** Whether this viewer takes part in the swarm now. */
  readonly mayLink: boolean;
  readonly peers: ReadonlyMap<PeerId, Peer>;
  /** Until then links may still come about. */
  readonly hopeUntil: Millis;
  readonly viewers: number;
}

interface ParentLink {
  readonly peer: PeerId;
  /** In the list. */
  readonly place: number;
  readonly at: Millis;
}

/** Decides which seeder to be linked with over WebSocket, and when (SW116 to SW119). One at a time. */
export class Parents {
  readonly #urls: string[];
  readonly #when: ParentsOptions["when"];
  readonly #rng: Rng;
  #dialing: ParentLink | undefined;
  #open: ParentLink | undefined;
  readonly #subscribed = new Set<TrackId>();
  #next: number;
  /** Dialed since one stood long enough. */
  #tried = 0;
  #dialAt: Millis = 0;
  #returnAt: Millis = Infinity;
  #count = 0;
  #lonelyAt: Millis = Infinity;
  wakeAt: Millis = 0;

  /** `spread`: so that not all viewers go to the same one. */
  constructor({ urls, when }: ParentsOptions = NOBODY, rng: Rng, spread: number) {
    this.#urls = [...urls];
    this.#when = when;
    this.#rng = rng;
    this.#next = when === "always" ? 0 : spread % Math.max(1, urls.length);
  }

  /** Whether one is there. */
  get linked(): boolean {
    return this.#open !== undefined;
  }

  /** Until when one may be on its way, or has not yet said what it has. */
  hopeUntil(now: Millis): Millis {
    const link = this.#dialing ?? this.#open;
    return link ? link.at + HOPE_MS : now;
  }

  opened(now: Millis, peer: PeerId): void {
    if (this.#dialing?.peer !== peer) return;
    // A better one has come back: the one before is let go at the next look.
    this.#open = { ...this.#dialing, at: now };
    this.#dialing = undefined;
    this.#subscribed.clear();
    this.#returnLater(now);
  }

  /** What was dialed is not there. One that was is missed at the next look. */
  closed(now: Millis, peer: PeerId): void {
    if (this.#dialing?.peer !== peer) return;
    const { place } = this.#dialing;
    this.#dialing = undefined;
    if (this.#open) this.#returnLater(now);
    else this.#goOn(now, place);
  }

  /** It forged what it sent: never again. */
  ban(peer: PeerId): void {
    if (this.#open?.peer === peer) this.#urls.splice(this.#open.place, 1, "");
  }

  /** Dials, and says whom to let go. */
  evaluate(now: Millis, company: Company): { readonly actions: SwarmAction[]; readonly useless: readonly Peer[] } {
    const { peers } = company;
    this.wakeAt = Infinity;
    const useless = [...peers.values()].filter((peer) => this.#isUseless(now, peer));
    if (this.#open && (useless.some(({ id }) => id === this.#open?.peer) || !peers.has(this.#open.peer))) {
      if (now >= this.#open.at + STOOD_MS) this.#tried = 0;
      const { place } = this.#open;
      this.#open = undefined;
      this.#goOn(now, place);
    }
    if (!this.#isWanted(now, company)) {
      const left = this.#open && peers.get(this.#open.peer);
      const actions: SwarmAction[] = [];
      if (this.#dialing) actions.push({ type: "close-peer", peer: this.#dialing.peer, reason: "idle" });
      this.#open = this.#dialing = undefined;
      return { actions, useless: left ? [...useless, left] : useless };
    }
    return { actions: this.#dial(now), useless };
  }

  /** A seeder below wants what is new as it comes. */
  subscribe(tracks: Iterable<Pick<Track, "id" | "slot" | "following">>): SwarmAction[] {
    const actions: SwarmAction[] = [];
    if (!this.#open || this.#when !== "always") return actions;
    for (const { id, slot, following } of tracks) {
      if (following === this.#subscribed.has(id) || slot >= TRACK_SLOTS_MAX) continue;
      if (following) this.#subscribed.add(id);
      else this.#subscribed.delete(id);
      actions.push({ type: "send", peers: [this.#open.peer], message: { type: "subscribe", slot, on: following } });
    }
    return actions;
  }

  #dial(now: Millis): SwarmAction[] {
    const dialAt = this.#open ? this.#returnAt : this.#dialAt;
    if (this.#dialing) return [];
    this.wakeAt = Math.min(this.wakeAt, dialAt);
    if (now < dialAt) return [];
    const place = this.#open ? this.#count % this.#open.place : this.#next;
    const url = this.#urls[place];
    if (!url) {
      if (this.#open) this.#returnLater(now);
      else this.#goOn(now, place);
      return [];
    }
    const peer = directPeerIdOf("up", ++this.#count);
    this.#dialing = { peer, place, at: now };
    return [{ type: "open-peer", peer, initiator: true, url }];
  }

  /** The next of the list at once; after the last of them not without a pause, and a longer one each time. */
  #goOn(now: Millis, place: number): void {
    const { length } = this.#urls;
    this.#next = (place + 1) % length;
    const rounds = Math.floor(++this.#tried / length);
    const waitMs = Math.min(WAIT_MS_MAX, WAIT_MS_MIN * (1 << Math.min(rounds - 1, 10)));
    this.#dialAt = this.#tried % length === 0 ? now + waitMs * (0.5 + this.#rng.next() / 2) : now;
    this.wakeAt = this.#dialAt;
  }

  #returnLater(now: Millis): void {
    this.#returnAt = this.#open?.place ? now + RETURN_MS * (0.75 + this.#rng.next() / 2) : Infinity;
  }

  /** One that was replaced; or it has announced what it does not bring, while the list has others. */
  #isUseless(now: Millis, { id, suspendedUntil, lastChunkAt }: Peer): boolean {
    if (!isParent(id)) return false;
    return id !== this.#open?.peer || (now < suspendedUntil && now - lastChunkAt > STUCK_MS);
  }

  #isWanted(now: Millis, { mayLink, peers, hopeUntil, viewers }: Company): boolean {
    if (!mayLink || this.#urls.length === 0) return false;
    if (this.#when === "always") return true;
    const giving = [...peers.values()].filter(({ id, identity }) => !isDirect(id) && (identity?.uplink ?? 0) > 0);
    this.#lonelyAt = giving.length > 0 ? Infinity : Math.min(this.#lonelyAt, now);
    if (this.#open || this.#dialing) {
      const stood = giving.filter(({ openedAt }) => now >= openedAt + STOOD_MS);
      return stood.length < Math.max(1, Math.min(LINKS_ENOUGH, viewers - 1));
    }
    this.wakeAt = Math.max(hopeUntil, this.#lonelyAt + LONELY_MS);
    return now >= this.wakeAt;
  }
}

const NOBODY: ParentsOptions = { urls: [], when: "always" };

/** A seeder that is there opens a socket and says what it has sooner. */
const HOPE_MS: Millis = 2500;

/** Between two rounds of the list. */
const WAIT_MS_MIN: Millis = 500;
const WAIT_MS_MAX: Millis = 30_000;

/** Earlier in the list is better, but not so much that a change should cost anything often. */
const RETURN_MS: Millis = 60_000;

/** Owed for as long as this, and nothing came: as long as a request lasts. */
const STUCK_MS: Millis = 4000;

/** What holds for this long is likely to go on. */
const STOOD_MS: Millis = 20_000;

/** Links to other viewers that give as much as a seeder would: any one of them may go. */
const LINKS_ENOUGH = 3;

/** The last link closes, and another is being opened. */
const LONELY_MS: Millis = 1000;
