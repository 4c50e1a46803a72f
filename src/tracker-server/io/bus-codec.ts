/**
 * Records to the bytes of one bus message and back. A record is a length, the two characters of its process, a mark and a
 * body: of a signal its addressee and its frame, of all others JSON. Whatever comes from the bus is checked field by
 * field, as if it came from a viewer: the engine may be shared, and so may its mistakes.
 */
import { HEX_64_PATTERN, PEER_ID_PATTERN, type PeerId, type TrackId } from "../../protocol/ids.ts";
import { isFields, parseFields, type Fields } from "../../protocol/json-fields.ts";
import { PEERS_PER_ANNOUNCE_MAX, SIGNAL_CHARS_MAX } from "../../protocol/limits.ts";
import type { UplinkClass } from "../../protocol/peer-message.ts";
import { badField, broken } from "../../protocol/protocol-error.ts";
import { SIGNAL_HEAD_CHARS, TRACKER_URL_PATTERN } from "../../protocol/tracker-codec.ts";
import type { Introduction, Place } from "../../protocol/tracker-message.ts";
import { ANSWER_PEERS_MAX, HOLDING_TRACKS_MAX, type BusRecord, type NodeId } from "../core/bus-record.ts";
import type { Network } from "../core/network.ts";
import { NODE_ID_CHARS } from "../core/peer-routes.ts";
import { WEIGHT_MAX } from "../core/seat-share.ts";
import { amount, count, flag, list, matching, NODE_PATTERN, optional, own, swarmOf, text } from "./bus-fields.ts";

/** A record and the process that it comes from. */
export interface Sent {
  readonly from: NodeId;
  readonly record: BusRecord<Buffer>;
}

/** One record, ready to be put behind others. */
export function encodeRecord({ from, record }: Sent): Buffer {
  if (record.type !== "signal") {
    const { type, ...fields } = record;
    return framed(from, JSON_MARK, Buffer.from(JSON.stringify({ type, ...fields })));
  }
  return framed(from, SIGNAL_MARK, Buffer.from(record.to + record.from, "latin1"), record.signal);
}

/** The records of one message, or a {@link ProtocolError}: then none of them counts. */
export function decodeRecords(message: Buffer): readonly Sent[] {
  const records: Sent[] = [];
  for (let at = 0; at < message.length;) {
    if (message.length - at < LENGTH_BYTES) throw broken("truncated", "record");
    const end = at + LENGTH_BYTES + message.readUInt32BE(at);
    if (end > message.length) throw broken("truncated", "record");
    records.push(decodeRecord(message.subarray(at + LENGTH_BYTES, end)));
    at = end;
  }
  return records;
}

function decodeRecord(bytes: Buffer): Sent {
  const from = bytes.toString("latin1", 0, NODE_ID_CHARS);
  if (!NODE_PATTERN.test(from)) throw badField("from");
  const body = bytes.subarray(NODE_ID_CHARS + 1);
  switch (bytes[NODE_ID_CHARS]) {
    case SIGNAL_MARK:
      return { from, record: decodeSignal(body) };
    case JSON_MARK:
      return { from, record: parseRecord(parseFields(body.toString("utf8"), RECORD_CHARS_MAX)) };
    default:
      throw badField("mark");
  }
}

function decodeSignal(body: Buffer): BusRecord<Buffer> {
  const to = body.toString("latin1", 0, PEER_ID_CHARS);
  const from = body.toString("latin1", PEER_ID_CHARS, 2 * PEER_ID_CHARS);
  const signal = body.subarray(2 * PEER_ID_CHARS);
  if (signal.length <= SIGNAL_HEAD_CHARS || signal.length > SIGNAL_HEAD_CHARS + SIGNAL_CHARS_MAX)
    throw badField("signal");
  return { type: "signal", to: peerOf(to, "to"), from: peerOf(from, "from"), signal };
}

