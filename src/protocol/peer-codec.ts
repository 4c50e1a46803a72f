/**
 * Bytes to peer message and back: one message, one frame, one encoding (`docs/protocol.md`, PE4 to PE22, PE36 to PE39, PE44, PE45).
 * Decoding checks everything that one frame alone can be wrong in; what it means, and whether it may be said now, is for
 * others.
 */

import { assert, assertNever } from "../base/assert.ts";
import { SIGNATURE_BYTES } from "./attestation.ts";
import { ByteReader } from "./byte-reader.ts";
import { ByteWriter } from "./byte-writer.ts";
import { readChunkSet, writeChunkSet } from "./chunk-set.ts";
import type { SegmentName, TrackId, ViewerId } from "./ids.ts";
import {
  CHUNK_BYTES,
  FRAME_BYTES_MAX,
  FRAME_PAYLOAD_BYTES_MAX,
  NOTICE_HOPS_MAX,
  SEGMENT_CHUNKS_MAX,
  TRACK_SLOTS_MAX,
} from "./limits.ts";
import type { ByeReason, PeerMessage, PeerMessageType, RejectReason, UplinkClass } from "./peer-message.ts";
import { badField, broken, ProtocolError } from "./protocol-error.ts";
import {
  readHaveEntries,
  readSegmentBytes,
  readSegmentNames,
  writeHaveEntries,
  writeSegmentBytes,
  writeSegmentNames,
} from "./segment-list.ts";
import { HASH_BYTES, HASHED_CHUNKS_MAX } from "./segment-root.ts";
import { PROTOCOL_VERSION, PROTOCOL_VERSION_MIN } from "./version.ts";

/** The frame of a message, in an array of its own. A message out of its bounds is a bug. */
export function encodePeerMessage(message: PeerMessage): Uint8Array {
  writer.reset();
  const index = TYPES.indexOf(message.type);
  writer.byte(index < 0 ? EXTENSION_MIN + EXTENSIONS.indexOf(message.type) : index + 1);
  if ("slot" in message) writer.varint(message.slot, SLOT_MAX);
  if ("segment" in message) {
    writer.varint(message.segment.sequence);
    writer.u32(message.segment.tag);
  }
  switch (message.type) {
    case "hello":
      writer.varint(message.version, VERSION_MAX);
      writer.varint(message.versionMin, message.version);
      writer.hex64(message.viewer);
      writer.byte(message.uplink | (message.seeder ? HELLO_SEEDER : 0));
      break;
    case "track":
      writer.hex64(message.track);
      writer.byte(message.following ? 1 : 0);
      break;
    case "have":
      writeHaveEntries(writer, message.segments);
      break;
    case "gone":
      writeSegmentNames(writer, message.segments);
      break;
    case "uplink":
      writer.byte(message.uplink);
      break;
    case "listed":
      writer.varint(message.hops, NOTICE_HOPS_MAX);
      break;
    case "fetching": {
      const { from, to, byteLength, hops } = message;
      assert(hops <= NOTICE_HOPS_MAX && (to === undefined || to > from), "not a notice");
      writer.byte(hops | (to === undefined ? 0 : FETCHING_TO) | (byteLength === undefined ? 0 : FETCHING_SIZE));
      writer.varint(from, CHUNK_MAX);
      if (to !== undefined) writer.varint(to, SEGMENT_CHUNKS_MAX);
      if (byteLength !== undefined) writeSegmentBytes(writer, byteLength);
      break;
    }
    case "reject":
      writer.byte(REJECT_REASONS.indexOf(message.reason));
      writeSpan(message.retryInMs);
      writeChunkSet(writer, message.chunks);
      break;
    case "request":
      writeSpan(message.dueInMs);
      writeChunkSet(writer, message.chunks);
      break;
    case "cancel":
    case "ask-hashes":
      writeChunkSet(writer, message.chunks);
      break;
    case "hashes": {
      const { byteLength, from, hashes, signature } = message;
      assert(areHashes(byteLength, from, hashes), "not the hashes of chunks");
      writeSegmentBytes(writer, byteLength);
      writer.varint(from);
      writer.byte(signature ? 1 : 0);
      if (signature) {
        assert(signature.length === SIGNATURE_BYTES, "not a signature");
        writer.bytes(signature);
      }
      return writer.finish(hashes);
    }
    case "chunk":
      writer.varint(message.chunk, CHUNK_MAX);
      writer.varint(message.chunkBytes, CHUNK_BYTES);
      writer.varint(message.offset, message.chunkBytes - message.payload.length);
      assert(isPayload(message.payload), "not a payload");
      return writer.finish(message.payload);
    case "received":
      writer.u32(message.bytes);
      break;
    case "position":
      writer.varint(message.sequence);
      writer.varint(message.ahead, SEGMENTS_HELD_MAX);
      writer.varint(message.behind, SEGMENTS_HELD_MAX);
      break;
    case "subscribe":
      writer.byte(message.on ? 1 : 0);
      break;
    case "playlist":
      assert(isPayload(message.text), "not a playlist");
      return writer.finish(message.text);
    case "ping":
    case "pong":
      writer.varint(message.nonce);
      break;
    case "bye":
      writer.byte(BYE_REASONS.indexOf(message.reason));
      break;
    default:
      assertNever(message);
  }
  return writer.finish();
}

