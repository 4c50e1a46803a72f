import type { PeerId } from "../../protocol/ids.ts";
import type { Peer } from "./peer.ts";
import { FETCHING, HELD, REQUESTED, type Segment } from "./segment.ts";
import type { SegmentTable } from "./segment-table.ts";
import type { PeerStats, SegmentStats, SwarmStats } from "./stats.ts";

interface Facts extends Omit<SwarmStats, "offload" | "integrity" | "peers" | "segments" | "retired"> {
  readonly table: SegmentTable;
  readonly peers: ReadonlyMap<PeerId, Peer>;
  readonly dialing: Iterable<PeerId>;
}

/** Turns facts into the public snapshot. */
export function snapshot({ table, peers, dialing, ...counters }: Facts): SwarmStats {
  const handed = counters.peerBytes + counters.originBytes;
  return {
    ...counters,
    offload: handed > 0 ? counters.peerBytes / handed : 0,
    integrity: integrityOf(table),
    peers: [...[...peers.values()].map(peerStats), ...[...dialing].map(dialingStats)],
    segments: [...table.tracks.values()].flatMap((track) =>
      [...track.bySequence.values()].sort((a, b) => a.name.sequence - b.name.sequence).map(segmentStats),
    ),
    retired: false,
  };
}

/** Of the best that is checked. */
function integrityOf({ tracks }: SegmentTable): SwarmStats["integrity"] {
  const proofs = [...tracks.values()].map(({ proof }) => proof);
  return proofs.includes("roots") ? "playlist" : proofs.includes("attested") ? "attested" : "none";
}

const peerStats = (peer: Peer): PeerStats => ({
  peer: peer.id,
  state: "open",
  uplink: peer.identity?.uplink ?? 0,
  seeder: peer.identity?.seeder ?? false,
  receivedBytes: peer.receivedBytes,
  sentBytes: peer.servedBytes,
  bitsPerSecond: peer.bitsPerSecond,
  inFlightBytes: peer.window.inFlightBytes,
  following: [...peer.following],
  roundTripMs: peer.roundTripMs,
  pending: peer.requests.length,
});

const dialingStats = (peer: PeerId): PeerStats => ({
  peer,
  state: "connecting",
  uplink: 0,
  seeder: false,
  receivedBytes: 0,
  sentBytes: 0,
  bitsPerSecond: 0,
  inFlightBytes: 0,
  following: [],
  roundTripMs: undefined,
  pending: 0,
});

function segmentStats(segment: Segment): SegmentStats {
  let sources = "";
  for (let chunk = 0; chunk < segment.expectedChunks; chunk++) {
    const state = segment.stateOf(chunk);
    if (state === HELD) sources += segment.sourceOf(chunk) === "peer" ? "p" : "o";
    else sources += state === REQUESTED || state === FETCHING ? "~" : ".";
  }
  return {
    segment: segment.id,
    track: segment.track.id,
    sequence: segment.name.sequence,
    byteLength: segment.byteLength,
    sources,
    complete: segment.complete,
    peerBytes: segment.peerBytes,
    originBytes: segment.originBytes,
  };
}
