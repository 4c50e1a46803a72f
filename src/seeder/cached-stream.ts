/**
 * A followed stream with a disk cache between the swarm and the upstreams: what is on disk is answered from there, what is
 * complete in the swarm's store is put there. The swarm notices nothing but a fast origin.
 */
import type { FollowedStream } from "../headless/headless-swarm.ts";
import type { SegmentId } from "../protocol/ids.ts";
import type { SegmentStore } from "../swarm/io/segment-store.ts";
import { CachedOrigin } from "./cached-origin.ts";
import type { DiskCache } from "./disk-cache.ts";
import { keepingStore } from "./keeping-store.ts";
import { SegmentVersions } from "./segment-version.ts";

export interface CachedStream {
  /** For the swarm, in place of the one that was given. Closing it closes that one. */
  readonly follower: FollowedStream;
  readonly store: SegmentStore;
}

export function withDiskCache(follower: FollowedStream, inner: SegmentStore, cache: DiskCache): CachedStream {
  const versions = new SegmentVersions();
  const store = keepingStore(inner, keep);

  function keep(segment: SegmentId): void {
    const version = versions.of(segment);
    if (!version || cache.has(segment)) return;
    const bytes = store.whole(segment);
    if (bytes && version.fits(bytes)) cache.put(segment, version.text, bytes);
  }

  return {
    store,
    follower: {
      swarm: follower.swarm,
      renditions: follower.renditions,
      origin: new CachedOrigin(follower.origin, cache, versions),
      start(events) {
        follower.start({
          playlist(update, text) {
            versions.read(update);
            events.playlist(update, text);
            // Peers may have brought what our playlist lists only now.
            for (const { id } of update.segments) keep(id);
          },
          ended: (track) => {
            events.ended(track);
          },
        });
      },
      take: (track, text) => {
        follower.take?.(track, text);
      },
      close: () => {
        follower.close();
      },
    },
  };
}
