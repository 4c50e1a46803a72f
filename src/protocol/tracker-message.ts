import type { PeerId, SegmentName, SwarmId, TrackId } from "./ids.ts";
import type { UplinkClass } from "./peer-message.ts";

/** Where a viewer of recorded video is, so that it can be introduced to those who hold what it plays next. Absent in live. */
export interface Place {
  /** Seconds on the media timeline. */
  readonly position: number;
  /** Seconds of media held ahead of the position, and behind it. */
  readonly ahead: number;
  readonly behind: number;
  /** Whether it plays: its place then moves on with the time. */
  readonly playing: boolean;
}

/** What a viewer with a player counts besides, since its session began. Whatever is absent is not counted. */
export interface PlayCounts {
  /** Whatever the origin sent of segments, handed to the player or not. */
  readonly originReceivedBytes: number;
  /** How often playback stopped for want of data, once it had begun; and for how long in all. */
  readonly stalls: number;
  readonly stalledMs: number;
  /** How long it moved on. */
  readonly playedMs: number;
  /** From the source's loading until the first picture; 0 until it is known. */
  readonly startUpMs: number;
}

/** Hashes of neighbouring chunks of one segment, as somebody who fetched them from the origin found them (IN10). */
export interface ChunkHashes extends SegmentName {
  readonly track: TrackId;
  /** Size of the whole segment. */
  readonly byteLength: number;
  /** The first chunk. */
  readonly from: number;
  /** Back to back, 32 lowercase hex digits each. */
  readonly hashes: string;
}

/** The election seats that the tracker has dealt to a viewer. */
export type DealtSeats = Extract<TrackerToViewer, { type: "assign" }>;

/** What a viewer tells its tracker. `Signal` is text to viewers; a tracker does not read it and leaves it as it came. */
export type ViewerToTracker<Signal = string> =
  | {
      readonly type: "join";
      readonly version: number;
      readonly versionMin: number;
      readonly swarm: SwarmId;
      readonly peersWanted: number;
      readonly uplink: UplinkClass;
      /** It plays nothing, and came to serve. */
      readonly seeder?: true | undefined;
      /** The rendition watched now; peers of the same one are introduced first. */
      readonly track?: TrackId | undefined;
      /** Of a seeder, instead: all renditions that it gives. */
      readonly tracks?: readonly TrackId[] | undefined;
      /** The token of the last `joined`: keeps id and neighbours over a dropped socket, and over a restart. */
      readonly resume?: string | undefined;
      /** Links that live already, of a viewer that comes back. */
      readonly links?: number | undefined;
      readonly place?: Place | undefined;
      /** What the last `joined` said, if there was one: a viewer stays in its group. */
      readonly holdOut?: boolean | undefined;
      /** What the site gave this viewer to be let in with. */
      readonly ticket?: string | undefined;
      /** The viewer's own public key of this session, Ed25519, 64 lowercase hex digits. */
      readonly key?: string | undefined;
    }
  /** More candidates, because links closed or never opened. */
  | {
      readonly type: "need";
      readonly peersWanted: number;
      readonly connected: number;
      readonly place?: Place | undefined;
    }
  | { readonly type: "signal"; readonly to: PeerId; readonly signal: Signal }
  /** Rendition, uplink or place changed: a place by more than playing on. */
  | {
      readonly type: "update";
      readonly uplink: UplinkClass;
      readonly track?: TrackId | undefined;
      readonly tracks?: readonly TrackId[] | undefined;
      readonly place?: Place | undefined;
    }
  /** What was counted since the session began, for the operator's pages. Counters never go back within a session. */
  | ({
      readonly type: "report";
      readonly peerBytes: number;
      readonly originBytes: number;
      readonly uploadedBytes: number;
      readonly wastedBytes: number;
      readonly peers: number;
    } & Partial<PlayCounts>)
  /** What this viewer found at the origin, for the tracker to compare and to sign. */
  | ({ readonly type: "hashes" } & ChunkHashes)
  /** A peer that was introduced to this viewer gave it bytes that are not what their proof says. */
  | { readonly type: "accuse"; readonly peer: PeerId }
  | { readonly type: "leave" };

export interface Introduction {
  readonly peer: PeerId;
  readonly uplink: UplinkClass;
}

export type TrackerErrorCode =
  | "bad-message"
  | "not-joined"
  | "already-joined"
  | "rate-limited"
  | "full"
  | "bad-version"
  | "not-introduced"
  | "bad-ticket"
  | "banned";

/** What a tracker tells its viewers. */
export type TrackerToViewer<Signal = string> =
  | {
      readonly type: "joined";
      readonly version: number;
      readonly peer: PeerId;
      readonly resume: string;
      /** Viewers in the swarm, this one included: the N of the suppression timers. */
      readonly viewers: number;
      /** Send `report` this often. */
      readonly reportEveryMs: number;
      /** Candidates to dial: the newcomer offers. */
      readonly peers: readonly Introduction[];
      /** When this tracker is lost, come back at a random moment within this span: grows with its viewers. */
      readonly reconnectWithinMs?: number | undefined;
      /** WebSocket URLs to fail over to, the best first. */
      readonly trackers?: readonly string[] | undefined;
      /** Whether this viewer is to load from the origin alone, as plain hls.js does, and to report. */
      readonly holdOut?: boolean | undefined;
      /** Ed25519 public key of this tracker's `attested`, 64 lowercase hex digits; absent where it signs none. */
      readonly attestationKey?: string | undefined;
      /** `stun:` URLs of the tracker's own. */
      readonly stun?: readonly string[] | undefined;
    }
  /** Answer to `need`; whoever asked offers. */
  | {
      readonly type: "peers";
      readonly viewers: number;
      readonly peers: readonly Introduction[];
      /** As in `joined`: there are more viewers by now. */
      readonly reconnectWithinMs?: number | undefined;
    }
  | { readonly type: "signal"; readonly from: PeerId; readonly signal: Signal }
  /**
   * The election seats that this viewer holds for a track from now on, out of ELECTION_SEATS; replaces what it held.
   * All seats of a track are held by somebody while anybody there can give.
   */
  | {
      readonly type: "assign";
      readonly track: TrackId;
      readonly seats: readonly number[];
      /** Seats whose stripes this viewer fetches as well, whoever else does: the second opinion (IN11). */
      readonly witness?: readonly number[] | undefined;
      /** Seeders hold all of these seats before it: it steps in for them. */
      readonly seeded?: true | undefined;
    }
  /** Two of different networks agree, or one that the operator trusts: `signature` is 128 lowercase hex digits. */
  | ({ readonly type: "attested"; readonly signature: string } & ChunkHashes)
  /** The operator has switched the swarm off: every link and this socket close, and the CDN serves, until the page loads anew. */
  | { readonly type: "off"; readonly message: string }
  /** A peer that was introduced to this viewer has left, or a signal could not be delivered to it. */
  | { readonly type: "gone"; readonly peer: PeerId }
  | {
      readonly type: "error";
      readonly code: TrackerErrorCode;
      /** What was wrong and how to mend it, for a person. */
      readonly message: string;
      readonly field?: string | undefined;
      readonly retryInMs?: number | undefined;
    }
  /** The tracker is about to stop: reconnect after this long, to one of these if there are any. Links are untouched. */
  | { readonly type: "drain"; readonly reconnectInMs: number; readonly trackers?: readonly string[] | undefined }
  /** Not here: go to one of these, the best first. Said by a tracker that is full, and by a list of trackers. */
  | { readonly type: "redirect"; readonly trackers: readonly string[] };
