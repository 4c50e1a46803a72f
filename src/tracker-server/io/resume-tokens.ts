import { createHmac, timingSafeEqual } from "node:crypto";
import { PEER_ID_PATTERN, type PeerId, type SwarmId } from "../../protocol/ids.ts";

/**
 * Tokens by which viewers take their ids up again. Everything is in the token, signed: nothing is kept of it here, and a
 * process with the same secret knows the tokens of the one before it.
 */
export class ResumeTokens {
  readonly #secret: string;
  readonly #now: () => number;

  /** `now` in ms of the day's clock: tokens outlive processes. */
  constructor(secret: string, now: () => number = Date.now) {
    this.#secret = secret;
    this.#now = now;
  }

  /** `1`, the id, the hour it ends in, the signature. */
  sign(peer: PeerId, swarm: SwarmId): string {
    const head = VERSION + peer + (this.#hour() + HOURS_VALID).toString(36).padStart(HOUR_CHARS, "0");
    return head + this.#mac(head, swarm);
  }

  /** Whose it is; undefined when it was not made here for that swarm, or long ago. */
  read(token: string, swarm: SwarmId): PeerId | undefined {
    if (token.length !== TOKEN_CHARS || !token.startsWith(VERSION)) return undefined;
    const head = token.slice(0, HEAD_CHARS);
    const peer = head.slice(VERSION.length, VERSION.length + PEER_ID_CHARS);
    const [given, due] = [Buffer.from(token.slice(HEAD_CHARS)), Buffer.from(this.#mac(head, swarm))];
    if (given.length !== due.length || !timingSafeEqual(given, due) || !PEER_ID_PATTERN.test(peer)) return undefined;
    return parseInt(head.slice(-HOUR_CHARS), 36) > this.#hour() ? (peer as PeerId) : undefined;
  }

  #hour(): number {
    return Math.floor(this.#now() / HOUR_MS);
  }

  #mac(head: string, swarm: SwarmId): string {
    return createHmac("sha256", this.#secret).update(`${head}.${swarm}`).digest("base64url").slice(0, MAC_CHARS);
  }
}

const VERSION = "1";
const PEER_ID_CHARS = 10;
const HOUR_MS = 3_600_000;
/** Base 36 holds hours for 190 years. */
const HOUR_CHARS = 4;
/** A day at the player. Whoever stays longer is a newcomer if the tracker is lost just then. */
const HOURS_VALID = 24;
/** 132 bits. */
const MAC_CHARS = 22;
const HEAD_CHARS = VERSION.length + PEER_ID_CHARS + HOUR_CHARS;
const TOKEN_CHARS = HEAD_CHARS + MAC_CHARS;
