import type { Millis } from "../../base/time.ts";
import type { PeerId, SegmentId, TrackId } from "../../protocol/ids.ts";
import type { UplinkClass } from "../../protocol/peer-message.ts";
import type { SharingMode, SharingReason } from "./sharing-policy.ts";

/** One link, as the viewer sees it. Addresses appear nowhere. */
export interface PeerStats {
  readonly peer: PeerId;
  readonly state: "connecting" | "open";
  readonly uplink: UplinkClass;
  readonly seeder: boolean;
  /** Chunk payload received from and sent to this peer since the link opened. */
  readonly receivedBytes: number;
  readonly sentBytes: number;
  /** What it brings while it works for us; 0 until enough has come to tell. */
  readonly bitsPerSecond: number;
  /** Sent to it and not acknowledged yet: on its way, or waiting in a buffer. */
  readonly inFlightBytes: number;
  /** The renditions it plays. */
  readonly following: readonly TrackId[];
  /** Smallest round trip seen, or undefined before the first answer. */
  readonly roundTripMs: Millis | undefined;
  /** Chunks asked of this peer and not here yet. */
  readonly pending: number;
}

/** One segment of the window, oldest first within a track. */
export interface SegmentStats {
  readonly segment: SegmentId;
  readonly track: TrackId;
  readonly sequence: number;
  /** Undefined until known. */
  readonly byteLength: number | undefined;
  /** One character a chunk: `.` missing, `~` in flight, `o` from the origin, `p` from a peer. Empty while the size is unknown and nothing is held. */
  readonly sources: string;
  readonly complete: boolean;
  readonly peerBytes: number;
  readonly originBytes: number;
}

/** How far this viewer takes part, and what keeps it from more: empty where nothing does. */
export interface Swarming {
  readonly mode: SharingMode;
  readonly reason: SharingReason | "consent" | "url" | "tracker" | "";
}

/** A snapshot. Byte counters count media bytes since the session began and never go back. */
export interface SwarmStats {
  /** Bytes handed to the player that peers brought, and that the origin brought. */
  readonly peerBytes: number;
  readonly originBytes: number;
  /** `peerBytes / (peerBytes + originBytes)`, 0 before the first byte. */
  readonly offload: number;
  /** All media bytes received, by source, handed over or not yet. */
  readonly peerReceivedBytes: number;
  readonly originReceivedBytes: number;
  readonly uploadedBytes: number;
  /** Bytes received and not used: duplicate, late, or broken. */
  readonly wastedBytes: number;
  /**
   * What peers' bytes are checked against: `playlist`, the roots that it gives; `attested`, what the tracker signs, because
   * viewers of different networks agree or a seeder that the operator trusts says so; `none`: they are taken unchecked
   * where the page allows it (`if-signed`), and not at all where it does not.
   */
  readonly integrity: "playlist" | "attested" | "none";
  /** Chunks that were found to be what their hashes say, from peers and from the origin; and from peers those, and lists of hashes, that were not. */
  readonly verifiedChunks: number;
  readonly forgedChunks: number;
  /** `consent`, `url` and `tracker` say on whose word it is `off`; the other reasons are those of docs/policy.md. */
  readonly swarming: Swarming;
  /** Links not opened because somebody between had changed what a peer said of itself. */
  readonly forgedSignals: number;
  /** Segments that the site's own verifier refused; each was fetched from the origin anew. */
  readonly refusedSegments: number;
  /** Chunks that a tracker attested and the origin has otherwise. After the first one its word counts no more. */
  readonly failedAudits: number;
  readonly tracker: "off" | "connecting" | "joined" | "lost";
  /** What its peers call this viewer: the tracker's id for it. Absent until it has joined. */
  readonly self?: PeerId | undefined;
  /** Viewers in the swarm as the tracker counts them, this one included; 1 without a tracker. */
  readonly viewers: number;
  /** The tracker keeps this viewer with the CDN, so that the others can be compared with it. */
  readonly holdOut: boolean;
  readonly peers: readonly PeerStats[];
  readonly segments: readonly SegmentStats[];
  /** True after a bug of ours: everything now comes straight from the origin. */
  readonly retired: boolean;
}
