/**
 * Media playlists for clients that wait for news at the server (RFC 8216bis section 6.2.5.2): held until the follower has what
 * they wait for. Asks no upstream.
 */
import { EventEmitter, once } from "node:events";
import { HttpError } from "../headless/http-client.ts";
import type { MediaPlaylistText, StreamFollower } from "../headless/stream-follower.ts";
import type { MediaPlaylist } from "../playlist/media-playlist.ts";
import type { TrackId } from "../protocol/ids.ts";

export class PlaylistWaiters {
  readonly #follower: Pick<StreamFollower, "text">;
  readonly #news = new EventEmitter().setMaxListeners(0);

  constructor(follower: Pick<StreamFollower, "text">) {
    this.#follower = follower;
  }

  /** There is a newer playlist of some rendition. */
  told(): void {
    this.#news.emit("news");
  }

  /** The newest, once it has what the query waits for. Rejects with an {@link HttpError}, or when the client is gone. */
  async newest(track: TrackId, query: URLSearchParams, gone: AbortSignal): Promise<MediaPlaylistText> {
    const newest = this.#follower.text(track);
    const sequence = numberIn(query, "_HLS_msn");
    if (!newest) throw new HttpError(503, "the playlist has not come yet");
    if (sequence === undefined || hasReached(newest.playlist, sequence, numberIn(query, "_HLS_part"))) return newest;
    if (sequence > newest.playlist.open.sequence + AHEAD_MAX)
      throw new HttpError(400, `segment ${sequence} is too far ahead`);
    const signal = AbortSignal.any([
      gone,
      AbortSignal.timeout(newest.playlist.targetDuration * HELD_TARGETS_MAX * 1000),
    ]);
    try {
      await once(this.#news, "news", { signal });
    } catch (error) {
      throw gone.aborted ? error : new HttpError(503, "nothing new has come");
    }
    return this.newest(track, query, gone);
  }
}

const hasReached = ({ open, isEnded }: MediaPlaylist, sequence: number, part: number | undefined): boolean =>
  isEnded || open.sequence > sequence || (part !== undefined && open.sequence === sequence && open.parts.length > part);

function numberIn(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name) ?? "";
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

const AHEAD_MAX = 2;
/** As the specification lets a server hold a request. */
const HELD_TARGETS_MAX = 3;
