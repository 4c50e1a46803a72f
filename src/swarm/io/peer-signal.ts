import { isFields, parseFields } from "../../protocol/json-fields.ts";
import { SIGNAL_CHARS_MAX } from "../../protocol/limits.ts";
import { badField, broken } from "../../protocol/protocol-error.ts";

/**
 * What two peer links say to each other before they are connected: JSON that a tracker carries unread. Media is never
 * negotiated: a description may hold nothing but a data channel.
 */
export type PeerSignal =
  | PeerDescription
  /** ICE candidates, a few at a time (trickle ICE, RFC 8838). */
  | { readonly type: "candidates"; readonly candidates: readonly PeerCandidate[] };

export interface PeerDescription {
  readonly type: "offer" | "answer";
  readonly sdp: string;
  /** Ed25519 public key of the sender's session, hex; absent of a viewer that cannot sign (TR70). */
  readonly key?: string | undefined;
  /** Over {@link signedText}, hex. */
  readonly signature?: string | undefined;
  /** What the site gave the sender, where that is what ties the key to the site. */
  readonly ticket?: string | undefined;
}

/** Who says it to whom, in which swarm: what is signed with a description, so that it is good for nothing else. */
export interface SignedRoute {
  readonly swarm: string;
  readonly from: string;
  readonly to: string;
}

/** What is signed: the whole description, DTLS fingerprints and all. No field but the last has a line break. */
export const signedText = ({ swarm, from, to }: SignedRoute, { type, sdp }: PeerDescription): string =>
  ["hls-swarm.1", swarm, from, to, type, sdp].join("\n");

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
  const { type, sdp, candidates, key, signature, ticket } = parseFields(text, SIGNAL_CHARS_MAX);
  switch (type) {
    case "offer":
    case "answer":
      // Accepting audio or video would have the browser set up decoders for a stranger.
      if (typeof sdp !== "string" || !sdp.includes("\nm=application ") || /\nm=(?!application )/.test(sdp))
        throw badField("sdp");
      return { type, sdp, key: textOf(key), signature: textOf(signature), ticket: textOf(ticket) };
    case "candidates":
      if (!Array.isArray(candidates) || candidates.length > CANDIDATES_PER_SIGNAL_MAX) throw badField("candidates");
      return { type, candidates: candidates.map(parseCandidate) };
    default:
      throw broken("unknown-type", "type");
  }
}

/** What is no text proves nothing. */
const textOf = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

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
