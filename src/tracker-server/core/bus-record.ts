import type { PeerId, SwarmId, TrackId } from "../../protocol/ids.ts";
import type { UplinkClass } from "../../protocol/peer-message.ts";
import type { Introduction, Place } from "../../protocol/tracker-message.ts";
import type { AnySignal } from "./event.ts";
import type { Network } from "./network.ts";
import type { TrackerNode } from "./tracker-node.ts";

/** Names one process among those on its bus: the first two characters of every peer id it makes. */
export type NodeId = string;

/** What a process says of itself every two seconds. Whoever is not heard of for a while is gone. */
export interface Presence extends Omit<TrackerNode, "node"> {
  readonly type: "presence";
  /** Random, made at start: tells two processes apart that drew the same id. */
  readonly boot: string;
}

/** What a process has of one swarm. Zero viewers: no more. */
export interface Holding {
  readonly type: "holding";
  readonly swarm: SwarmId;
  readonly viewers: number;
  /** How much it can take on of each track's election, see {@link weightOf}. */
  readonly tracks: ReadonlyArray<{ readonly track: TrackId; readonly weight: number }>;
  /** Whether whoever hears it should tell what it has of the swarm. */
  readonly asks: boolean;
}

/** Who of that swarm would this viewer want to meet? */
export interface Query {
  readonly type: "query";
  readonly query: number;
  readonly swarm: SwarmId;
  readonly asker: PeerId;
  readonly wanted: number;
  readonly uplink: UplinkClass;
  readonly track?: TrackId | undefined;
  readonly place?: Place | undefined;
  readonly network: Network;
}

/** Those who may be introduced to the asker; here they are already. */
export interface Answer {
  readonly type: "answer";
  readonly query: number;
  readonly peers: ReadonlyArray<Introduction & { readonly prefixKey: string }>;
}

/** What tracker processes tell each other. Where one comes from is told beside it. */
export type BusRecord<Signal extends AnySignal = string> =
  | Presence
  | Holding
  | Query
  | Answer
  | { readonly type: "signal"; readonly to: PeerId; readonly from: PeerId; readonly signal: Signal }
  /** To one viewer: that peer has left, or could not be reached. */
  | { readonly type: "gone"; readonly to: PeerId; readonly peer: PeerId }
  /** To the process of the accused: `witness` is the witness key of the accuser. */
  | { readonly type: "accuse"; readonly to: PeerId; readonly from: PeerId; readonly witness: string }
  /** To oneself: whether the bus still carries anything, and how fast. */
  | { readonly type: "echo"; readonly boot: string; readonly sentAt: number };

/** Everything that the core asks of the bus. Nothing comes back: whatever is lost is asked for again, or told again. */
export type BusAction<Signal extends AnySignal = string> =
  | {
      readonly type: "publish";
      readonly channel: string;
      readonly from: NodeId;
      readonly record: BusRecord<Signal>;
    }
  | { readonly type: "subscribe"; readonly channel: string }
  | { readonly type: "unsubscribe"; readonly channel: string }
  /** Nothing comes back: fresh connections, and everything subscribed anew. */
  | { readonly type: "renew-bus" };

/** What is for one process. */
export const inboxOf = (node: NodeId): string => `n:${node}`;
/** What is for all processes with viewers of one swarm. */
export const channelOf = (swarm: SwarmId): string => `q:${swarm}`;
/** Who is there. */
export const PRESENCE_CHANNEL = "presence";

/** More than this many viewers of another process are never named in one answer. */
export const ANSWER_PEERS_MAX = 8;
/** Renditions of one swarm whose election is dealt together; beyond, each process deals its own. */
export const HOLDING_TRACKS_MAX = 64;
