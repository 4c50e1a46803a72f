/**
 * A signal as it comes over the socket, left in its frame (TR10): on the way only the peer id at its head is written over.
 * Taking it apart as text and putting it together again is most of what a relay would cost.
 */
import { PEER_ID_PATTERN, type PeerId } from "../../protocol/ids.ts";
import { SIGNAL_CHARS_MAX } from "../../protocol/limits.ts";
import { ProtocolError } from "../../protocol/protocol-error.ts";
import { SIGNAL_HEAD_CHARS, SIGNAL_MARK } from "../../protocol/tracker-codec.ts";
import type { ViewerToTracker } from "../../protocol/tracker-message.ts";

/** The signal in a text frame; undefined when it is something else. Throws a {@link ProtocolError}. */
export function readSignal(frame: Buffer): Extract<ViewerToTracker<Buffer>, { type: "signal" }> | undefined {
  if (frame[0] !== MARK) return undefined;
  const to = frame.toString("latin1", 1, SIGNAL_HEAD_CHARS);
  if (!PEER_ID_PATTERN.test(to))
    throw new ProtocolError("bad-field", "to must be 10 characters A-Z a-z 0-9 _ - behind the S", "to");
  if (frame.length <= SIGNAL_HEAD_CHARS || frame.length > SIGNAL_HEAD_CHARS + SIGNAL_CHARS_MAX)
    throw new ProtocolError("bad-field", `signal must be 1 to ${String(SIGNAL_CHARS_MAX)} bytes`, "signal");
  return { type: "signal", to: to as PeerId, signal: frame };
}

/** The same frame for its addressee, who learns whom it comes from. */
export function addressSignal(frame: Buffer, from: PeerId): Buffer {
  frame.write(from, 1, "latin1");
  return frame;
}

const MARK = SIGNAL_MARK.charCodeAt(0);
