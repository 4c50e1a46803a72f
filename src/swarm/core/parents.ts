import type { Rng } from "../../base/random.ts";
import type { Millis } from "../../base/time.ts";
import type { PeerId } from "../../protocol/ids.ts";
import type { SwarmAction } from "./action.ts";
import type { Peer } from "./peer.ts";
import type { Track } from "./segment-table.ts";

/** What else there is to get bytes from. */
export interface Company {
  /** Whether this viewer takes part in the swarm now. */
  readonly mayLink: boolean;
  readonly peers: ReadonlyMap<PeerId, Peer>;
  /** Until then links may still come about. */
  readonly hopeUntil: Millis;
  readonly viewers: number;
  readonly tracks: Iterable<Track>;
}

/** Decides which seeder above to be linked with over WebSocket, and when (SW116 to SW119). Pure. */
export interface Parents {
  /** Whether one brings what is new, so that nothing is fetched for others. */
  readonly linked: boolean;
  /** A seeder's, at its start: what nobody waits for is left to them for now. */
  readonly awaited?: boolean;
  readonly wakeAt: Millis;
  /** Until when one may be on its way, or has not yet said what it has. */
  hopeUntil(now: Millis): Millis;
  opened(now: Millis, peer: PeerId): void;
  closed(now: Millis, peer: PeerId): void;
  /** It forged what it sent: never again. */
  ban(peer: PeerId): void;
  /** Dials, and says whom to let go. */
  evaluate(now: Millis, company: Company): { readonly actions: SwarmAction[]; readonly useless: readonly Peer[] };
}

/** `spread`: so that not all viewers go to the same one. */
export type CreateParents = (rng: Rng, spread: number) => Parents;
