/**
 * What a viewer reads in tickets: JSON web tokens (RFC 7519) that the site signs and the tracker asks for. It reads where
 * its own leads to, and whether that of a peer is what it claims. Who is let in is the tracker's to decide.
 */
import { parseFields } from "../../protocol/json-fields.ts";
import { SIGNAL_CHARS_MAX } from "../../protocol/limits.ts";
import { isSignedBy } from "./ed25519.ts";

/** The claims of a ticket that a viewer understands, unverified. */
export interface TicketClaims {
  /** Seconds since 1970. */
  readonly exp: unknown;
  /** The public key of the viewer that it was made for. */
  readonly key: unknown;
  /** The swarms that it admits to. */
  readonly swarms: readonly unknown[] | undefined;
}

/** Undefined unless it is a token. */
export function readTicket(ticket: string): TicketClaims | undefined {
  try {
    const payload = new TextDecoder().decode(bytesOfBase64(ticket.split(".")[1] ?? ""));
    const { exp, key, swarms } = parseFields(payload, SIGNAL_CHARS_MAX);
    return { exp, key, swarms: Array.isArray(swarms) ? swarms : undefined };
  } catch {
    return undefined;
  }
}

/** Whether the site of that key gave this ticket to the viewer of that key, for this swarm, not long ago. */
export async function isTicketFor(
  ticket: string | undefined,
  expected: { readonly siteKey: string; readonly key: string; readonly swarm: string; readonly nowSeconds: number },
): Promise<boolean> {
  const claims = ticket === undefined ? undefined : readTicket(ticket);
  if (ticket === undefined || claims?.key !== expected.key) return false;
  if (typeof claims.exp !== "number" || claims.exp + SKEW_SECONDS < expected.nowSeconds) return false;
  if (!claims.swarms?.includes(expected.swarm)) return false;
  const end = ticket.lastIndexOf(".");
  try {
    return await isSignedBy(expected.siteKey, bytesOfBase64(ticket.slice(end + 1)), ticket.slice(0, end));
  } catch {
    return false;
  }
}

/** Of the alphabet for URLs (RFC 4648 section 5). Throws when it is not. */
const bytesOfBase64 = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));

/** Clocks of viewers are minutes off, and a ticket is renewed only when the next link needs it. */
const SKEW_SECONDS = 300;
