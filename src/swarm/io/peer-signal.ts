import { isFields, parseFields } from "../../protocol/json-fields.ts";
import { SIGNAL_CHARS_MAX } from "../../protocol/limits.ts";
import { badField, broken } from "../../protocol/protocol-error.ts";

/**
 * What two peer links say to each other before they are connected: JSON that a tracker carries unread. Media is never
 * negotiated: a description may hold nothing but a data channel.
 */
export type PeerSignal =
  | { readonly type: "offer" | "answer"; readonly sdp: string }
  /** ICE candidates, a few at a time (trickle ICE, RFC 8838). */
  | { readonly type: "candidates"; readonly candidates: readonly PeerCandidate[] };

/** The fields of RTCIceCandidateInit that both sides need. At least one of the last two is not null. */
export interface PeerCandidate {
  readonly candidate: string;
  readonly sdpMid: string | null;
  readonly sdpMLineIndex: number | null;
}

/** May come out longer than `SIGNAL_CHARS_MAX`, if the browser describes itself at great length. */
export const encodePeerSignal = (signal: PeerSignal): string => JSON.stringify(signal);

/** Throws a {@link ProtocolError} unless the text is a signal. */
export function parsePeerSignal(text: string): PeerSignal {
  const { type, sdp, candidates } = parseFields(text, SIGNAL_CHARS_MAX);
  switch (type) {
    case "offer":
    case "answer":
      // Accepting audio or video would have the browser set up decoders for a stranger.
      if (typeof sdp !== "string" || !sdp.includes("\nm=application ") || /\nm=(?!application )/.test(sdp))
        throw badField("sdp");
      return { type, sdp };
    case "candidates":
      if (!Array.isArray(candidates) || candidates.length > CANDIDATES_PER_SIGNAL_MAX) throw badField("candidates");
      return { type, candidates: candidates.map(parseCandidate) };
    default:
      throw broken("unknown-type", "type");
  }
}

function parseCandidate(value: unknown): PeerCandidate {
  if (!isFields(value)) throw badField("candidates");
  const { candidate, sdpMid, sdpMLineIndex } = value;
  const named = typeof sdpMid === "string" || sdpMid === null;
  const numbered = typeof sdpMLineIndex === "number" || sdpMLineIndex === null;
  if (typeof candidate !== "string" || !named || !numbered || (sdpMid === null && sdpMLineIndex === null))
    throw badField("candidates");
  return { candidate, sdpMid, sdpMLineIndex };
}

/** A candidate has some 100 to 300 characters, so this many fit a signal; a machine with more sends several. */
export const CANDIDATES_PER_SIGNAL_MAX = 16;
