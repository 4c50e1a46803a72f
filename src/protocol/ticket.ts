/**
 * What a ticket says (TI2): the claims of a JSON Web Token (RFC 7519), as the site signs them, the tracker checks them and
 * the viewer reads which swarm it is for. Knows nothing of signatures.
 */
import type { Millis } from "../base/time.ts";
import { SWARM_ID_PATTERN, type SwarmId } from "./ids.ts";
import type { Fields } from "./json-fields.ts";
import { ProtocolError } from "./protocol-error.ts";

export interface TicketClaims {
  /** The ticket's own id, by which its uses are counted and it can be revoked. */
  readonly jti: string;
  /** Until when it lets somebody in, and from when on: seconds since 1970. */
  readonly exp: number;
  readonly nbf?: number | undefined;
  readonly swarms: readonly SwarmId[];
  /** How often it lets somebody in. Default {@link TICKET_USES}. */
  readonly uses?: number | undefined;
  /** Viewers of different classes never meet. */
  readonly class?: string | undefined;
  /** Of the operator's own: what it says of the origin's bytes is believed, and that it is a seeder. */
  readonly role?: "trusted" | undefined;
  /** The public key that the viewer must join with. */
  readonly key?: string | undefined;
}

/** A ticket whose signature and times are good. */
export interface Ticket {
  readonly claims: TicketClaims;
  readonly expiresInMs: Millis;
}

/** What is wrong with one, and how to mend it: what follows "the ticket ..." in a sentence for a person. */
export interface TicketFault {
  readonly fault: string;
}

/** Throws a {@link ProtocolError} that names the claim and says how it must be. Unknown claims are ignored. */
export function parseTicketClaims(fields: Fields): TicketClaims {
  return {
    jti: matching(fields, "jti", TICKET_ID_PATTERN, "1 to 64 characters A-Z a-z 0-9 _ -"),
    exp: seconds(fields, "exp"),
    nbf: given(fields, "nbf") && seconds(fields, "nbf"),
    swarms: swarmsOf(fields),
    uses: given(fields, "uses") && usesOf(fields),
    class:
      given(fields, "class") && matching(fields, "class", TICKET_CLASS_PATTERN, "1 to 32 characters A-Z a-z 0-9 _ -"),
    role: given(fields, "role") && roleOf(fields),
    key: given(fields, "key") && matching(fields, "key", KEY_PATTERN, "64 lowercase hex digits"),
  };
}

/** Only the object's own claims count. */
const own = (fields: Fields, name: string): unknown => (Object.hasOwn(fields, name) ? fields[name] : undefined);

const given = (fields: Fields, name: string): true | undefined => (own(fields, name) === undefined ? undefined : true);

function matching(fields: Fields, name: string, pattern: RegExp, how: string): string {
  const value = own(fields, name);
  return typeof value === "string" && pattern.test(value) ? value : fail(name, how);
}

function whole(fields: Fields, name: string, max: number, how: string): number {
  const value = own(fields, name);
  return typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= max ? value : fail(name, how);
}

const seconds = (fields: Fields, name: string): number =>
  whole(fields, name, Number.MAX_SAFE_INTEGER, "whole seconds since 1970");

const usesOf = (fields: Fields): number =>
  whole(fields, "uses", TICKET_USES_MAX, `a whole number from 1 to ${String(TICKET_USES_MAX)}`);

const roleOf = (fields: Fields): "trusted" =>
  own(fields, "role") === "trusted" ? "trusted" : fail("role", '"trusted"');

function swarmsOf(fields: Fields): readonly SwarmId[] {
  const value = own(fields, "swarms");
  const isList = Array.isArray(value) && value.length >= 1 && value.length <= TICKET_SWARMS_MAX;
  const ids = isList ? value.filter((id): id is SwarmId => typeof id === "string" && SWARM_ID_PATTERN.test(id)) : [];
  if (!isList || ids.length < value.length) fail("swarms", `a list of 1 to ${String(TICKET_SWARMS_MAX)} swarm ids`);
  return ids;
}

function fail(name: string, how: string): never {
  throw new ProtocolError("bad-field", `its claim "${name}" must be ${how}`, name);
}

/** An Ed25519 public key. */
export const KEY_PATTERN = /^[0-9a-f]{64}$/;
export const TICKET_ID_PATTERN = /^[A-Za-z0-9_-]{1,64}$/;
export const TICKET_CLASS_PATTERN = /^[A-Za-z0-9_-]{1,32}$/;
/** A film in some languages, a channel and its neighbours. With more a ticket outgrows its message. */
export const TICKET_SWARMS_MAX = 16;
/** A page that is loaded again, and a viewer that comes to another tracker than the one that knows it. */
export const TICKET_USES = 4;
export const TICKET_USES_MAX = 1_000_000;
/** Nobody needs longer to open a page and press play. */
export const TICKET_TTL_SECONDS = 300;
/** A ticket that lasts for longer is a key that somebody will publish. */
export const TICKET_TTL_SECONDS_MAX = 86_400;
/** As long as the HMAC (RFC 7518 section 3.2), of characters. */
export const TICKET_SECRET_CHARS_MIN = 32;
