import type { Bytes, Millis, Seconds } from "../../base/time.ts";
import type { PeerId, SegmentId, SegmentName, TrackId } from "../../protocol/ids.ts";
import type { CoreMessage } from "../../protocol/peer-message.ts";
import type { SegmentRoot } from "../../protocol/segment-root.ts";
import type { PlayCounts, TrackerToViewer } from "../../protocol/tracker-message.ts";
import type { Device } from "./sharing-policy.ts";

/** Names one origin request of one viewer. */
export type FetchId = number;

/** One segment as the playlist lists it, reduced to what policy needs: URLs stay with the loader. */
export interface ListedSegment {
  readonly id: SegmentId;
  readonly name: SegmentName;
  /** Place on the media timeline. May drift between playlist updates: the newest counts. */
  readonly start: Seconds;
  readonly duration: Seconds;
  /** Program date time in whole seconds since 1970, when the playlist has one. */
  readonly startedAtSeconds?: number | undefined;
  /** Not made yet, but the playlist says where it will be: the origin holds a request for it until it is. */
  readonly hinted?: boolean;
  /** What its chunks can be checked against. */
  readonly root?: SegmentRoot;
}

/** Why a link was closed whose description is not the peer's own: what `peer-closed` says then. */
export const FORGED_SIGNAL = "forged signal";

/** What only the player can count. */
export type Played = Omit<PlayCounts, "originReceivedBytes">;

/** Everything the swarm core is ever told. Plain data: a recorded list of these replays a session. */
export type SwarmEvent =
  | { readonly type: "wakeup" }
  /** A media playlist was loaded or refreshed: the whole window, oldest first. */
  | {
      readonly type: "playlist";
      readonly track: TrackId;
      readonly live: boolean;
      readonly targetDuration: Seconds;
      readonly segments: readonly ListedSegment[];
      /** Some segments of the rendition have roots: what has none is not shared, here or in its parts. */
      readonly signed?: boolean;
      /** The playlist itself, where it may have to be handed on. */
      readonly text?: string;
    }
  /** The loader can tell the address of a segment that only peers have announced so far: it may be fetched. */
  | { readonly type: "segment-located"; readonly segment: SegmentId }
  /** The tracks that the player plays now; empties what is prefetched for others. */
  | { readonly type: "tracks-followed"; readonly tracks: readonly TrackId[] }
  /** Where the player is. `position` is absent until the first frame can be shown. */
  | {
      readonly type: "playback";
      readonly position?: Seconds | undefined;
      /** End of the media buffered at `position`. */
      readonly bufferedEnd: Seconds;
      /** Playback rate, at least 0. A paused player says 0. */
      readonly rate: number;
      /** How far ahead of `position` the player would buffer by itself. */
      readonly bufferAheadMax: Seconds;
      /** How it has played so far. */
      readonly played?: Played | undefined;
    }
  /** The player loaded this much from the origin by itself, as one that is held out does. */
  | { readonly type: "loaded-plainly"; readonly byteLength: Bytes }
  /** Something has changed about the device, its network or the page. Nothing is known before the first. */
  | { readonly type: "device"; readonly device: Device }
  /** What was uploaded this month as the site counts it, with all that this session has uploaded so far. */
  | { readonly type: "month-uploaded"; readonly bytes: Bytes }
  /** The session may be at its end: what was not reported is reported now. */
  | { readonly type: "report-due" }
  /** hls.js asks for a segment. */
  | { readonly type: "segment-wanted"; readonly segment: SegmentId }
  /** hls.js has it, or no longer wants it. What was received stays in the store. */
  | { readonly type: "segment-unwanted"; readonly segment: SegmentId }
  /** The origin answered; bytes follow. `firstChunk` is where they start: 0 when a range was ignored. */
  | {
      readonly type: "origin-opened";
      readonly fetch: FetchId;
      readonly firstChunk: number;
      /** Size of the whole segment, when the answer tells it. */
      readonly byteLength?: number | undefined;
      /** The answer may not be the segment: of a wrong type or status. The player gets it, others do not. */
      readonly suspect?: boolean | undefined;
    }
  /** A whole chunk from the origin is in the store. */
  | { readonly type: "origin-chunk"; readonly fetch: FetchId; readonly chunk: number; readonly byteLength: number }
  | {
      readonly type: "origin-closed";
      readonly fetch: FetchId;
      readonly outcome: "complete" | "failed" | "void";
      /** HTTP status; 0 when there was none. `void` is 416: the range starts after the end. */
      readonly status: number;
      /** Size of the whole segment, if the answer's end told it. */
      readonly byteLength?: number | undefined;
      /** Bytes received, whether or not they made whole chunks. */
      readonly receivedBytes: number;
    }
  /** Whether ranges work on the host(s) segments come from. Assumed until told otherwise. */
  | { readonly type: "origin-ranges"; readonly usable: boolean }
  /** Our own end of a connection wants this carried to the other. */
  | { readonly type: "link-signal"; readonly peer: PeerId; readonly signal: string }
  | { readonly type: "peer-opened"; readonly peer: PeerId }
  | { readonly type: "peer-closed"; readonly peer: PeerId; readonly reason: string }
  /** Any message but those whose bytes stay outside. `byteLength` is the frame's. */
  | {
      readonly type: "peer-message";
      readonly peer: PeerId;
      readonly message: CoreMessage;
      readonly byteLength: number;
    }
  /** A whole chunk came from a peer. `stored` is false when we held it already. */
  | {
      readonly type: "peer-chunk";
      readonly peer: PeerId;
      readonly segment: SegmentId;
      readonly chunk: number;
      readonly byteLength: number;
      readonly stored: boolean;
    }
  /** A chunk came from a peer that is not what its hash says, or hashes that nothing proves. Nothing was kept. */
  | { readonly type: "chunk-forged"; readonly peer: PeerId; readonly segment: SegmentId; readonly byteLength: number }
  /** The hashes of chunks were proven, by the segment's root or by a tracker's signature, which say its size, too. */
  | {
      readonly type: "hashes-known";
      readonly segment: SegmentId;
      readonly byteLength: number;
      readonly from: number;
      readonly to: number;
    }
  /** A chunk from the origin, held already, is what its hash says. */
  | { readonly type: "chunk-proven"; readonly segment: SegmentId; readonly chunk: number }
  /** The hashes could not be had, or the origin's own bytes do not fit them. */
  | { readonly type: "segment-unprovable"; readonly segment: SegmentId }
  /** Nobody here can check a tracker's signatures. */
  | { readonly type: "attestation-unusable" }
  /** Whether the origin has the same chunk: the answer to `audit-chunk`. Undefined when it could not be had by itself. */
  | {
      readonly type: "audited";
      readonly segment: SegmentId;
      readonly receivedBytes: number;
      readonly fits: boolean | undefined;
    }
  /** What the site's own verifier says of a segment: the answer to `verify-segment`. */
  | { readonly type: "segment-judged"; readonly segment: SegmentId; readonly ok: boolean }
  | { readonly type: "tracker-opened" }
  | { readonly type: "tracker-message"; readonly message: TrackerToViewer }
  | { readonly type: "tracker-closed" }
  /** How late the driver's timers are (hidden tabs run them once a second); widens the guard. */
  | { readonly type: "timer-lag"; readonly lagMs: Millis };
