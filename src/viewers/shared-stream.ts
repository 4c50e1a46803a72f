/**
 * One stream for the many viewers of a process: its playlists are followed once, because they are the same for all. Its
 * segments are not shared here: each viewer's requests go to the CDN as if it were alone.
 */
import type { FollowedStream } from "../headless/headless-swarm.ts";
import type { TrackId } from "../protocol/ids.ts";

type FollowerEvents = Parameters<FollowedStream["start"]>[0];
type Playlist = Parameters<FollowerEvents["playlist"]>;

export class SharedStream {
  readonly #follower: FollowedStream;
  readonly #listeners = new Set<FollowerEvents>();
  readonly #newest = new Map<TrackId, Playlist>();

  /** Starts the follower, and closes it in the end. */
  constructor(follower: FollowedStream) {
    this.#follower = follower;
    follower.start({
      playlist: (...playlist) => {
        this.#newest.set(playlist[0].track, playlist);
        for (const listener of this.#listeners) listener.playlist(...playlist);
      },
      ended: (track) => {
        for (const listener of this.#listeners) listener.ended(track);
      },
    });
  }

  /** The stream as one viewer sees it. Closing it is leaving. */
  open(): FollowedStream {
    const { swarm, renditions, origin } = this.#follower;
    let mine: FollowerEvents | undefined;
    return {
      ...{ swarm, renditions, origin },
      start: (events) => {
        mine = events;
        this.#listeners.add(events);
        for (const playlist of this.#newest.values()) events.playlist(...playlist);
      },
      close: () => {
        if (mine) this.#listeners.delete(mine);
      },
    };
  }

  close(): void {
    this.#listeners.clear();
    this.#follower.close();
  }
}
