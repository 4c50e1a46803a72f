import type { SegmentId, SegmentName, TrackId } from "../../protocol/ids.ts";

/** A part of a segment, wanted from the origin. Offsets are within the segment, whatever byte range the playlist gave it. */
export interface OriginRequest {
  readonly segment: SegmentId;
  readonly from: number;
  /** First byte not wanted; absent for "to the end". With `from` 0 and no `to` the request carries no Range header of ours. */
  readonly to?: number | undefined;
}

export interface OriginAnswer {
  /** Where the bytes start within the segment: `from`, or 0 when the range was ignored. */
  readonly firstByte: number;
  /** Size of the whole segment, when the answer tells it and it can be trusted (no Content-Encoding). */
  readonly byteLength?: number | undefined;
  /** False when ranges turned out not to work on this host. Remembered: later requests there are whole. */
  readonly ranged: boolean;
  /** These may not be the bytes of the segment: for the player alone. */
  readonly suspect?: boolean;
}

export type OriginOutcome =
  | {
      readonly outcome: "complete";
      readonly status: number;
      /** Size of the whole segment, if the end told it. */ readonly byteLength?: number | undefined;
    }
  /** 416: nothing there. */
  | { readonly outcome: "void"; readonly status: 416; readonly byteLength?: number | undefined }
  /** Refused, broken off, or not what was asked for. 0: no HTTP status (network, CORS). */
  | { readonly outcome: "failed"; readonly status: number };

/** Never called re-entrantly from `fetch`; `opened` before `data`; nothing after `closed` or `abort()`. */
export interface OriginSink {
  opened(answer: OriginAnswer): void;
  /** Bytes in order as they arrive. Owned by the receiver. */
  data(bytes: Uint8Array): void;
  closed(outcome: OriginOutcome): void;
}

/** Where HTTP gets segments. The loader's keeps hls.js's headers, credentials and set-up functions. */
export interface Origin {
  /** Whether the address of a segment can be told that only peers' playlists list so far: it may then be fetched. */
  locate(track: TrackId, name: SegmentName): boolean;
  fetch(request: OriginRequest, sink: OriginSink): { abort(): void };
  /** The file that holds the hashes of a segment's chunks; undefined when it cannot be had. */
  hashes(segment: SegmentId): Promise<Uint8Array | undefined>;
}
