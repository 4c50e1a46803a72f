import type { PeerMessageType } from "../../protocol/peer-message.ts";
import type { SwarmEvent } from "./event.ts";

/** How far an event can reach: only to whom we serve, also to what we ask of peers, or also to what we ask of the origin. */
export type Reach = "uploads" | "requests" | "origin";

/**
 * So that what comes by the thousand costs little. Too far is only slow; too short would miss a decision, unless
 * whoever takes the event in asks for more.
 */
export function reachOf(event: SwarmEvent): Reach {
  switch (event.type) {
    case "wakeup":
    case "report-due":
    case "loaded-plainly":
      return "uploads";
    case "peer-chunk":
    case "origin-chunk":
    case "chunk-proven":
    case "hashes-known":
    case "playback":
      return "requests";
    case "peer-message":
      return BY_MESSAGE[event.message.type] ?? "origin";
    default:
      return "origin";
  }
}

const BY_MESSAGE: Partial<Record<PeerMessageType, Reach>> = {
  have: "requests",
  request: "uploads",
  "ask-hashes": "uploads",
  cancel: "uploads",
  received: "uploads",
  ping: "uploads",
  pong: "uploads",
  position: "uploads",
};
