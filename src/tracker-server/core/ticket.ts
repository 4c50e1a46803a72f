/** What lets a viewer in where not everybody may come in. Types alone: who signs and who reads is decided elsewhere. */
import type { Millis } from "../../base/time.ts";
import { swarmIdOf, type SwarmId } from "../../protocol/ids.ts";
import type { TicketClaims } from "../../protocol/ticket.ts";

/** A ticket whose signature and times are good. */
export interface Ticket {
  readonly claims: TicketClaims;
  readonly expiresInMs: Millis;
}

/** What is wrong with one, and how to mend it: what follows "the ticket ..." in a sentence for a person. */
export interface TicketFault {
  readonly fault: string;
}

/** What of its ticket a viewer keeps while it stays, resumes included. */
export interface Pass {
  readonly ticket: string;
  readonly class: string | undefined;
  readonly isTrusted: boolean;
}

/** Tickets and classes that let nobody in any more. */
export interface Revoked {
  readonly tickets: readonly string[];
  readonly classes: readonly string[];
}

/** The swarm that viewers of a class find when they join `swarm`: one for each class, so that they never meet. */
export const swarmOfClass = (swarm: SwarmId, name: string | undefined): SwarmId =>
  name === undefined ? swarm : swarmIdOf(`${swarm} ${name}`);
