import type { ProtocolErrorCode } from "../../protocol/protocol-error.ts";
import type { BusRecord, NodeId } from "./bus-record.ts";
import type { TrackerToViewer, ViewerToTracker } from "../../protocol/tracker-message.ts";
import type { Network } from "./network.ts";
import type { Revoked } from "./ticket.ts";

/** Names one socket for as long as the process lives. */
export type ConnectionId = number;

/** Why the io side gave a socket up: a message above the bound, a broken frame, no sign of life, a reader too slow. */
export type ConnectionFault = "too-large" | "bad-frame" | "silent" | "slow-reader";

/** What viewers signal, unread: text in a test, the bytes of its frame in a server. */
export interface AnySignal {
  readonly length: number;
}

/** Everything the tracker core is ever told. Plain data: a recorded list of these replays a run. */
export type TrackerEvent<Signal extends AnySignal = string> =
  /** Somebody wants to open a socket. `addressKey` is compared and counted, never shown. */
  | {
      readonly type: "connection-asked";
      readonly connection: ConnectionId;
      readonly addressKey: string;
      readonly network: Network;
      /** The `Origin` header as sent; browsers always send one. */
      readonly origin: string | undefined;
    }
  | {
      readonly type: "message";
      readonly connection: ConnectionId;
      readonly message: ViewerToTracker<Signal>;
      /** As it came over the wire. */
      readonly bytes: number;
    }
  /** What arrived was no message of the protocol. `text` says why, for a person. */
  | {
      readonly type: "bad-message";
      readonly connection: ConnectionId;
      readonly code: ProtocolErrorCode;
      readonly field: string | undefined;
      readonly text: string;
    }
  /** A WebSocket ping, which costs us a pong, or a pong, which may be one that nobody asked for. */
  | { readonly type: "ping"; readonly connection: ConnectionId }
  /** A message could not be handed to this socket: it is closing, or its reader is behind. */
  | { readonly type: "send-dropped"; readonly connection: ConnectionId; readonly message: TrackerToViewer<Signal> }
  /** Exactly once for every connection that was accepted. */
  | { readonly type: "connection-closed"; readonly connection: ConnectionId; readonly fault?: ConnectionFault }
  /** Came over the bus, from another process or from this one itself. */
  | { readonly type: "bus-message"; readonly from: NodeId; readonly record: BusRecord<Signal> }
  /** Records could not be handed to the bus, or what came over it is none. */
  | { readonly type: "bus-dropped"; readonly records: number }
  /** Tickets and classes that let nobody in from now on, in place of those told before; who is in with one goes. */
  | ({ readonly type: "revoked" } & Revoked)
  | { readonly type: "wakeup" }
  /** Resident memory of the process, every second or so. */
  | { readonly type: "memory-measured"; readonly bytes: number }
  /** These streams are off from now on, and no others: ids, or `*`. Whoever is in one is told, and closed. */
  | { readonly type: "switch-off"; readonly streams: readonly string[] }
  /** Stop: refuse the new, tell the others to come back elsewhere or later, close them. */
  | { readonly type: "drain" };
