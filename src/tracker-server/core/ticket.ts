/** What a tracker remembers of a ticket that let a viewer in, and what makes one worthless. Types alone: who reads it is decided elsewhere. */
import { swarmIdOf, type SwarmId } from "../../protocol/ids.ts";

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
