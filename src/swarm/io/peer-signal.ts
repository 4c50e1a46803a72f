import { ProtocolError } from "../../protocol/protocol-error.ts";
import { SIGNAL_CHARS_MAX } from "../../protocol/limits.ts";

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
  if (text.length > SIGNAL_CHARS_MAX)
    throw new ProtocolError("too-long", `more than ${String(SIGNAL_CHARS_MAX)} characters`);
  const signal = parseObject(text);
  switch (signal["type"]) {
    case "offer":
    case "answer":
      return { type: signal["type"], sdp: parseDescription(signal["sdp"]) };
    case "candidates":
      return { type: "candidates", candidates: parseCandidates(signal["candidates"]) };
    default:
      throw new ProtocolError("unknown-type", "neither offer, answer nor candidates", "type");
  }
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new ProtocolError("not-json", "a signal must be JSON");
  }
  if (!isRecord(value)) throw new ProtocolError("not-an-object", "a signal must be an object");
  return value;
}

function parseDescription(sdp: unknown): string {
  if (typeof sdp !== "string") throw new ProtocolError("bad-field", "must be a text", "sdp");
  // Accepting audio or video would have the browser set up decoders for a stranger.
  if (!sdp.includes("\nm=application ") || /\nm=(?!application )/.test(sdp))
    throw new ProtocolError("bad-field", "must describe a data channel and nothing else", "sdp");
  return sdp;
}

function parseCandidates(list: unknown): readonly PeerCandidate[] {
  if (!Array.isArray(list) || list.length > CANDIDATES_PER_SIGNAL_MAX)
    throw new ProtocolError(
      "bad-field",
      `must be at most ${String(CANDIDATES_PER_SIGNAL_MAX)} candidates`,
      "candidates",
    );
  return list.map(parseCandidate);
}

function parseCandidate(value: unknown): PeerCandidate {
  if (!isRecord(value)) throw new ProtocolError("bad-field", "must be objects", "candidates");
  const { candidate, sdpMid, sdpMLineIndex } = value;
  const named = typeof sdpMid === "string" || sdpMid === null;
  const numbered = typeof sdpMLineIndex === "number" || sdpMLineIndex === null;
  if (typeof candidate !== "string" || !named || !numbered || (sdpMid === null && sdpMLineIndex === null))
    throw new ProtocolError("bad-field", "must be ICE candidates", "candidates");
  return { candidate, sdpMid, sdpMLineIndex };
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A candidate has some 100 to 300 characters, so this many fit a signal; a machine with more sends several. */
export const CANDIDATES_PER_SIGNAL_MAX = 16;
