/**
 * Whether somebody may watch a stream: tickets as the tracker takes them (TI1 to TI3), at every request. One that came in
 * the address goes on into the addresses of the playlists, as a player does not carry it there.
 */
import type { IncomingMessage } from "node:http";
import type { SwarmId } from "../protocol/ids.ts";
import type { TicketReader } from "../ticket/ticket-reader.ts";

export interface PlaybackTickets {
  readonly read: TicketReader;
  /** The swarms one of which a ticket must be good for, if it is to be good for the stream of this name. */
  swarmsOf(stream: string): readonly SwarmId[];
}

/** What the ticket is, or what is wrong: `missing` is who has shown none. */
export type TicketCheck =
  | { readonly kind: "good"; readonly fromAddress: string | undefined }
  | { readonly kind: "missing" }
  | { readonly kind: "bad"; readonly fault: string };

export function checkTicket(
  tickets: PlaybackTickets | undefined,
  stream: string,
  { headers }: IncomingMessage,
  query: URLSearchParams,
): TicketCheck {
  if (!tickets) return { kind: "good", fromAddress: undefined };
  const fromAddress = query.get(TICKET_PARAMETER) ?? undefined;
  const ticket = bearerOf(headers.authorization) ?? fromAddress;
  if (ticket === undefined) return { kind: "missing" };
  const read = tickets.read(ticket);
  if ("fault" in read) return { kind: "bad", fault: read.fault };
  const swarms = tickets.swarmsOf(stream);
  if (!read.claims.swarms.some((swarm) => swarms.includes(swarm)))
    return { kind: "bad", fault: "is for other streams" };
  return { kind: "good", fromAddress };
}

/** The token of an `Authorization` header (RFC 6750 section 2.1). */
export const bearerOf = (authorization = ""): string | undefined => /^Bearer +(\S+) *$/i.exec(authorization)?.[1];

/** The playlist with the ticket at every address in it that is ours: never at one with a host of its own. */
export function withTicket(playlist: string, ticket: string): string {
  const carry = (uri: string): string =>
    ELSEWHERE.test(uri)
      ? uri
      : `${uri}${uri.includes("?") ? "&" : "?"}${TICKET_PARAMETER}=${encodeURIComponent(ticket)}`;
  return playlist.replace(/^(?!#)\S.*$/gm, carry).replace(/(?<=[:,]URI=")[^"]+(?=")/g, carry);
}

const TICKET_PARAMETER = "ticket";
const ELSEWHERE = /^(?:[a-z][a-z\d+.-]*:|\/\/)/i;