function parseRecord(fields: Fields): BusRecord<Buffer> {
  const type = own(fields, "type");
  switch (type) {
    case "presence":
      return {
        type,
        boot: text(fields, "boot", BOOT_CHARS_MAX),
        publicUrl: optional(fields, "publicUrl", (url) => matching(url, "publicUrl", TRACKER_URL_PATTERN)),
        region: optional(fields, "region", () => text(fields, "region", REGION_CHARS_MAX)),
        viewers: count(fields, "viewers"),
        seeders: count(fields, "seeders"),
        viewersMax: count(fields, "viewersMax"),
        draining: flag(fields, "draining"),
      };
    case "holding":
      return {
        type,
        swarm: swarmOf(fields),
        viewers: count(fields, "viewers"),
        tracks: list(fields, "tracks", HOLDING_TRACKS_MAX).map((entry) => ({
          track: trackOf(entry),
          weight: count(entry, "weight", WEIGHT_MAX),
        })),
        asks: flag(fields, "asks"),
      };
    case "query":
      return {
        type,
        query: count(fields, "query"),
        swarm: swarmOf(fields),
        asker: peerOf(own(fields, "asker"), "asker"),
        wanted: count(fields, "wanted", PEERS_PER_ANNOUNCE_MAX),
        uplink: uplinkOf(fields),
        track: optional(fields, "track", () => trackOf(fields)),
        place: optional(fields, "place", placeOf),
        network: networkOf(own(fields, "network")),
      };
    case "answer":
      return {
        type,
        query: count(fields, "query"),
        peers: list(fields, "peers", ANSWER_PEERS_MAX).map((peer) => ({
          ...introductionOf(peer),
          prefixKey: text(peer, "prefixKey", REGION_CHARS_MAX),
        })),
      };
    case "gone":
      return { type, to: peerOf(own(fields, "to"), "to"), peer: peerOf(own(fields, "peer"), "peer") };
    case "accuse":
      return {
        type,
        to: peerOf(own(fields, "to"), "to"),
        from: peerOf(own(fields, "from"), "from"),
        witness: text(fields, "witness", REGION_CHARS_MAX),
      };
    case "echo":
      return { type, boot: text(fields, "boot", BOOT_CHARS_MAX), sentAt: amount(fields, "sentAt") };
    default:
      throw broken("unknown-type", "type");
  }
}

function framed(from: NodeId, mark: number, ...body: readonly Buffer[]): Buffer {
  const head = Buffer.alloc(LENGTH_BYTES + NODE_ID_CHARS + 1);
  let length = NODE_ID_CHARS + 1;
  for (const part of body) length += part.length;
  head.writeUInt32BE(length);
  head.write(from, LENGTH_BYTES, "latin1");
  head[LENGTH_BYTES + NODE_ID_CHARS] = mark;
  return Buffer.concat([head, ...body]);
}

const peerOf = (value: unknown, name: string): PeerId => matching(value, name, PEER_ID_PATTERN) as PeerId;
const trackOf = (fields: Fields): TrackId => matching(own(fields, "track"), "track", HEX_64_PATTERN) as TrackId;

function uplinkOf(fields: Fields): UplinkClass {
  const value = own(fields, "uplink");
  if (value === 0 || value === 1 || value === 2) return value;
  throw badField("uplink");
}

const introductionOf = (fields: Fields): Introduction => ({
  peer: peerOf(own(fields, "peer"), "peer"),
  uplink: uplinkOf(fields),
});

function placeOf(value: unknown): Place {
  if (!isFields(value)) throw badField("place");
  return {
    position: amount(value, "position"),
    ahead: amount(value, "ahead"),
    behind: amount(value, "behind"),
    playing: flag(value, "playing"),
  };
}

function networkOf(value: unknown): Network {
  if (!isFields(value)) throw badField("network");
  return {
    prefixKey: text(value, "prefixKey", REGION_CHARS_MAX),
    asn: optional(value, "asn", () => count(value, "asn")),
    region: optional(value, "region", () => text(value, "region", REGION_CHARS_MAX)),
  };
}

const LENGTH_BYTES = 4;
const PEER_ID_CHARS = 10;
const SIGNAL_MARK = "S".charCodeAt(0);
const JSON_MARK = "{".charCodeAt(0);

/** Sixty-four tracks of a holding, with room to spare. */
const RECORD_CHARS_MAX = 8 * 1024;
const BOOT_CHARS_MAX = 64;
const REGION_CHARS_MAX = 64;
