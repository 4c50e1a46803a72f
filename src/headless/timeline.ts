/**
 * Where on one timeline the segments of a stream's renditions are. The first playlist begins at 0; later ones of the same
 * rendition follow it by media sequence number, those of another rendition by date or else by number.
 */
import type { Millis, Seconds } from "../base/time.ts";
import type { TrackId } from "../protocol/ids.ts";
import type { MediaPlaylist, MediaSegment } from "../playlist/media-playlist.ts";

export class Timeline {
  /** By media sequence number, as the newest playlist of each track has them. */
  readonly #starts = new Map<TrackId, ReadonlyMap<number, Seconds>>();
  readonly #ends = new Map<TrackId, { readonly sequence: number; readonly end: Seconds }>();
  /** An instant at which a live stream was at a known place. */
  #dated: { readonly atMs: Millis; readonly start: Seconds } | undefined;

  /** Takes a playlist and tells the start of its first segment. */
  place(track: TrackId, playlist: MediaPlaylist): Seconds {
    const start = this.#begin(track, playlist);
    const [first] = playlist.segments;
    if (first?.programDateTimeMs !== undefined) this.#dated ??= { atMs: first.programDateTimeMs, start };
    const starts = new Map<number, Seconds>();
    let end = start;
    for (const { sequence, duration } of playlist.segments) {
      starts.set(sequence, end);
      end += duration;
    }
    this.#starts.set(track, starts);
    this.#ends.set(track, { sequence: playlist.mediaSequence + playlist.segments.length, end });
    return start;
  }

  #begin(track: TrackId, { segments, mediaSequence, targetDuration, isEnded }: MediaPlaylist): Seconds {
    const own = this.#starts.get(track);
    const shared = own && startBy(own, segments);
    if (shared !== undefined) return shared;
    const before = this.#ends.get(track);
    // What was missed is as long as it may be; a stream that counts anew goes on where it was.
    if (before) return before.end + Math.max(0, mediaSequence - before.sequence) * targetDuration;
    if (isEnded) return 0;
    const date = segments[0]?.programDateTimeMs;
    if (this.#dated && date !== undefined) return this.#dated.start + (date - this.#dated.atMs) / 1000;
    for (const other of this.#starts.values()) {
      const start = startBy(other, segments);
      if (start !== undefined) return start;
    }
    return 0;
  }
}

/** The start of the first of `segments`, told from the first that has a known one. */
function startBy(starts: ReadonlyMap<number, Seconds>, segments: readonly MediaSegment[]): Seconds | undefined {
  let before: Seconds = 0;
  for (const { sequence, duration } of segments) {
    const known = starts.get(sequence);
    if (known !== undefined) return known - before;
    before += duration;
  }
  return undefined;
}
