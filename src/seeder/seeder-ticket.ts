/** The tickets that a seeder makes for itself, with its operator's secret: of role `trusted`, each time it calls a tracker. */
import type { TicketSource } from "../swarm/io/viewer-identity.ts";
import { issueTicket } from "../ticket/issue.ts";

/** `content` is what the site names the stream by in its viewers' tickets; without, the ticket is for the stream's own swarm. */
export const trustedTickets =
  (secret: string, content: string | undefined): TicketSource =>
  ({ key, swarm }) =>
    issueTicket(
      { secret },
      { ...(content === undefined ? { swarms: [swarm] } : { content }), role: "trusted", key, uses: USES },
    );

/** A tracker that restarts, or sends us to another one, asks again for the one we have. */
const USES = 16;
