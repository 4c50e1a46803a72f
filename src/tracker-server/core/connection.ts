import type { Millis } from "../../base/time.ts";
import type { Entry } from "./admission.ts";
import type { ConnectionId } from "./event.ts";
import type { Member } from "./member.ts";
import type { Network } from "./network.ts";
import { TokenBucket, type Rate } from "./rate-limit.ts";

/** What becomes of one socket: it joins or is closed; from our close on, nothing it sends counts. */
export type Phase =
  { readonly name: "waiting" } | { readonly name: "joined"; readonly member: Member } | { readonly name: "closing" };

/** One socket that was let in. */
export interface Connection {
  readonly id: ConnectionId;
  readonly entry: Entry;
  readonly network: Network;
  readonly messages: TokenBucket;
  /** From its first mistake on: most make none. */
  mistakes: TokenBucket | undefined;
  phase: Phase;
}

/** A socket that has just come, and may say so much. */
export const connected = (now: Millis, id: ConnectionId, entry: Entry, network: Network, rate: Rate): Connection => ({
  ...{ id, entry, network, messages: new TokenBucket(now, rate), mistakes: undefined },
  phase: { name: "waiting" },
});
