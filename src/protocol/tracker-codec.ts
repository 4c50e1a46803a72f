/**
 * Text to tracker message and back. The two parsers share only the small functions below, so a viewer's bundle carries
 * one and a tracker the other. Knows nothing of sockets, of who may send what when, or of counting errors.
 */

import { HEX_64_PATTERN, PEER_ID_PATTERN, SWARM_ID_PATTERN } from "./ids.ts";
import type { PeerId, SwarmId, TrackId } from "./ids.ts";
import { isFields, parseFields, type Fields } from "./json-fields.ts";
import {
  CHUNK_BYTES,
  ELECTION_SEATS,
  HASHES_PER_MESSAGE_MAX,
  PEERS_PER_ANNOUNCE_MAX,
  SEGMENT_CHUNKS_MAX,
  SIGNAL_CHARS_MAX,
  TRACK_SLOTS_MAX,
  TRACKER_MESSAGE_CHARS_MAX,
  TRACKERS_MAX,
} from "./limits.ts";
import type { UplinkClass } from "./peer-message.ts";
import { ProtocolError } from "./protocol-error.ts";
import type {
  ChunkHashes,
  Introduction,
  Place,
  PlayCounts,
  TrackerErrorCode,
  TrackerToViewer,
  ViewerToTracker,
} from "./tracker-message.ts";
import { PROTOCOL_VERSION, PROTOCOL_VERSION_MIN } from "./version.ts";

/** JSON, but for signals: those are relayed by the thousand, and a mark with a peer id is overwritten in place (TR10). */
export const encodeTrackerMessage = (message: ViewerToTracker | TrackerToViewer): string =>
  message.type === "signal"
    ? SIGNAL_MARK + ("to" in message ? message.to : message.from) + message.signal
    : JSON.stringify(message);

/** What a viewer sent, or a {@link ProtocolError}. Fields that no version we speak defines are ignored. */
export const parseViewerToTracker = (text: string): ViewerToTracker =>
  text.startsWith(SIGNAL_MARK)
    ? { type: "signal", to: signalPeer(text, "to"), signal: signalOf(text) }
    : parseViewerControl(text);

/** The same for a tracker that has taken out the signals, which it need not read. */
export function parseViewerControl(text: string): ViewerToTracker<never> {
  const fields = parseFields(text, TRACKER_MESSAGE_CHARS_MAX);
  const type = own(fields, "type");
  switch (type) {
    case "join": {
      const version = integer(fields, "version", 1, VERSION_MAX);
      const versionMin = integer(fields, "versionMin", 1, VERSION_MAX);
      if (versionMin > version) throw badField("versionMin", `at most version, which is ${String(version)}`);
      if (version < PROTOCOL_VERSION_MIN || versionMin > PROTOCOL_VERSION) throw badVersion("version");
      return {
        type,
        version,
        versionMin,
        swarm: matching(fields, "swarm", SWARM_ID_PATTERN, "16 to 64 characters A-Z a-z 0-9 _ -") as SwarmId,
        peersWanted: integer(fields, "peersWanted", 0, PEERS_PER_ANNOUNCE_MAX),
        uplink: uplink(fields, "uplink"),
        ...optionalSeeder(fields),
        ...optionalTrack(fields),
        ...optionalTracks(fields),
        ...(has(fields, "resume") && { resume: string(fields, "resume", 1, RESUME_CHARS_MAX) }),
        ...(has(fields, "links") && { links: integer(fields, "links", 0, LINKS_MAX) }),
        ...optionalPlace(fields),
        ...(has(fields, "holdOut") && { holdOut: boolean(fields, "holdOut") }),
        ...(has(fields, "ticket") && { ticket: string(fields, "ticket", 1, TICKET_CHARS_MAX) }),
        ...(has(fields, "key") && { key: hex(fields, "key", KEY_BYTES) }),
      };
    }
    case "need":
      return {
        type,
        peersWanted: integer(fields, "peersWanted", 0, PEERS_PER_ANNOUNCE_MAX),
        connected: integer(fields, "connected", 0, LINKS_MAX),
        ...optionalPlace(fields),
      };
    case "update":
      return {
        type,
        uplink: uplink(fields, "uplink"),
        ...optionalTrack(fields),
        ...optionalTracks(fields),
        ...optionalPlace(fields),
      };
    case "report":
      return {
        type,
        peerBytes: integer(fields, "peerBytes", 0, Number.MAX_SAFE_INTEGER),
        originBytes: integer(fields, "originBytes", 0, Number.MAX_SAFE_INTEGER),
        uploadedBytes: integer(fields, "uploadedBytes", 0, Number.MAX_SAFE_INTEGER),
        wastedBytes: integer(fields, "wastedBytes", 0, Number.MAX_SAFE_INTEGER),
        peers: integer(fields, "peers", 0, LINKS_MAX),
        ...optionalCounts(fields),
      };
    case "hashes":
      return { type, ...chunkHashes(fields) };
    case "accuse":
      return { type, peer: peerId(fields, "peer") };
    case "leave":
      return { type };
    default:
      throw unknownType(type, "join, need, update, report, hashes, accuse or leave");
  }
}

