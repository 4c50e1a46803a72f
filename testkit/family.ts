import { createRng } from "../src/base/random.ts";
import type { PeerId } from "../src/protocol/ids.ts";
import type { CreateParents, Parents } from "../src/swarm/core/parents.ts";
import { Peer } from "../src/swarm/core/peer.ts";
import type { Track } from "../src/swarm/core/segment-table.ts";
import { DEFAULT_TUNING } from "../src/swarm/core/tuning.ts";

/** A list of parents, and what comes of it as time goes by. */
export class Family {
  now = 0;
  mayLink = true;
  hopeUntil = 0;
  viewers = 1;
  tracks: readonly Track[] = [];
  readonly peers = new Map<PeerId, Peer>();
  readonly parents: Parents;

  constructor(create: CreateParents, spread = 0) {
    this.parents = create(createRng(1), spread);
  }

  /** Looks now; what is dialed comes as text, and whom to let go. */
  look(): string[] {
    const { actions, useless } = this.parents.evaluate(this.now, this);
    for (const { id } of useless) this.peers.delete(id);
    return [
      ...actions.map((action) => (action.type === "open-peer" ? `${action.peer} ${action.url ?? ""}` : action.type)),
      ...useless.map(({ id }) => `leave ${id}`),
    ];
  }

  open(peer: string): Peer {
    const made = new Peer(peer as PeerId, this.now, DEFAULT_TUNING);
    this.peers.set(made.id, made);
    this.parents.opened(this.now, made.id);
    return made;
  }

  fail(peer: string): void {
    this.parents.closed(this.now, peer as PeerId);
  }

  /** Looks whenever the list wants it, for so long. */
  pass(ms: number): string[] {
    const seen: string[] = [];
    const end = this.now + ms;
    for (; this.parents.wakeAt <= end; seen.push(...this.look())) this.now = Math.max(this.now, this.parents.wakeAt);
    this.now = end;
    return seen;
  }
}
