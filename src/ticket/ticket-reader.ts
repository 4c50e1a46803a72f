import { createHmac, createPublicKey, timingSafeEqual, verify, type KeyObject } from "node:crypto";
import { OptionError } from "../base/option-error.ts";
import { parseFields, type Fields } from "../protocol/json-fields.ts";
import { ProtocolError } from "../protocol/protocol-error.ts";
import {
  KEY_PATTERN,
  parseTicketClaims,
  TICKET_SECRET_CHARS_MIN,
  TICKET_TTL_SECONDS_MAX,
  type Ticket,
  type TicketFault,
} from "../protocol/ticket.ts";

export type TicketReader = (ticket: string) => Ticket | TicketFault;

/** What tickets are checked against: either is enough, and without any nobody is asked for a ticket. */
export interface TicketKeys {
  /** Shared with the site, each of at least 32 characters. */
  readonly ticketSecrets?: readonly string[];
  /** The public half of the site's Ed25519 key, 64 hex digits. */
  readonly ticketKey?: string;
}

/**
 * Reads tickets, if the operator wants any: JSON Web Tokens in the compact form of RFC 7515 section 7.1. What a ticket says
 * counts only once its signature is good, and the algorithm that it names chooses nothing but which of the operator's own
 * keys it is held against. `now` is the day's clock, in ms. Throws an {@link OptionError} when a key is none.
 */
export function ticketReaderOf(
  { ticketSecrets = [], ticketKey }: TicketKeys,
  now: () => number = Date.now,
): TicketReader | undefined {
  if (ticketSecrets.length === 0 && ticketKey === undefined) return undefined;
  if (ticketSecrets.some((secret) => secret.length < TICKET_SECRET_CHARS_MIN))
    throw new OptionError(`a ticket secret must have at least ${String(TICKET_SECRET_CHARS_MIN)} characters`);
  const publicKey = ticketKey === undefined ? undefined : keyObjectOf(ticketKey);
  return (ticket) => {
    const [, head = "", payload = "", signature = ""] = COMPACT.exec(ticket) ?? [];
    if (head === "") return { fault: "is no JSON Web Token: three parts of base64url with full stops between" };
    try {
      const text = `${head}.${payload}`;
      const fault = faultOfSignature(
        fieldsOf(head),
        text,
        Buffer.from(signature, "base64url"),
        ticketSecrets,
        publicKey,
      );
      return fault === undefined ? inTime(fieldsOf(payload), now() / 1000) : { fault };
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      return { fault: `cannot be read: ${error.message}` };
    }
  };
}

function faultOfSignature(
  header: Fields,
  text: string,
  signature: Buffer,
  secrets: readonly string[],
  publicKey: KeyObject | undefined,
): string | undefined {
  const alg = Object.hasOwn(header, "alg") ? header["alg"] : undefined;
  // RFC 7515 section 4.1.11: whoever does not understand what is critical must not accept it, and we understand nothing.
  if (Object.hasOwn(header, "crit")) return "has extensions in crit: leave them out";
  const ways = [...(secrets.length > 0 ? ["HS256"] : []), ...(publicKey ? ["EdDSA"] : [])];
  if (typeof alg !== "string" || !ways.includes(alg)) return `must be signed with ${ways.join(" or ")}`;
  if (alg === "EdDSA") return publicKey && verify(null, Buffer.from(text), publicKey, signature) ? undefined : FORGED;
  const isOurs = (secret: string): boolean => {
    const due = createHmac("sha256", secret).update(text).digest();
    return due.length === signature.length && timingSafeEqual(due, signature);
  };
  return secrets.some(isOurs) ? undefined : FORGED;
}

function inTime(payload: Fields, nowSeconds: number): Ticket | TicketFault {
  const claims = parseTicketClaims(payload);
  const leftSeconds = claims.exp + LEEWAY_SECONDS - nowSeconds;
  if (leftSeconds <= 0) return { fault: `expired ${ago(nowSeconds - claims.exp)}: issue one when the player starts` };
  if (claims.nbf !== undefined && claims.nbf - LEEWAY_SECONDS > nowSeconds)
    return { fault: "is not valid yet: look at the site's clock, and this server's" };
  if (leftSeconds > TICKET_TTL_SECONDS_MAX + 2 * LEEWAY_SECONDS)
    return { fault: `lasts too long: its claim "exp" must be within ${String(TICKET_TTL_SECONDS_MAX)} s` };
  return { claims, expiresInMs: leftSeconds * 1000 };
}

const ago = (seconds: number): string => `${String(Math.round(seconds))} s ago`;

const fieldsOf = (part: string): Fields => parseFields(Buffer.from(part, "base64url").toString("utf8"), part.length);

function keyObjectOf(hex: string): KeyObject {
  if (!KEY_PATTERN.test(hex)) throw new OptionError("ticketKey must be an Ed25519 public key, 64 lowercase hex digits");
  const x = Buffer.from(hex, "hex").toString("base64url");
  return createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
}

/** base64url without padding (RFC 7515 section 2), which `Buffer` would not insist on. */
const COMPACT = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]*)$/;
const FORGED = "was not signed with the secret or the key that is known here";
/** Clocks of servers are seconds off where nobody looks after them. */
const LEEWAY_SECONDS = 30;
