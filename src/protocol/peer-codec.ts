/**
 * Bytes to peer message and back: one message, one frame, one encoding (`docs/protocol.md`, PE4 to PE22). Decoding
 * checks everything that one frame alone can be wrong in; what it means, and whether it may be said now, is for others.
 */

import { assert, assertNever } from "../base/assert.ts";
import { badField, ByteReader } from "./byte-reader.ts";
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
import type { ByeReason, PeerMessage, RejectReason, UplinkClass } from "./peer-message.ts";
import { ProtocolError } from "./protocol-error.ts";
import {
  readHaveEntries,
  readSegmentBytes,
  readSegmentNames,
  writeHaveEntries,
  writeSegmentBytes,
  writeSegmentNames,
} from "./segment-list.ts";
import { PROTOCOL_VERSION, PROTOCOL_VERSION_MIN } from "./version.ts";

/** The frame of a message, in an array of its own. A message out of its bounds is a bug. */
export function encodePeerMessage(message: PeerMessage): Uint8Array {
  writer.reset();
  switch (message.type) {
    case "hello":
      writer.byte(HELLO);
      writer.varint(message.version, VERSION_MAX);
      writer.varint(message.versionMin, message.version);
      writer.hex64(message.viewer);
      writer.byte(message.uplink | (message.seeder ? HELLO_SEEDER : 0));
      break;
    case "track":
      writer.byte(TRACK);
      writer.varint(message.slot, SLOT_MAX);
      writer.hex64(message.track);
      writer.byte(message.following ? 1 : 0);
      break;
    case "have":
      writer.byte(HAVE);
      writer.varint(message.slot, SLOT_MAX);
      writeHaveEntries(writer, message.segments);
      break;
    case "gone":
      writer.byte(GONE);
      writer.varint(message.slot, SLOT_MAX);
      writeSegmentNames(writer, message.segments);
      break;
    case "fetching":
      assert(message.hops <= NOTICE_HOPS_MAX, "a notice has made too many hops");
      writeHead(FETCHING, message);
      writer.byte(
        message.hops |
          (message.to === undefined ? 0 : FETCHING_TO) |
          (message.byteLength === undefined ? 0 : FETCHING_SIZE),
      );
      writer.varint(message.from, CHUNK_MAX);
      if (message.to !== undefined) {
        assert(message.to > message.from, "a notice names no chunk");
        writer.varint(message.to, SEGMENT_CHUNKS_MAX);
      }
      if (message.byteLength !== undefined) writeSegmentBytes(writer, message.byteLength);
      break;
    case "request":
      writeHead(REQUEST, message);
      writeSpan(message.dueInMs);
      writeChunkSet(writer, message.chunks);
      break;
    case "cancel":
      writeHead(CANCEL, message);
      writeChunkSet(writer, message.chunks);
      break;
    case "reject":
      writeHead(REJECT, message);
      writer.byte(REJECT_REASONS.indexOf(message.reason));
      writeSpan(message.retryInMs);
      writeChunkSet(writer, message.chunks);
      break;
    case "chunk":
      writeHead(CHUNK, message);
      writer.varint(message.chunk, CHUNK_MAX);
      writer.varint(message.chunkBytes, CHUNK_BYTES);
      writer.varint(message.offset, message.chunkBytes - message.payload.length);
      assert(message.payload.length > 0 && message.payload.length <= FRAME_PAYLOAD_BYTES_MAX, "not a payload");
      return writer.finish(message.payload);
    case "received":
      writer.byte(RECEIVED);
      writer.u32(message.bytes);
      break;
    case "position":
      writer.byte(POSITION);
      writer.varint(message.slot, SLOT_MAX);
      writer.varint(message.sequence);
      writer.varint(message.ahead, SEGMENTS_HELD_MAX);
      writer.varint(message.behind, SEGMENTS_HELD_MAX);
      break;
    case "ping":
    case "pong":
      writer.byte(message.type === "ping" ? PING : PONG);
      writer.varint(message.nonce);
      break;
    case "bye":
      writer.byte(BYE);
      writer.byte(BYE_REASONS.indexOf(message.reason));
      break;
    default:
      assertNever(message);
  }
  return writer.finish();
}

/**
 * The message of a frame; undefined for an extension that we do not know and may ignore. Throws a {@link ProtocolError}.
 * The payload of a `chunk` is a view of `frame`; nothing else is.
 */
export function decodePeerMessage(frame: Uint8Array): PeerMessage | undefined {
  if (frame.length > FRAME_BYTES_MAX)
    throw new ProtocolError("too-long", `a frame must be at most ${String(FRAME_BYTES_MAX)} bytes`);
  const reader = new ByteReader(frame);
  const code = reader.byte("type");
  if (code >= EXTENSION_MIN) return undefined;
  const message = readMessage(code, reader);
  reader.end();
  return message;
}

