/**
 * What a viewer reads in tickets: JSON web tokens (RFC 7519) that the site signs and the tracker asks for. It reads where
 * its own leads to, and whether that of a peer is what it claims. Who is let in is the tracker's to decide.
 */
import { parseFields, type Fields } from "../../protocol/json-fields.ts";
import { SIGNAL_CHARS_MAX } from "../../protocol/limits.ts";
import { isSignedBy } from "./ed25519.ts";

/** What a ticket says, unverified. Throws unless it is a token. */
export const claimsOf = (ticket: string): Fields =>
  parseFields(new TextDecoder().decode(bytesOfBase64(ticket.split(".")[1] ?? "")), SIGNAL_CHARS_MAX);

/** The ids of the swarms that a ticket admits to. */
export const swarmsOf = ({ swarms }: Fields): readonly unknown[] => (Array.isArray(swarms) ? swarms : []);

/** Whether the site gave this ticket to the viewer of that key, for this swarm, not long ago. Throws or rejects unless it is a token. */
export async function isTicketFor(
  ticket: string,
  { siteKey, key, swarm }: { readonly siteKey: string; readonly key: string; readonly swarm: string },
): Promise<boolean> {
  const claims = claimsOf(ticket);
  if (claims["key"] !== key || !swarmsOf(claims).includes(swarm)) return false;
  if (!(Number(claims["exp"]) + SKEW_SECONDS > Date.now() / 1000)) return false;
  const end = ticket.lastIndexOf(".");
  return isSignedBy(siteKey, bytesOfBase64(ticket.slice(end + 1)), ticket.slice(0, end));
}

/** Of the alphabet for URLs (RFC 4648 section 5). */
const bytesOfBase64 = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));

/** Clocks of viewers are minutes off, and a ticket is renewed only when the next link needs it. */
const SKEW_SECONDS = 300;