/**
 * The message of a frame; undefined for an extension that we do not know and may ignore. Throws a {@link ProtocolError}.
 * The payload of a `chunk` and the text of a `playlist` are views of `frame`; nothing else is.
 */
export function decodePeerMessage(frame: Uint8Array): PeerMessage | undefined {
  if (frame.length > FRAME_BYTES_MAX) throw new ProtocolError("too-long", "a frame is too long");
  const reader = new ByteReader(frame);
  const code = reader.byte("type");
  const type = TYPES[code - 1] ?? EXTENSIONS[code - EXTENSION_MIN];
  if (type === undefined) {
    if (code >= EXTENSION_MIN) return undefined;
    throw broken("unknown-type", "type");
  }
  const message = readMessage(type, reader);
  reader.end();
  return message;
}

/** The fields of an object are read in the order in which they are written here, which is their order in the frame. */
function readMessage(type: PeerMessageType, reader: ByteReader): PeerMessage {
  switch (type) {
    case "hello":
      return readHello(reader);
    case "track":
      return {
        type,
        slot: readSlot(reader),
        track: reader.hex64("track") as TrackId,
        following: reader.byte("following", 1) === 1,
      };
    case "have":
      return { type, slot: readSlot(reader), segments: readHaveEntries(reader) };
    case "gone":
      return { type, slot: readSlot(reader), segments: readSegmentNames(reader) };
    case "fetching":
      return readFetching(reader);
    case "uplink":
      return { type, uplink: readOneOf(UPLINK_CLASSES, reader, "uplink") };
    case "listed":
      return { type, ...readHead(reader), hops: reader.varint("hops", 0, NOTICE_HOPS_MAX) };
    case "request":
      return { type, ...readHead(reader), dueInMs: readSpan(reader, "dueInMs"), chunks: readChunkSet(reader) };
    case "cancel":
    case "ask-hashes":
      return { type, ...readHead(reader), chunks: readChunkSet(reader) };
    case "hashes":
      return readHashes(reader);
    case "reject":
      return {
        type,
        ...readHead(reader),
        reason: readOneOf(REJECT_REASONS, reader, "reason"),
        retryInMs: readSpan(reader, "retryInMs"),
        chunks: readChunkSet(reader),
      };
    case "chunk":
      return readChunk(reader);
    case "received":
      return { type, bytes: reader.u32("bytes") };
    case "position":
      return {
        type,
        slot: readSlot(reader),
        sequence: reader.varint("sequence"),
        ahead: reader.varint("ahead", 0, SEGMENTS_HELD_MAX),
        behind: reader.varint("behind", 0, SEGMENTS_HELD_MAX),
      };
    case "subscribe":
      return { type, slot: readSlot(reader), on: reader.byte("on", 1) === 1 };
    case "playlist": {
      const slot = readSlot(reader);
      const text = reader.rest();
      if (!isPayload(text)) throw badField("text");
      return { type, slot, text };
    }
    case "ping":
    case "pong":
      return { type, nonce: reader.varint("nonce") };
    case "bye":
      return { type, reason: readOneOf(BYE_REASONS, reader, "reason") };
  }
}

function readHello(reader: ByteReader): PeerMessage {
  const version = reader.varint("version", 1, VERSION_MAX);
  const versionMin = reader.varint("versionMin", 1, version);
  if (version < PROTOCOL_VERSION_MIN || versionMin > PROTOCOL_VERSION) throw broken("bad-version", "version");
  const viewer = reader.hex64("viewer") as ViewerId;
  const flags = reader.byte("flags", HELLO_UPLINK | HELLO_SEEDER);
  const uplink = UPLINK_CLASSES[flags & HELLO_UPLINK];
  if (uplink === undefined) throw badField("uplink");
  return { type: "hello", version, versionMin, viewer, uplink, seeder: (flags & HELLO_SEEDER) !== 0 };
}