function readMessage(code: number, reader: ByteReader): PeerMessage {
  switch (code) {
    case HELLO:
      return readHello(reader);
    case TRACK: {
      const slot = readSlot(reader);
      const track = reader.hex64("track") as TrackId;
      return { type: "track", slot, track, following: reader.byte("following", 1) === 1 };
    }
    case HAVE:
      return { type: "have", slot: readSlot(reader), segments: readHaveEntries(reader) };
    case GONE:
      return { type: "gone", slot: readSlot(reader), segments: readSegmentNames(reader) };
    case FETCHING:
      return readFetching(reader);
    case REQUEST: {
      const slot = readSlot(reader);
      const segment = readSegmentName(reader);
      const dueInMs = reader.varint("dueInMs", 0, SPAN_MS_MAX);
      return { type: "request", slot, segment, chunks: readChunkSet(reader), dueInMs };
    }
    case CANCEL:
      return {
        type: "cancel",
        slot: readSlot(reader),
        segment: readSegmentName(reader),
        chunks: readChunkSet(reader),
      };
    case REJECT: {
      const slot = readSlot(reader);
      const segment = readSegmentName(reader);
      const reason = oneOf(REJECT_REASONS, reader.byte("reason"), "reason");
      const retryInMs = reader.varint("retryInMs", 0, SPAN_MS_MAX);
      return { type: "reject", slot, segment, chunks: readChunkSet(reader), reason, retryInMs };
    }
    case CHUNK:
      return readChunk(reader);
    case RECEIVED:
      return { type: "received", bytes: reader.u32("bytes") };
    case POSITION:
      return {
        type: "position",
        slot: readSlot(reader),
        sequence: readSequence(reader),
        ahead: reader.varint("ahead", 0, SEGMENTS_HELD_MAX),
        behind: reader.varint("behind", 0, SEGMENTS_HELD_MAX),
      };
    case PING:
      return { type: "ping", nonce: reader.varint("nonce", 0, Number.MAX_SAFE_INTEGER) };
    case PONG:
      return { type: "pong", nonce: reader.varint("nonce", 0, Number.MAX_SAFE_INTEGER) };
    case BYE:
      return { type: "bye", reason: oneOf(BYE_REASONS, reader.byte("reason"), "reason") };
    default:
      throw new ProtocolError("unknown-type", `type ${String(code)} is not in use`, "type");
  }
}

function readHello(reader: ByteReader): PeerMessage {
  const version = reader.varint("version", 1, VERSION_MAX);
  const versionMin = reader.varint("versionMin", 1, version);
  if (version < PROTOCOL_VERSION_MIN || versionMin > PROTOCOL_VERSION)
    throw new ProtocolError("bad-version", "the peers have no version in common", "version");
  const viewer = reader.hex64("viewer") as ViewerId;
  const flags = reader.byte("flags", HELLO_UPLINK | HELLO_SEEDER);
  const uplink = oneOf(UPLINK_CLASSES, flags & HELLO_UPLINK, "uplink");
  return { type: "hello", version, versionMin, viewer, uplink, seeder: (flags & HELLO_SEEDER) !== 0 };
}

function readFetching(reader: ByteReader): PeerMessage {
  const slot = readSlot(reader);
  const segment = readSegmentName(reader);
  const flags = reader.byte("flags", FETCHING_HOPS | FETCHING_TO | FETCHING_SIZE);
  const hops = flags & FETCHING_HOPS;
  if (hops > NOTICE_HOPS_MAX) throw badField("hops", `at most ${String(NOTICE_HOPS_MAX)}`);
  const from = reader.varint("from", 0, CHUNK_MAX);
  const to = (flags & FETCHING_TO) === 0 ? undefined : reader.varint("to", from + 1, SEGMENT_CHUNKS_MAX);
  const byteLength = (flags & FETCHING_SIZE) === 0 ? undefined : readSegmentBytes(reader);
  return {
    type: "fetching",
    slot,
    segment,
    from,
    ...(to !== undefined && { to }),
    ...(byteLength !== undefined && { byteLength }),
    hops,
  };
}

function readChunk(reader: ByteReader): PeerMessage {
  const slot = readSlot(reader);
  const segment = readSegmentName(reader);
  const chunk = reader.varint("chunk", 0, CHUNK_MAX);
  const chunkBytes = reader.varint("chunkBytes", 1, CHUNK_BYTES);
  const offset = reader.varint("offset", 0, chunkBytes - 1);
  const payload = reader.rest();
  const payloadBytesMax = Math.min(chunkBytes - offset, FRAME_PAYLOAD_BYTES_MAX);
  if (payload.length === 0 || payload.length > payloadBytesMax)
    throw badField("payload", `1 to ${String(payloadBytesMax)} bytes`);
  return { type: "chunk", slot, segment, chunk, offset, chunkBytes, payload };
}

function writeHead(code: number, message: { readonly slot: number; readonly segment: SegmentName }): void {
  writer.byte(code);
  writer.varint(message.slot, SLOT_MAX);
  writer.varint(message.segment.sequence);
  writer.u32(message.segment.tag);
}

const readSlot = (reader: ByteReader): number => reader.varint("slot", 0, SLOT_MAX);
const readSequence = (reader: ByteReader): number => reader.varint("sequence", 0, Number.MAX_SAFE_INTEGER);
const readSegmentName = (reader: ByteReader): SegmentName => ({
  sequence: readSequence(reader),
  tag: reader.u32("tag"),
});

/** Spans come out of clocks and deadlines: fractions, the past and "whenever" are rounded and clamped, not refused. */
const writeSpan = (ms: number): void => {
  writer.varint(Math.min(Math.max(Math.ceil(ms), 0), SPAN_MS_MAX));
};

function oneOf<T>(values: readonly T[], index: number, field: string): T {
  const value = values[index];
  if (value === undefined) throw badField(field, `below ${String(values.length)}`);
  return value;
}

// Type codes. Those from EXTENSION_MIN on are for additions that an older peer may ignore.
const HELLO = 0x01;
const TRACK = 0x02;
const HAVE = 0x03;
const GONE = 0x04;
const FETCHING = 0x05;
const REQUEST = 0x06;
const CANCEL = 0x07;
const REJECT = 0x08;
const CHUNK = 0x09;
const RECEIVED = 0x0a;
const POSITION = 0x0b;
const PING = 0x0c;
const PONG = 0x0d;
const BYE = 0x0e;
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
