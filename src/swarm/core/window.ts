import type { Millis } from "../../base/time.ts";
import type { Playback } from "./playback.ts";
import type { Segment } from "./segment.ts";
import type { SegmentTable } from "./segment-table.ts";

/** A segment that matters now, and when it is due. */
export interface DueSegment {
  readonly segment: Segment;
  readonly dueAt: Millis;
}

/**
 * The incomplete segments that matter now, soonest due first: what hls.js waits for, and what it will ask for next
 * within its own buffer limits. Until playback starts, the first wanted segment stands in for the playhead.
 */
export function windowAt(now: Millis, table: SegmentTable, playback: Playback): DueSegment[] {
  const due: DueSegment[] = [];
  for (const track of table.tracks.values()) {
    let anchor = playback.started ? playback.positionAt(now) : Infinity;
    for (const segment of track.bySequence.values()) if (segment.wanted) anchor = Math.min(anchor, segment.start);
    if (anchor === Infinity) continue;
    const horizon = anchor + playback.bufferAheadMax;
    const buffered = playback.started ? playback.bufferedEnd + BUFFERED_SLACK : -Infinity;
    for (const segment of track.bySequence.values()) {
      if (segment.complete) continue;
      const end = segment.start + segment.duration;
      const ahead = track.following && end > anchor && end > buffered && segment.start < horizon;
      if (!segment.wanted && !ahead) continue;
      const dueAt = playback.started
        ? playback.dueAt(now, segment.start)
        : now + (segment.wanted ? 0 : (segment.start - anchor) * 1000);
      // In VOD all is listed from the start, but matters only once the player comes near it.
      if (!track.live) {
        const slackMs = Math.min(dueAt - playback.movedAt, playback.bufferAheadMax * 1000);
        segment.knownAt = dueAt - Math.max(VOD_SLACK_MS_MIN, slackMs);
      }
      due.push({ segment, dueAt });
    }
  }
  // Total order, so that equal due times replay alike.
  return due.sort(
    (a, b) =>
      a.dueAt - b.dueAt ||
      a.segment.track.slot - b.segment.track.slot ||
      a.segment.name.sequence - b.segment.name.sequence,
  );
}

/** Buffered ranges end a little before or after the playlist's idea of a segment's end; hls.js allows as much. */
const BUFFERED_SLACK = 0.2;

/** Reckoned with after a start or a jump too, although there is less: it makes for a guard of a second. */
const VOD_SLACK_MS_MIN: Millis = 8000;
