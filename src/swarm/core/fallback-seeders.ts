import type { Rng } from "../../base/random.ts";
import type { Millis } from "../../base/time.ts";
import { isDirect } from "../../protocol/ids.ts";
import type { Company } from "./parents.ts";
import { SeederCalls, STOOD_MS } from "./seeder-calls.ts";

/** A viewer's: one seeder while it has no other links (SW119). */
export class FallbackSeeders extends SeederCalls {
  #lonelyAt: Millis = Infinity;

  constructor(urls: readonly string[], rng: Rng, spread: number) {
    super(urls, rng, spread % urls.length);
  }

  protected isWanted(now: Millis, { mayLink, peers, hopeUntil, viewers }: Company): boolean {
    if (!mayLink || this.urls.length === 0) return false;
    const giving = [...peers.values()].filter(({ id, identity }) => !isDirect(id) && (identity?.uplink ?? 0) > 0);
    this.#lonelyAt = giving.length > 0 ? Infinity : Math.min(this.#lonelyAt, now);
    if (this.open || this.dialing) {
      const stood = giving.filter(({ openedAt }) => now >= openedAt + STOOD_MS);
      return stood.length < Math.max(1, Math.min(LINKS_ENOUGH, viewers - 1));
    }
    this.wakeAt = Math.max(hopeUntil, this.#lonelyAt + LONELY_MS);
    return now >= this.wakeAt;
  }
}

/** Links to other viewers that give as much as a seeder would: any one of them may go. */
const LINKS_ENOUGH = 3;

/** The last link closes, and another is being opened. */
const LONELY_MS: Millis = 1000;
