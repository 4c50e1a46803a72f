/**
 * What processes ask each other about a stream, to bytes and back: JSON, one question or one answer a message. Of an
 * answer nothing is taken but numbers from 0 to {@link SUM_MAX}; whether they are true only the process itself knows.
 */
import type { SwarmId } from "../../protocol/ids.ts";
import { parseFields, type Fields } from "../../protocol/json-fields.ts";
import { badField, ProtocolError } from "../../protocol/protocol-error.ts";
import type { NodeId } from "../core/bus-record.ts";
import type { GroupSums } from "../core/group-sums.ts";
import type { RatioSums } from "../core/ratio-sums.ts";
import type { SessionCounts } from "../core/session-counts.ts";
import type { StreamSums } from "../core/stream-savings.ts";
import { amount, inner, matching, NODE_PATTERN, optional, own, swarmOf } from "./bus-fields.ts";

/** What do you know of this stream? */
export interface SumsQuestion {
  readonly swarm: SwarmId;
  /** Ends the channel that the answers go to; see {@link answersOf}. */
  readonly asker: string;
}

/** This, or nothing. */
export interface SumsAnswer {
  readonly swarm: SwarmId;
  readonly node: NodeId;
  readonly sums: StreamSums | undefined;
}

/** Every process hears it. */
export const QUESTIONS_CHANNEL = "sums";
/** What is for one asker. */
export const answersOf = (asker: string): string => `${QUESTIONS_CHANNEL}:${asker}`;

export const encodeSums = (message: SumsQuestion | SumsAnswer): Buffer => Buffer.from(JSON.stringify(message));

/** The question, or a {@link ProtocolError}. */
export function decodeQuestion(message: Buffer): SumsQuestion {
  const fields = fieldsOf(message);
  return { swarm: swarmOf(fields), asker: matching(own(fields, "asker"), "asker", ASKER_PATTERN) };
}

/** The answer, or a {@link ProtocolError}. */
export function decodeAnswer(message: Buffer): SumsAnswer {
  const fields = fieldsOf(message);
  return {
    swarm: swarmOf(fields),
    node: matching(own(fields, "node"), "node", NODE_PATTERN),
    sums: optional(fields, "sums", () => streamOf(inner(fields, "sums"))),
  };
}

function fieldsOf(message: Buffer): Fields {
  if (message.length > MESSAGE_BYTES_MAX) throw new ProtocolError("too-long", "a message about a stream is too long");
  return parseFields(message.toString("utf8"), MESSAGE_BYTES_MAX);
}

const streamOf = (fields: Fields): StreamSums => ({
  ageMs: sum(fields, "ageMs"),
  viewers: sum(fields, "viewers"),
  seeders: sum(fields, "seeders"),
  heldOut: sum(fields, "heldOut"),
  peak: sum(fields, "peak"),
  viewerMs: sum(fields, "viewerMs"),
  renditionMs: sum(fields, "renditionMs"),
  relayedBytes: sum(fields, "relayedBytes"),
  seederBytes: sum(fields, "seederBytes"),
  sharing: groupOf(inner(fields, "sharing")),
  holdOut: groupOf(inner(fields, "holdOut")),
});

function groupOf(fields: Fields): GroupSums {
  const ratios = inner(fields, "ratios");
  return {
    sessions: sum(fields, "sessions"),
    counts: countsOf(inner(fields, "counts")),
    ratios: {
      stallsPerHour: ratioOf(inner(ratios, "stallsPerHour")),
      stalledShare: ratioOf(inner(ratios, "stalledShare")),
      startUpMs: ratioOf(inner(ratios, "startUpMs")),
      originBytesPerSecond: ratioOf(inner(ratios, "originBytesPerSecond")),
      offload: ratioOf(inner(ratios, "offload")),
    },
  };
}

const countsOf = (fields: Fields): SessionCounts => ({
  peerBytes: sum(fields, "peerBytes"),
  originBytes: sum(fields, "originBytes"),
  originReceivedBytes: sum(fields, "originReceivedBytes"),
  uploadedBytes: sum(fields, "uploadedBytes"),
  wastedBytes: sum(fields, "wastedBytes"),
  stalls: sum(fields, "stalls"),
  stalledMs: sum(fields, "stalledMs"),
  playedMs: sum(fields, "playedMs"),
  startUpMs: sum(fields, "startUpMs"),
});

const ratioOf = (fields: Fields): RatioSums => ({
  sessions: sum(fields, "sessions"),
  x: sum(fields, "x"),
  y: sum(fields, "y"),
  xx: sum(fields, "xx"),
  xy: sum(fields, "xy"),
  yy: sum(fields, "yy"),
});

function sum(fields: Fields, name: string): number {
  const value = amount(fields, name);
  if (value > SUM_MAX) throw badField(name);
  return value;
}

/** Sums of ten million squared terabytes come to 10^31; a thousand such answers still add up to a number. */
export const SUM_MAX = 1e40;
/** Ninety numbers of at most 24 characters, their names and braces take less than half of it. */
const MESSAGE_BYTES_MAX = 8 * 1024;
/** As processes draw it when they start. Nobody is to have us speak on just any channel. */
const ASKER_PATTERN = /^[A-Za-z0-9_-]{16}$/;
