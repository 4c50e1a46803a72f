/**
 * What a published stream is to whoever serves it: a state, a multivariant playlist, and renditions that are asked for
 * playlists and files. Knows no socket. What it is made of is in `packaged-stream.ts`, or a folder's in `folder-stream.ts`.
 */

export interface LiveRendition {
  /** Its folder in URLs: "720p". */
  readonly name: string;
  /** Attribute list of its EXT-X-STREAM-INF. Empty before the first segment, and the same ever after. */
  readonly streamInf: string;
  readonly kind: "video" | "audio";
  /** The media playlist as of now, which knows no EXT-X-SKIP. Undefined before the first segment. */
  playlist(): string | undefined;
  /**
   * True once the playlist has this segment, or this part of it, or will have nothing more; false at once when that is
   * too far ahead to wait for (RFC 8216bis section 6.2.5.2), which is a bad request. How long to wait is the caller's.
   */
  reached(sequence: number, part?: number): Promise<boolean>;
  /**
   * A file by its name in the playlist, or the hashes of its chunks by that name and ".hashes". The part that the
   * playlist hints at is awaited. Undefined for what there is not, or no longer.
   */
  file(name: string): Promise<LiveFile | undefined>;
}

export interface LiveFile {
  /** On disk it may be gone a minute after its segment has left the playlist. */
  readonly bytes: Uint8Array | { readonly path: string; readonly byteLength: number };
  readonly type: string;
  /** Its name will never stand for other bytes. */
  readonly isImmutable: boolean;
}

export interface LiveStream {
  /** The first part of its path in URLs. */
  readonly name: string;
  readonly renditions: readonly LiveRendition[];
  /** The multivariant playlist, with addresses `<rendition>/index.m3u8`. Undefined before every rendition has a segment. */
  master(): string | undefined;
  /** Waiting for a publisher who has not come yet, or live (also while a publisher is away), or ended for good. */
  readonly state: "waiting" | "live" | "ended";
  /** Whether somebody publishes just now. */
  readonly isPublished: boolean;
  /** Of a folder's stream: whatever else there is below its URL, playlists too, by its path. */
  other?(path: string): Promise<LiveFile | undefined>;
  /** Told of every new part, segment and state. Returns how to stop that. */
  on(event: "change", listener: () => void): () => void;
  /** Writes EXT-X-ENDLIST. What is listed stays until `close`. */
  end(): Promise<void>;
  /** Ends it and removes its files. */
  close(): Promise<void>;
}
