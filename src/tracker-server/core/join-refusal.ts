import type { Millis } from "../../base/time.ts";
import type { Ticket } from "../../protocol/ticket.ts";
import type { TrackerLimits } from "./options.ts";
import type { Swarm } from "./swarm.ts";
import type { TicketBook } from "./ticket-book.ts";
import type { Message, Refusal } from "./viewers.ts";

/**
 * The one place where a newcomer's join is judged: says why it may not come into `swarm`, `undefined` when it may. Whoever
 * resumes was judged when it came.
 */
export function joinRefusalOf(swarm: Swarm, swarmCount: number, limits: TrackerLimits): Refusal | undefined {
  if (swarm.isEmpty && swarmCount >= limits.swarmsMax) return FULL_TRACKER;
  if (swarm.peers + swarm.heldOut >= limits.viewersPerSwarmMax) return FULL_SWARM;
  return undefined;
}

/** Why `ticket` does not let its bearer in (TI4), `undefined` when it does. */
export function ticketRefusalOf(
  ticket: Ticket,
  join: Pick<Message<"join">, "swarm" | "key">,
  book: TicketBook,
): Refusal | undefined {
  const { jti, class: className, swarms, key } = ticket.claims;
  if (!swarms.includes(join.swarm))
    return badTicket("the ticket is for another swarm: join one of its claim swarms, or issue it for this one");
  if (key !== undefined && key !== join.key)
    return badTicket("the ticket is for another key: join with the key that the site put into it");
  if (book.isRevoked({ ticket: jti, class: className })) return badTicket(REVOKED);
  if (book.usesLeft(ticket) <= 0)
    return badTicket("the ticket is used up: issue one to each viewer, or with a higher claim uses");
  return undefined;
}

export const badTicket = (message: string): Refusal => ({
  reason: "bad-ticket",
  error: { code: "bad-ticket", message, field: "ticket" },
});

export const NO_TICKET = "this tracker asks for a ticket: the site issues one to each viewer, for the option ticket";
export const NOT_TRUSTED =
  'the ticket of a seeder must have the role "trusted": hls-swarm ticket --role trusted issues such';
export const REVOKED = "the ticket was revoked by the operator of this tracker";

/** Long enough for some to leave, short enough to be worth the wait. */
const FULL_RETRY_MS: Millis = 30_000;

const FULL_TRACKER: Refusal = {
  reason: "full",
  error: { code: "full", message: "this tracker holds all the swarms it can", retryInMs: FULL_RETRY_MS },
};
const FULL_SWARM: Refusal = {
  reason: "full",
  error: { code: "full", message: "this swarm holds all the viewers it can", retryInMs: FULL_RETRY_MS },
};
