import type { TrackerToViewer } from "../../protocol/tracker-message.ts";
import type { AdmissionRefusal } from "./admission.ts";
import type { BusAction } from "./bus-record.ts";
import type { AnySignal, ConnectionId } from "./event.ts";

/** Everything the tracker core ever asks for. Performed in order; results come back as events. */
export type TrackerAction<Signal extends AnySignal = string> =
  /** Answer to `connection-asked`; from here on `connection-closed` is owed. */
  | { readonly type: "accept"; readonly connection: ConnectionId }
  /** The other answer: an HTTP status and a sentence; no socket comes to be. */
  | {
      readonly type: "refuse";
      readonly connection: ConnectionId;
      readonly cause: AdmissionRefusal | "draining";
      readonly status: number;
      readonly reason: string;
    }
  | { readonly type: "send"; readonly connection: ConnectionId; readonly message: TrackerToViewer<Signal> }
  /** Close after what was sent before. `reason` fits a close frame: at most 123 bytes (RFC 6455 section 5.5). */
  | { readonly type: "close"; readonly connection: ConnectionId; readonly code: number; readonly reason: string }
  | BusAction<Signal>;

/** How the parts of the core say something to a viewer: as one more `send`. */
export type Send<Signal extends AnySignal = never> = (
  connection: ConnectionId,
  message: TrackerToViewer<Signal>,
) => void;

/** WebSocket close codes of the tracker: those of RFC 6455 section 7.4.1 where one fits, 4000 and up are ours. */
export const CLOSE_CODE = {
  left: 1000,
  misbehaved: 1008,
  restarting: 1012,
  full: 1013,
  takenOver: 4001,
  version: 4002,
  off: 4003,
  notAdmitted: 4004,
  flood: 4008,
} as const;
