/**
 * Viewers that mean harm, on the wire: a real driver whose links alter, drop or add frames. For browsers and for Node. What
 * they do to thousands is asked of the simulator (`sim/model/mischief.ts`).
 */
import { CHUNK_BYTES, FRAME_BYTES_MAX } from "../../src/protocol/limits.ts";
import { decodePeerMessage, encodePeerMessage } from "../../src/protocol/peer-codec.ts";
import type { PeerMessage } from "../../src/protocol/peer-message.ts";
import { chunkInput, HASH_BYTES } from "../../src/protocol/segment-root.ts";
import type { OpenPeerLink } from "../../src/swarm/io/peer-link.ts";

export type Adversary =
  /** Alters every chunk that it gives. */
  | "forger"
  /** Blanks every chunk that it gives, and gives the hashes of blank chunks. */
  | "hash forger"
  /** Flips one bit of one chunk in eight. */
  | "flipper"
  /** Gives the bytes of another segment. */
  | "replayer"
  /** Says that it has what it has not, and gives nothing. */
  | "liar"
  /** Begins every chunk and ends none. */
  | "staller"
  /** Acknowledges nothing. */
  | "slow reader"
  /** Sends a frame larger than any may be. */
  | "oversize"
  /** Sends frames that end too soon. */
  | "malformed"
  /** Sends a playlist. */
  | "playlist"
  /** Sends pings without end. */
  | "flooder";

type Send = (frame: Uint8Array) => void;
type Chunk = Extract<PeerMessage, { type: "chunk" }>;
type Hashes = Extract<PeerMessage, { type: "hashes" }>;

/** Links as `open` opens them, misused. */
export const misused =
  (adversary: Adversary, open: OpenPeerLink): OpenPeerLink =>
  (options) => {
    const { events } = options;
    let isClosed = false;
    let flood: ReturnType<typeof setInterval> | undefined;
    const link = open({
      ...options,
      events: {
        ...events,
        open() {
          events.open();
          unasked(adversary, send);
          if (adversary === "flooder") flood = setInterval(pings, FLOOD_EVERY_MS, send);
        },
        closed(reason) {
          clearInterval(flood);
          isClosed = true;
          events.closed(reason);
        },
      },
    });
    const send: Send = (frame) => {
      link.send(frame);
    };
    const replayed = new Map<string, Chunk>();
    let withheld = 0;
    /** What was withheld counts as sent and received, or its own core would find the link dead (SW82). */
    const withhold = ({ chunkBytes }: Chunk): void => {
      withheld = (withheld + chunkBytes) % 0x1_0000_0000;
      const received = encodePeerMessage({ type: "received", bytes: withheld });
      setTimeout(() => {
        if (!isClosed) events.frame(received);
      }, ACKNOWLEDGED_MS);
    };
    return {
      signal: (signal) => {
        link.signal(signal);
      },
      send(frame) {
        const message = decodePeerMessage(frame);
        if (!message) return;
        if (adversary === "hash forger" && message.type === "hashes") {
          void ofBlank(message).then((forged) => {
            if (!isClosed) link.send(forged);
          });
          return;
        }
        for (const wrong of insteadOf(adversary, frame, message, replayed)) link.send(wrong);
        const ends = message.type === "chunk" && message.offset + message.payload.length === message.chunkBytes;
        if (ends && (adversary === "liar" || adversary === "staller")) withhold(message);
      },
      close: () => {
        link.close();
      },
    };
  };

/** What goes over the wire where an honest viewer would have sent `frame`. */
function insteadOf(
  adversary: Adversary,
  frame: Uint8Array,
  message: PeerMessage,
  replayed: Map<string, Chunk>,
): readonly Uint8Array[] {
  const { type } = message;
  switch (adversary) {
    case "forger":
      return [type === "chunk" ? flipped(frame) : frame];
    case "hash forger":
      return [type === "chunk" ? blank(message) : frame];
    case "flipper":
      return [type === "chunk" && message.chunk % 8 === 0 && message.offset === 0 ? flipped(frame) : frame];
    case "replayer":
      return [type === "chunk" ? replay(message, replayed) : frame];
    case "liar":
      if (type === "chunk" || type === "reject" || type === "gone") return [];
      return [type === "have" ? boasted(message) : frame];
    case "staller":
      return type === "chunk" && message.offset > 0 ? [] : [frame];
    case "slow reader":
      return type === "received" ? [] : [frame];
    case "malformed":
      return [type === "have" ? frame.subarray(0, -1) : frame];
    default:
      return [frame];
  }
}

/** What it says as soon as there is a link. */
function unasked(adversary: Adversary, send: Send): void {
  if (adversary === "oversize") send(new Uint8Array(FRAME_BYTES_MAX + 1));
  if (adversary === "playlist") send(new TextEncoder().encode("#EXTM3U\n#EXTINF:4,\nhttps://elsewhere.example/1.ts\n"));
}

function pings(send: Send): void {
  for (let nonce = 0; nonce < PINGS; nonce++) send(encodePeerMessage({ type: "ping", nonce }));
}

/** The payload is the last field. */
function flipped(frame: Uint8Array): Uint8Array {
  const forged = frame.slice();
  const last = forged.length - 1;
  forged[last] = (forged[last] ?? 0) ^ 1;
  return forged;
}

const blank = (message: Chunk): Uint8Array =>
  encodePeerMessage({ ...message, payload: new Uint8Array(message.payload.length) });

/** What proves blank chunks, but for a signature: it can only give the one that it was given. */
async function ofBlank(message: Hashes): Promise<Uint8Array> {
  const hashes = new Uint8Array(message.hashes.length);
  for (let at = 0; at < hashes.length; at += HASH_BYTES) {
    const before = (message.from + at / HASH_BYTES) * CHUNK_BYTES;
    const chunk = new Uint8Array(Math.min(CHUNK_BYTES, message.byteLength - before));
    hashes.set(new Uint8Array(await crypto.subtle.digest("SHA-256", chunkInput(chunk)), 0, HASH_BYTES), at);
  }
  return encodePeerMessage({ ...message, hashes });
}

/** The same part of the first segment that it was asked for. */
function replay(message: Chunk, replayed: Map<string, Chunk>): Uint8Array {
  const key = `${String(message.chunk)} ${String(message.offset)} ${String(message.payload.length)}`;
  const first = replayed.get(key);
  if (!first) replayed.set(key, { ...message, payload: message.payload.slice() });
  return encodePeerMessage({ ...message, payload: first?.payload ?? message.payload });
}

/** All of it, wherever something of it is said to be here. */
function boasted(message: Extract<PeerMessage, { type: "have" }>): Uint8Array {
  const segments = message.segments.map(({ segment, byteLength, bitmap }) =>
    byteLength === undefined ? { segment, bitmap } : { segment, byteLength },
  );
  return encodePeerMessage({ ...message, segments });
}

const FLOOD_EVERY_MS = 10;
const PINGS = 200;
const ACKNOWLEDGED_MS = 50;