/** What a tracker sent, or a {@link ProtocolError}. Fields that no version we speak defines are ignored. */
export function parseTrackerToViewer(text: string): TrackerToViewer {
  if (text.startsWith(SIGNAL_MARK)) return { type: "signal", from: signalPeer(text, "from"), signal: signalOf(text) };
  const fields = parseFields(text, TRACKER_MESSAGE_CHARS_MAX);
  const type = own(fields, "type");
  switch (type) {
    case "joined": {
      const version = integer(fields, "version", 1, VERSION_MAX);
      if (version < PROTOCOL_VERSION_MIN || version > PROTOCOL_VERSION) throw badVersion("version");
      return {
        type,
        version,
        peer: peerId(fields, "peer"),
        resume: string(fields, "resume", 1, RESUME_CHARS_MAX),
        viewers: integer(fields, "viewers", 1, Number.MAX_SAFE_INTEGER),
        reportEveryMs: integer(fields, "reportEveryMs", REPORT_EVERY_MS_MIN, WAIT_MS_MAX),
        peers: introductions(fields),
        ...optionalSpread(fields),
        ...optionalTrackers(fields),
        ...(own(fields, "holdOut") === true && { holdOut: true }),
        ...(has(fields, "attestationKey") && { attestationKey: hex(fields, "attestationKey", KEY_BYTES) }),
        ...(has(fields, "stun") && { stun: urls(fields, "stun", STUN_URL_PATTERN, "a stun: URL") }),
      };
    }
    case "peers":
      return {
        type,
        viewers: integer(fields, "viewers", 1, Number.MAX_SAFE_INTEGER),
        peers: introductions(fields),
        ...optionalSpread(fields),
      };
    case "assign":
      return {
        type,
        track: trackId(fields),
        seats: seats(fields, "seats"),
        ...(has(fields, "witness") && { witness: seats(fields, "witness") }),
        ...(own(fields, "seeded") === true && { seeded: true }),
      };
    case "attested":
      return { type, ...chunkHashes(fields), signature: hex(fields, "signature", SIGNATURE_BYTES) };
    case "off":
      return { type, message: string(fields, "message", 0, ERROR_MESSAGE_CHARS_MAX) };
    case "gone":
      return { type, peer: peerId(fields, "peer") };
    case "error":
      return {
        type,
        code: errorCode(fields),
        message: string(fields, "message", 0, ERROR_MESSAGE_CHARS_MAX),
        ...(has(fields, "field") && { field: string(fields, "field", 0, ERROR_FIELD_CHARS_MAX) }),
        ...(has(fields, "retryInMs") && { retryInMs: wait(fields, "retryInMs") }),
      };
    case "drain":
      return { type, reconnectInMs: wait(fields, "reconnectInMs"), ...optionalTrackers(fields) };
    case "redirect":
      return { type, trackers: trackers(fields) };
    default:
      throw unknownType(type, "one that trackers use");
  }
}

const signalPeer = (text: string, name: string): PeerId =>
  peerId({ [name]: text.slice(SIGNAL_MARK.length, SIGNAL_HEAD_CHARS) }, name);

const signalOf = (text: string): string =>
  string({ signal: text.slice(SIGNAL_HEAD_CHARS) }, "signal", 1, SIGNAL_CHARS_MAX);

/** Fields are read through {@link own} alone. */
const has = (fields: Fields, name: string): boolean => Object.hasOwn(fields, name);
const own = (fields: Fields, name: string): unknown => (has(fields, name) ? fields[name] : undefined);

function integer(fields: Fields, name: string, min: number, max: number): number {
  const value = own(fields, name);
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < min || value > max)
    throw wrong(value, name, `an integer from ${String(min)} to ${String(max)}`);
  return value + 0; // JSON knows -0; nothing inside should
}

function boolean(fields: Fields, name: string, path = name): boolean {
  const value = own(fields, name);
  if (typeof value !== "boolean") throw wrong(value, path, "true or false");
  return value;
}

function string(fields: Fields, name: string, charsMin: number, charsMax: number): string {
  const value = own(fields, name);
  if (typeof value !== "string" || value.length < charsMin || value.length > charsMax)
    throw wrong(value, name, `a string of ${String(charsMin)} to ${String(charsMax)} characters`);
  return value;
}

