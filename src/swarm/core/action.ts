import type { PeerId, SegmentId, SegmentName, TrackId } from "../../protocol/ids.ts";
import type { ByeReason, CoreMessage } from "../../protocol/peer-message.ts";
import type { ViewerToTracker } from "../../protocol/tracker-message.ts";
import type { FetchId } from "./event.ts";

/** Why the origin is asked: nobody else is there, this viewer was elected, or the swarm would be late. */
export type FetchReason = "alone" | "elected" | "due";

/** Everything the swarm core ever asks for. Performed in order; results come back as events. */
export type SwarmAction =
  /** Open an origin request for the chunks `[from, to)`; without `to`, to the end. Whole when `from` is 0 without `to`. */
  | {
      readonly type: "fetch-origin";
      readonly fetch: FetchId;
      readonly segment: SegmentId;
      readonly from: number;
      readonly to?: number | undefined;
      readonly reason: FetchReason;
    }
  /** Peers know a segment that our playlist does not list yet: answer with `segment-located` if its address can be told. */
  | {
      readonly type: "locate-segment";
      readonly segment: SegmentId;
      readonly track: TrackId;
      readonly name: SegmentName;
    }
  /** Close it; no further event of this fetch may arrive. */
  | { readonly type: "abort-origin"; readonly fetch: FetchId }
  /** The store holds the whole segment, peers brought some of it: answer with `segment-judged`, unless it is evicted. */
  | {
      readonly type: "verify-segment";
      readonly segment: SegmentId;
      readonly track: TrackId;
      readonly sequence: number;
      readonly byteLength: number;
    }
  /** The store holds the whole segment: hand it to whoever asked. */
  | { readonly type: "segment-complete"; readonly segment: SegmentId; readonly byteLength: number }
  /** The origin refused a segment that hls.js waits for: surface this status, hls.js decides about retries. */
  | { readonly type: "segment-failed"; readonly segment: SegmentId; readonly status: number }
  /** Bytes of a segment are no longer needed. */
  | { readonly type: "evict"; readonly segment: SegmentId }
  /** Open a connection. `initiator` makes the offer. With `url`, to that seeder's WebSocket. */
  | { readonly type: "open-peer"; readonly peer: PeerId; readonly initiator: boolean; readonly url?: string }
  | { readonly type: "signal-peer"; readonly peer: PeerId; readonly signal: string }
  | { readonly type: "close-peer"; readonly peer: PeerId; readonly reason: ByeReason | "unreachable" | "silent" }
  /** One message to several peers: encoded once. */
  | {
      readonly type: "send";
      readonly peers: readonly PeerId[];
      readonly message: CoreMessage;
    }
  /** Read a chunk from the store and send it in frames; `slot` is the receiver's name for the track. */
  | {
      readonly type: "send-chunk";
      readonly peer: PeerId;
      readonly slot: number;
      readonly segment: SegmentId;
      readonly name: SegmentName;
      readonly chunk: number;
    }
  /** Send what is known of the hashes of these chunks, in frames of `hashes`; `slot` is the receiver's name for the track. */
  | {
      readonly type: "send-hashes";
      readonly peer: PeerId;
      readonly slot: number;
      readonly segment: SegmentId;
      readonly name: SegmentName;
      readonly chunks: readonly number[];
    }
  /** Send the newest playlist of a track to a subscriber; `slot` is its name for the track. */
  | { readonly type: "send-playlist"; readonly peer: PeerId; readonly slot: number; readonly text: string }
  /** No peer has brought the hashes: get them from the origin, and answer `hashes-known` or `segment-unprovable`. */
  | { readonly type: "fetch-hashes"; readonly segment: SegmentId }
  /** Tell the tracker the hashes of the chunks `[from, to)`, which the origin brought and the store holds. */
  | {
      readonly type: "report-hashes";
      readonly segment: SegmentId;
      readonly track: TrackId;
      readonly name: SegmentName;
      readonly byteLength: number;
      readonly from: number;
      readonly to: number;
    }
  /** Fetch a chunk that a peer brought from the origin again, beside the store, and answer with `audited`. */
  | { readonly type: "audit-chunk"; readonly segment: SegmentId; readonly chunk: number }
  | { readonly type: "open-tracker"; readonly url: string }
  | { readonly type: "send-tracker"; readonly message: ViewerToTracker }
  | { readonly type: "close-tracker" }
  /** The operator has switched the swarm off: close everything, for as long as the page lives. */
  | { readonly type: "switch-off" };
