import type { Millis } from "../../src/base/time.ts";
import type { PeerId } from "../../src/protocol/ids.ts";
import type { SwarmEvent } from "../../src/swarm/core/event.ts";
import type { Path } from "./network.ts";
import type { Traits } from "./population.ts";

/** What a connection must know of the viewer at its end. */
export interface Endpoint {
  readonly traits: Traits;
  readonly alive: boolean;
  feed(event: SwarmEvent): void;
}

/** One viewer's end of a connection with another. Two that open become each other's `other`. */
export class End<Owner extends Endpoint> {
  readonly owner: Owner;
  /** Who the other is, as the tracker calls it. */
  readonly peer: PeerId;
  readonly initiator: boolean;
  isClosed = false;
  /** Set while the connection is open. */
  other: End<Owner> | undefined;
  /** To the other; set while the connection is open. */
  path: Path | undefined;

  constructor(owner: Owner, peer: PeerId, initiator: boolean) {
    this.owner = owner;
    this.peer = peer;
    this.initiator = initiator;
  }

  /** Whether messages still arrive here. */
  get isOpen(): boolean {
    return !this.isClosed && this.other !== undefined && this.owner.alive;
  }
}

/** What the two ends say through the tracker. */
export const OFFER = "offer";
export const ANSWER = "answer";

/** Making an offer or an answer: gathering the first candidates. */
export const SIGNAL_MS: Millis = 20;
/** ICE has tried everything by then. */
export const UNREACHABLE_MS: Millis = 8000;
/** From one end's orderly close until the other sees it. */
export const CLOSE_SEEN_MS: Millis = 40;