/** `path` is how an error calls the field; `name` where it is read. They differ inside a list. */
function matching(fields: Fields, name: string, pattern: RegExp, shape: string, path = name): string {
  const value = own(fields, name);
  if (typeof value !== "string" || !pattern.test(value)) throw wrong(value, path, shape);
  return value;
}

const peerId = (fields: Fields, name: string, path = name): PeerId =>
  matching(fields, name, PEER_ID_PATTERN, "10 characters A-Z a-z 0-9 _ -", path) as PeerId;

const trackId = (fields: Fields, path?: string): TrackId =>
  matching(fields, "track", HEX_64_PATTERN, "16 lowercase hex digits", path) as TrackId;

const optionalTrack = (fields: Fields): { track?: TrackId } => (has(fields, "track") ? { track: trackId(fields) } : {});

const optionalTracks = (fields: Fields): { tracks?: readonly TrackId[] } =>
  has(fields, "tracks")
    ? { tracks: list(fields, "tracks", TRACK_SLOTS_MAX, (track, path) => trackId({ track }, path)) }
    : {};

function optionalSeeder(fields: Fields): { seeder?: true } {
  const seeder = own(fields, "seeder");
  if (seeder !== undefined && seeder !== true) throw badField("seeder", "true, or absent");
  return seeder ? { seeder } : {};
}

function optionalPlace(fields: Fields): { place?: Place } {
  if (!has(fields, "place")) return {};
  const place = own(fields, "place");
  if (!isFields(place)) throw badField("place", "an object");
  const playing = boolean(place, "playing", "place.playing");
  const position = seconds(place, "position", PLACE_SECONDS_MAX);
  const ahead = seconds(place, "ahead", HELD_SECONDS_MAX);
  const behind = seconds(place, "behind", HELD_SECONDS_MAX);
  return { place: { position, ahead, behind, playing } };
}

function optionalCounts(fields: Fields): Partial<PlayCounts> {
  const counts: { -readonly [Name in keyof PlayCounts]?: number } = {};
  for (const name of PLAY_COUNTERS)
    if (has(fields, name)) counts[name] = integer(fields, name, 0, Number.MAX_SAFE_INTEGER);
  return counts;
}

/** A span of media in a place, with whatever fraction the player's clock gave it. */
function seconds(fields: Fields, name: string, max: number): number {
  const value = own(fields, name);
  if (typeof value !== "number" || !(value >= 0 && value <= max))
    throw wrong(value, `place.${name}`, `a number from 0 to ${String(max)}`);
  return value + 0;
}

/** Ascending, so that none is named twice and a set has one form. */
function seats(fields: Fields, name: string): readonly number[] {
  let least = 0;
  return list(fields, name, ELECTION_SEATS, (seat) => {
    const value = integer({ [name]: seat }, name, least, ELECTION_SEATS - 1);
    least = value + 1;
    return value;
  });
}

function uplink(fields: Fields, path: string): UplinkClass {
  const value = own(fields, "uplink");
  if (value === 1 || value === 2) return value;
  if (value === 0) return 0;
  throw wrong(value, path, "0, 1 or 2");
}

function introductions(fields: Fields): readonly Introduction[] {
  return list(fields, "peers", PEERS_PER_ANNOUNCE_MAX, (entry, path) => {
    if (!isFields(entry)) throw badField(path, "an object");
    return { peer: peerId(entry, "peer", `${path}.peer`), uplink: uplink(entry, `${path}.uplink`) };
  });
}

const wait = (fields: Fields, name: string): number => integer(fields, name, 0, WAIT_MS_MAX);

const optionalSpread = (fields: Fields): { reconnectWithinMs?: number } =>
  has(fields, "reconnectWithinMs") ? { reconnectWithinMs: wait(fields, "reconnectWithinMs") } : {};

const optionalTrackers = (fields: Fields): { trackers?: readonly string[] } =>
  has(fields, "trackers") ? { trackers: trackers(fields) } : {};

function list<Entry>(
  fields: Fields,
  name: string,
  max: number,
  read: (entry: unknown, path: string) => Entry,
): readonly Entry[] {
  const entries: unknown = own(fields, name);
  if (!Array.isArray(entries) || entries.length > max) throw wrong(entries, name, `a list of at most ${String(max)}`);
  return entries.map((entry: unknown, index) => read(entry, `${name}[${String(index)}]`));
}

const trackers = (fields: Fields): readonly string[] =>
  urls(fields, "trackers", TRACKER_URL_PATTERN, "a ws:// or wss:// URL");

