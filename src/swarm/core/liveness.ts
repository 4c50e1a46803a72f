import type { Millis } from "../../base/time.ts";
import type { SwarmAction } from "./action.ts";
import type { Peer } from "./peer.ts";
import type { SwarmTuning } from "./tuning.ts";

/** Pings silent links and finds dead ones: a closed tab is otherwise noticed only after 5 to 15 s. */
export class Liveness {
  readonly #tuning: SwarmTuning;
  #checkAt: Millis = 0;
  #nonce = 0;

  constructor(tuning: SwarmTuning) {
    this.#tuning = tuning;
  }

  get checkAt(): Millis {
    return this.#checkAt;
  }

  ping(now: Millis, peer: Peer): SwarmAction {
    this.#nonce = (this.#nonce + 1) % 0x1_0000;
    peer.ping = { nonce: this.#nonce, at: now };
    return { type: "send", peers: [peer.id], message: { type: "ping", nonce: this.#nonce } };
  }

  /** The tracker saw a peer go: asks it at once, and gives it one ping's time. */
  doubt(now: Millis, peer: Peer): SwarmAction {
    peer.lastInboundAt = Math.min(peer.lastInboundAt, now - this.#tuning.deadAfterMs + DOUBT_MS);
    this.#checkAt = Math.min(this.#checkAt, now + DOUBT_MS);
    return this.ping(now, peer);
  }

  /** A late answer to an earlier ping would make the path look shorter than it is. */
  pong(now: Millis, peer: Peer, nonce: number): void {
    if (peer.ping?.nonce !== nonce) return;
    peer.measured(now - peer.ping.at);
    peer.ping = undefined;
  }

  /** Pings to send, and peers found dead. */
  check(
    now: Millis,
    peers: Iterable<Peer>,
  ): { readonly actions: readonly SwarmAction[]; readonly dead: readonly Peer[] } {
    if (now < this.#checkAt) return NOTHING;
    this.#checkAt = now + CHECK_MS;
    const actions: SwarmAction[] = [];
    const dead: Peer[] = [];
    for (const peer of peers) {
      // Who takes chunks and never acknowledges holds up all others: what is in flight is bounded over all links.
      const silentMs = now - Math.min(peer.lastInboundAt, peer.window.oldestAt);
      if (silentMs >= this.#tuning.deadAfterMs) dead.push(peer);
      else if (silentMs >= this.#tuning.pingAfterMs && now - (peer.ping?.at ?? -Infinity) >= this.#tuning.pingAfterMs)
        actions.push(this.ping(now, peer));
    }
    return { actions, dead };
  }
}

const NOTHING = { actions: [], dead: [] };

/** Links are looked at this often. */
const CHECK_MS = 500;

/** A peer that the tracker lost has this long to show that its link still lives. */
const DOUBT_MS = 1500;
