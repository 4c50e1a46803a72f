/**
 * Viewers that mean harm. Each runs the real core, so that it is introduced and linked as anybody is, and does wrong what
 * the core asks of it. Here is what they do; the viewer does it.
 */
import { hash32 } from "../../src/base/random.ts";
import type { Bytes } from "../../src/base/time.ts";
import { CHUNK_BYTES } from "../../src/protocol/limits.ts";
import type { PeerMessage } from "../../src/protocol/peer-message.ts";
import type { StreamSegment } from "./stream.ts";

export type Mischief =
  /** Says what it has, claims three times the stream's rate, and sends nothing. */
  | "liar"
  /** Says that it has everything and is fetching the rest, takes every request, and sends a chunk once in a long while. */
  | "staller"
  /** The same with many identities, all in a few networks. */
  | "sybil"
  /** Alters every chunk that it sends. */
  | "forger"
  /** The same, and answers with hashes that fit what it altered. */
  | "hash-forger"
  /** Alters one bit in few of them. */
  | "flipper"
  /** Sends the bytes of the segment before. */
  | "replayer"
  /** Claims a large uplink and sends requests and other frames without end. */
  | "flooder"
  /** Takes what it can get and acknowledges nothing. */
  | "slow-reader";

export type Said = Exclude<PeerMessage, { type: "chunk" }>;

/** A liar watches, and is counted as a viewer; the others only pretend to, and are left out of every figure. */
export const isViewer = (mischief: Mischief | undefined): boolean => mischief === undefined || mischief === "liar";

/** How much of a chunk is sent, if any, and whether it is still what the origin has. */
export interface Sent {
  readonly byteLength: Bytes;
  readonly isAltered: boolean;
}

export function sentBy(
  mischief: Mischief | undefined,
  segment: StreamSegment,
  before: StreamSegment,
  chunk: number,
): Sent | undefined {
  const byteLength = bytesOf(segment, chunk);
  switch (mischief) {
    case "liar":
      return undefined;
    case "forger":
    case "hash-forger":
      return { byteLength, isAltered: true };
    case "flipper":
      return { byteLength, isAltered: hash32(segment.id, chunk) % FLIPPED_OF === 0 };
    case "replayer": {
      const replayed = bytesOf(before, chunk);
      return replayed > 0 ? { byteLength: replayed, isAltered: true } : undefined;
    }
    default:
      return { byteLength, isAltered: false };
  }
}

/** What it never says, though its core would. */
export const isUnsaid = (mischief: Mischief | undefined, { type }: Said): boolean =>
  mischief === "slow-reader" ? type === "received" : isTrickler(mischief) && (type === "reject" || type === "gone");

/** Whether the hashes that it sends prove to no root. */
export const isHashForger = (mischief: Mischief | undefined): boolean => mischief === "hash-forger";

/** Whether it sends a chunk only now and then, to keep its requests. */
export const isTrickler = (mischief: Mischief | undefined): boolean => mischief === "staller" || mischief === "sybil";

/** What it says to everybody beside that, every {@link AGITATION_MS}; `newest` are segments of slot 0, newest last. */
export function agitation(mischief: Mischief, newest: readonly StreamSegment[], nonce: number): Said[] {
  const last = newest.at(-1);
  if (!last) return [];
  const slot = 0;
  const { name: segment, byteLength } = last;
  switch (mischief) {
    case "staller":
    case "sybil":
      return [
        { type: "have", slot, segments: newest.map((one) => ({ segment: one.name, byteLength: one.byteLength })) },
        { type: "fetching", slot, segment, from: 0, byteLength, hops: 8 },
      ];
    case "flooder": {
      const flood: Said[] = [
        { type: "uplink", uplink: 2 },
        { type: "listed", slot, segment: { sequence: segment.sequence + 1, tag: nonce }, hops: 8 },
        { type: "fetching", slot, segment, from: 0, byteLength, hops: 8 },
      ];
      for (const one of newest) {
        const chunks = Array.from({ length: Math.ceil(one.byteLength / CHUNK_BYTES) }, (_, chunk) => chunk);
        flood.push({ type: "request", slot, segment: one.name, chunks, dueInMs: 60_000 });
      }
      for (let i = 0; i < PINGS; i++) flood.push({ type: "ping", nonce: nonce + i });
      return flood;
    }
    default:
      return [];
  }
}

const bytesOf = ({ byteLength }: StreamSegment, chunk: number): Bytes =>
  Math.min(CHUNK_BYTES, byteLength - chunk * CHUNK_BYTES);

/** Few enough to be trusted for a while. */
const FLIPPED_OF = 16;
export const AGITATION_MS = 250;
const PINGS = 250;
/** Of the newest segments that it lies about. */
export const LIED_ABOUT = 3;
/** As rarely as that keeps requests from being taken back, and its own core from finding the link dead (SW82). */
export const TRICKLE_MS = 2500;
/** A liar tells its own core that what it withheld has been received. */
export const WITHHELD_MS = 50;
/** Networks that all Sybils are in. */
export const SYBIL_NETWORKS = 4;