const urls = (fields: Fields, name: string, pattern: RegExp, shape: string): readonly string[] =>
  list(fields, name, TRACKERS_MAX, (url, path) => matching({ url }, "url", pattern, shape, path));

function chunkHashes(fields: Fields): ChunkHashes {
  const byteLength = integer(fields, "byteLength", 1, SEGMENT_CHUNKS_MAX * CHUNK_BYTES);
  const chunks = Math.ceil(byteLength / CHUNK_BYTES);
  const from = integer(fields, "from", 0, chunks - 1);
  const most = Math.min(chunks - from, HASHES_PER_MESSAGE_MAX);
  const hashes = matching(fields, "hashes", HASHES_PATTERN, "lowercase hex digits, 32 for each chunk");
  if (hashes.length > most * HASH_DIGITS) throw badField("hashes", `of at most ${String(most)} chunks`);
  const sequence = integer(fields, "sequence", 0, Number.MAX_SAFE_INTEGER);
  return { track: trackId(fields), sequence, tag: integer(fields, "tag", 0, 0xffff_ffff), byteLength, from, hashes };
}

function hex(fields: Fields, name: string, byteLength: number): string {
  const text = string(fields, name, 2 * byteLength, 2 * byteLength);
  if (!/^[0-9a-f]*$/.test(text)) throw badField(name, "lowercase hex digits");
  return text;
}

function errorCode(fields: Fields): TrackerErrorCode {
  const value = own(fields, "code");
  for (const code of TRACKER_ERROR_CODES) if (code === value) return code;
  throw wrong(value, "code", "one that trackers use");
}

const wrong = (value: unknown, path: string, shape: string): ProtocolError =>
  value === undefined
    ? new ProtocolError("missing-field", `${path} is missing: it must be ${shape}`, path)
    : badField(path, shape);

const badField = (path: string, shape: string): ProtocolError =>
  new ProtocolError("bad-field", `${path} must be ${shape}`, path);

const unknownType = (type: unknown, known: string): ProtocolError =>
  type === undefined
    ? new ProtocolError("missing-field", `type is missing: it must be ${known}`, "type")
    : new ProtocolError("unknown-type", `type must be ${known}`, "type");

const badVersion = (path: string): ProtocolError =>
  new ProtocolError(
    "bad-version",
    `${path} must have something in common with ${String(PROTOCOL_VERSION_MIN)} to ${String(PROTOCOL_VERSION)}`,
    path,
  );

const TRACKER_ERROR_CODES: readonly TrackerErrorCode[] = [
  "bad-message",
  "not-joined",
  "already-joined",
  "rate-limited",
  "full",
  "bad-version",
  "not-introduced",
  "bad-ticket",
  "banned",
];

const PLAY_COUNTERS = ["originReceivedBytes", "stalls", "stalledMs", "playedMs", "startUpMs"] as const;

/** What a signal begins with, which no JSON does, and the length of that and of the peer id behind it (TR10). */
export const SIGNAL_MARK = "S";
export const SIGNAL_HEAD_CHARS = 11;

/** One chunk's hash, SHA-256 cut to 16 bytes. */
const HASH_DIGITS = 32;
const HASHES_PATTERN = /^(?:[0-9a-f]{32})+$/;

/** Ed25519 (RFC 8032 section 5.1). */
const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;

/** A signed ticket with a key, a class and a list of swarms takes some 400. */
const TICKET_CHARS_MAX = 2048;

const STUN_URL_PATTERN = /^stuns?:[!-~]{1,256}$/;

/** Where a list of trackers may send a viewer. */
export const TRACKER_URL_PATTERN = /^wss?:\/\/[!-~]{1,256}$/;

/** Versions are counted by hand; a larger number is a mistake. */
const VERSION_MAX = 65_535;

/** A keyed hash with an expiry, in base64, with room to spare. */
const RESUME_CHARS_MAX = 256;

/** More links than any browser or process holds: `connected` and `peers` are counts of them. */
const LINKS_MAX = 65_535;

/** A place: four months of one recording, and a day of it held. Far more than any, and safe to reckon with. */
const PLACE_SECONDS_MAX = 10_000_000;
const HELD_SECONDS_MAX = 86_400;

/** Enough for one sentence that names a field; `field` itself is a path like `peers[15].uplink`. */
const ERROR_MESSAGE_CHARS_MAX = 512;
const ERROR_FIELD_CHARS_MAX = 64;

/** A tracker must not be able to make its viewers report in a busy loop. */
const REPORT_EVERY_MS_MIN = 100;

/** No tracker may silence a viewer for longer; also far below the 2^31 ms at which timers wrap. */
const WAIT_MS_MAX = 3_600_000;
