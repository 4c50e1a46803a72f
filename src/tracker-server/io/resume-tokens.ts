import { createHmac, timingSafeEqual } from "node:crypto";
import { PEER_ID_PATTERN, type PeerId, type SwarmId } from "../../protocol/ids.ts";
import type { TokenOwner } from "../core/joining.ts";
import type { Pass } from "../core/ticket.ts";

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

  /** `1`, the id, the hour it ends in, the signature; and what is left of a ticket, which is signed with the rest. */
  sign(peer: PeerId, swarm: SwarmId, pass?: Pass): string {
    const head = VERSION + peer + (this.#hour() + HOURS_VALID).toString(36).padStart(HOUR_CHARS, "0");
    const tail = pass ? textOf(pass) : "";
    return head + this.#mac(head + tail, swarm) + tail;
  }

  /** Whose it is; undefined when it was not made here for that swarm, or long ago. */
  read(token: string, swarm: SwarmId): TokenOwner | undefined {
    if (token.length < TOKEN_CHARS || !token.startsWith(VERSION)) return undefined;
    const [head, mac, tail] = [
      token.slice(0, HEAD_CHARS),
      token.slice(HEAD_CHARS, TOKEN_CHARS),
      token.slice(TOKEN_CHARS),
    ];
    const peer = head.slice(VERSION.length, VERSION.length + PEER_ID_CHARS);
    const [given, due] = [Buffer.from(mac), Buffer.from(this.#mac(head + tail, swarm))];
    if (given.length !== due.length || !timingSafeEqual(given, due) || !PEER_ID_PATTERN.test(peer)) return undefined;
    if (parseInt(head.slice(-HOUR_CHARS), 36) <= this.#hour()) return undefined;
    return { peer: peer as PeerId, pass: tail === "" ? undefined : passOf(tail) };
  }

  #hour(): number {
    return Math.floor(this.#now() / HOUR_MS);
  }

  #mac(head: string, swarm: SwarmId): string {
    return createHmac("sha256", this.#secret).update(`${head}.${swarm}`).digest("base64url").slice(0, MAC_CHARS);
  }
}

/** A ticket's id and class have no full stop. */
const textOf = ({ ticket, class: name = "", isTrusted }: Pass): string => `.${ticket}.${name}.${isTrusted ? "1" : ""}`;

function passOf(text: string): Pass {
  const [, ticket = "", name = "", trusted = ""] = text.split(".");
  return { ticket, class: name === "" ? undefined : name, isTrusted: trusted === "1" };
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