function readFetching(reader: ByteReader): PeerMessage {
  const head = readHead(reader);
  const flags = reader.byte("flags", FETCHING_HOPS | FETCHING_TO | FETCHING_SIZE);
  const hops = flags & FETCHING_HOPS;
  if (hops > NOTICE_HOPS_MAX) throw badField("hops");
  const from = reader.varint("from", 0, CHUNK_MAX);
  const to = (flags & FETCHING_TO) === 0 ? undefined : reader.varint("to", from + 1, SEGMENT_CHUNKS_MAX);
  const byteLength = (flags & FETCHING_SIZE) === 0 ? undefined : readSegmentBytes(reader);
  return { type: "fetching", ...head, from, to, byteLength, hops };
}

function readChunk(reader: ByteReader): PeerMessage {
  const head = readHead(reader);
  const chunk = reader.varint("chunk", 0, CHUNK_MAX);
  const chunkBytes = reader.varint("chunkBytes", 1, CHUNK_BYTES);
  const offset = reader.varint("offset", 0, chunkBytes - 1);
  const payload = reader.rest();
  if (!isPayload(payload) || payload.length > chunkBytes - offset) throw badField("payload");
  return { type: "chunk", ...head, chunk, offset, chunkBytes, payload };
}

function readHashes(reader: ByteReader): PeerMessage {
  const head = readHead(reader);
  const byteLength = readSegmentBytes(reader);
  const from = reader.varint("from", 0, CHUNK_MAX);
  const isSigned = reader.byte("flags", 1) === 1;
  const signature = isSigned ? reader.view("signature", SIGNATURE_BYTES).slice() : undefined;
  const hashes = reader.rest().slice();
  if (!areHashes(byteLength, from, hashes)) throw badField("hashes");
  return { type: "hashes", ...head, byteLength, from, hashes, ...(signature && { signature }) };
}

/** Of at least one chunk, and all of chunks that the segment has. */
function areHashes(byteLength: number, from: number, { length }: Uint8Array): boolean {
  const end = from + length / HASH_BYTES;
  return end > from && Number.isInteger(end) && end <= Math.min(HASHED_CHUNKS_MAX, Math.ceil(byteLength / CHUNK_BYTES));
}

const isPayload = ({ length }: Uint8Array): boolean => length > 0 && length <= FRAME_PAYLOAD_BYTES_MAX;

/** What all messages about one segment begin with. */
const readHead = (reader: ByteReader): { readonly slot: number; readonly segment: SegmentName } => ({
  slot: readSlot(reader),
  segment: { sequence: reader.varint("sequence"), tag: reader.u32("tag") },
});

const readSlot = (reader: ByteReader): number => reader.varint("slot", 0, SLOT_MAX);
const readSpan = (reader: ByteReader, field: string): number => reader.varint(field, 0, SPAN_MS_MAX);

/** Spans come out of clocks and deadlines: fractions, the past and "whenever" are rounded and clamped, not refused. */
const writeSpan = (ms: number): void => {
  writer.varint(Math.min(Math.max(Math.ceil(ms), 0), SPAN_MS_MAX));
};

function readOneOf<T>(values: readonly T[], reader: ByteReader, field: string): T {
  const value = values[reader.byte(field)];
  if (value === undefined) throw badField(field);
  return value;
}

// prettier-ignore
/** In the order of their codes, from 1. */
const TYPES: readonly PeerMessageType[] = [
  "hello", "track", "have", "gone", "fetching", "request", "cancel",
  "reject", "chunk", "received", "position", "ping", "pong", "bye",
];
/** Additions that an older peer may ignore, in the order of their codes, from `EXTENSION_MIN`. */
const EXTENSIONS: readonly PeerMessageType[] = ["uplink", "listed", "ask-hashes", "hashes", "subscribe", "playlist"];
const EXTENSION_MIN = 0x40;

// Flags. A bit that is not named here must be 0.
const HELLO_UPLINK = 0b11;
const HELLO_SEEDER = 0b100;
const FETCHING_HOPS = 0b1111;
const FETCHING_TO = 0b1_0000;
const FETCHING_SIZE = 0b10_0000;

// The place of a name in its list is its number on the wire.
const UPLINK_CLASSES: readonly UplinkClass[] = [0, 1, 2];
const REJECT_REASONS: readonly RejectReason[] = ["busy", "gone", "off"];
const BYE_REASONS: readonly ByeReason[] = ["leaving", "full", "duplicate", "protocol", "idle"];

/** Versions are counted by hand; a larger number is a mistake. */
const VERSION_MAX = 65_535;
/** An answer wanted or a retry promised in an hour is as good as never. */
const SPAN_MS_MAX = 3_600_000;
/** `position` counts segments: a day of one-second segments and a margin. */
const SEGMENTS_HELD_MAX = 100_000;

const SLOT_MAX = TRACK_SLOTS_MAX - 1;
const CHUNK_MAX = SEGMENT_CHUNKS_MAX - 1;

/** Encoding is synchronous, so one buffer serves all of it. */
const writer = new ByteWriter(FRAME_BYTES_MAX);
