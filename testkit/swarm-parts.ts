import { createBitmap, setBit } from "../src/base/bitmap.ts";
import { hashHex } from "../src/base/random.ts";
import {
  segmentIdOf,
  trackIdOf,
  type PeerId,
  type SegmentName,
  type TrackId,
  type ViewerId,
} from "../src/protocol/ids.ts";
import { CHUNK_BYTES } from "../src/protocol/limits.ts";
import type { UplinkClass } from "../src/protocol/peer-message.ts";
import type { DealtSeats } from "../src/protocol/tracker-message.ts";
import type { ListedSegment } from "../src/swarm/core/event.ts";
import { Peer } from "../src/swarm/core/peer.ts";
import { SegmentTable, type Track } from "../src/swarm/core/segment-table.ts";
import { REQUESTED, type Segment, type Source } from "../src/swarm/core/segment.ts";
import { DEFAULT_TUNING } from "../src/swarm/core/tuning.ts";

/** Parts of a core for tests of its single rooms: a few words each, everything else has a default. */

export const VIDEO: TrackId = trackIdOf("video");
export const AUDIO: TrackId = trackIdOf("audio");
/** Of pictured segments. */
export const NOW = 100_000;
/** Segments are this long unless a test says otherwise. */
export const SECONDS = 4;

export const nameOf = (sequence: number, tag = 0): SegmentName => ({ sequence, tag });

/** What a playlist lists: segments `[from, to)`, each starting at its sequence number times its length. */
export const listing = (
  from: number,
  to: number,
  { track = VIDEO, tag = 0, seconds = SECONDS } = {},
): ListedSegment[] =>
  Array.from({ length: to - from }, (_, i) => {
    const name = nameOf(from + i, tag);
    return { id: segmentIdOf(track, name), name, start: name.sequence * seconds, duration: seconds };
  });

const DEALT = new WeakMap<readonly number[], DealtSeats>();

/** What a tracker said when it dealt these seats: the same message for the same list. */
export function dealtSeats(seats: readonly number[], witness: readonly number[] = []): DealtSeats {
  const message = DEALT.get(seats) ?? { type: "assign", track: VIDEO, seats, witness };
  DEALT.set(seats, message);
  return message;
}

/** A followed live track with segments `[from, to)` listed. */
export function trackOf(
  table: SegmentTable,
  from: number,
  to: number,
  { id = VIDEO, live = true, now = 0, seconds = SECONDS } = {},
): Track {
  const track = table.track(id);
  track.following = true;
  track.live = live;
  track.targetDuration = seconds;
  table.list(now, track, listing(from, to, { track: id, seconds }));
  return track;
}

/** A segment of a track of its own; sized when `chunks` is given. */
export function aSegment({
  sequence = 10,
  chunks,
  ...rest
}: { sequence?: number; chunks?: number; live?: boolean; now?: number } = {}): Segment {
  const track = trackOf(new SegmentTable(), sequence, sequence + 1, rest);
  const segment = track.listed[0];
  if (!segment) throw new Error("an empty track");
  if (chunks !== undefined) segment.learnSize(chunks * CHUNK_BYTES, true);
  return segment;
}

/** Holds whole chunks. */
export function hold(segment: Segment, chunks: readonly number[], source: Source = "origin"): void {
  for (const chunk of chunks) segment.hold(chunk, source, CHUNK_BYTES);
}

export interface PeerOptions {
  readonly uplink?: UplinkClass;
  readonly now?: number;
  readonly follows?: readonly TrackId[];
  readonly roundTripMs?: number;
}

/** An open link to a viewer that has said hello and follows the track. */
export function aPeer(name: string, options: PeerOptions = {}): Peer {
  const { uplink = 1, now = 0, follows = [VIDEO], roundTripMs = 40 } = options;
  const peer = new Peer(name.padEnd(10, "_") as PeerId, now, DEFAULT_TUNING);
  peer.introduce(hashHex(name, 2) as ViewerId, uplink, false);
  peer.measured(roundTripMs);
  follows.forEach((track, slot) => {
    peer.tracks.set(slot, track);
    peer.following.add(track);
  });
  return peer;
}

/** The peer says that it has these chunks of a segment, or all of it. */
export function announce(
  peer: Peer,
  segment: Segment,
  chunks: readonly number[] | "whole",
  byteLength = segment.byteLength,
): void {
  const size = byteLength === undefined ? {} : { byteLength };
  if (chunks === "whole") {
    peer.setAvailable(segment.track.id, { segment: segment.name, ...size });
    peer.bind(segment);
    return;
  }
  const bitmap = createBitmap(Math.max(...chunks) + 1);
  for (const chunk of chunks) setBit(bitmap, chunk);
  peer.setAvailable(segment.track.id, { segment: segment.name, ...size, bitmap });
  peer.bind(segment);
}

/**
 * A segment as pictured, at {@link NOW}: `#` held, `.` missing, `~` coming from the origin; asked of a peer and `?` expected in good time, `!` too late, `:`
 * long since.
 */
export function segmentLike(
  picture: string,
  { sized = true, ...rest }: { sized?: boolean; sequence?: number; live?: boolean; now?: number } = {},
): Segment {
  const segment = aSegment({ ...rest, ...(sized && { chunks: picture.length }) });
  const chunks = Array.from(picture, (state, chunk) => ({ state, chunk }));
  const only = (states: string): number[] =>
    chunks.filter(({ state }) => states.includes(state)).map(({ chunk }) => chunk);
  hold(segment, only("#"));
  for (const chunk of only("~")) segment.fetch(chunk, chunk + 1);
  const alice = aPeer("alice");
  for (const chunk of only("?!:")) {
    segment.setState(chunk, REQUESTED);
    const expectedAt = NOW + ({ "!": 60_000, ":": -60_000 }[picture[chunk] ?? ""] ?? 100);
    segment.requests.set(chunk, { segment, chunk, peer: alice, at: NOW, expectedAt });
  }
  return segment;
}

/** One character a chunk: `.` missing, `?` asked of a peer, `~` coming from the origin, `#` held. */
export const pictureOf = (segment: Segment): string =>
  Array.from({ length: segment.expectedChunks }, (_, chunk) => ".?~#"[segment.stateOf(chunk)] ?? "!").join("");
