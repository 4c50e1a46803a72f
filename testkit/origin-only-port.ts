/**
 * A swarm without peers and without a mind: fetches every wanted segment whole from the origin and hands it over. What
 * the loader does with a driver must hold with this one and with the real one alike.
 */
import type { SegmentId } from "../src/protocol/ids.ts";
import type { SwarmStats } from "../src/swarm/core/stats.ts";
import type { SwarmDriver } from "../src/swarm/io/driver.ts";
import type { Origin } from "../src/swarm/io/origin.ts";

export function createOriginOnlyPort(origin: Origin): SwarmDriver {
  const listed = new Map<string, ReadonlySet<SegmentId>>();
  const fetches = new Set<{ abort(): void }>();
  let originBytes = 0;
  let isClosed = false;
  const stats = (): SwarmStats => ({
    ...{ peerBytes: 0, originBytes, offload: 0, peerReceivedBytes: 0, originReceivedBytes: originBytes },
    ...{ uploadedBytes: 0, wastedBytes: 0, tracker: "off", viewers: 1, peers: [], segments: [], retired: false },
    swarming: { mode: "serve", reason: "" },
    holdOut: false,
    integrity: "none",
    verifiedChunks: 0,
    forgedChunks: 0,
    forgedSignals: 0,
    refusedSegments: 0,
    failedAudits: 0,
  });
  const listeners = new Set<() => void>();
  return {
    get retired() {
      return isClosed;
    },
    playlist: ({ track, segments }) => {
      listed.set(track, new Set(segments.map(({ id }) => id)));
    },
    followTracks: () => undefined,
    playback: () => undefined,
    tell: () => undefined,
    lists: (segment) => [...listed.values()].some((ids) => ids.has(segment)),
    want(segment, watcher) {
      const parts: Uint8Array[] = [];
      let byteLength: number | undefined;
      let received = 0;
      const fetch = origin.fetch(
        { segment, from: 0 },
        {
          opened: (answer) => {
            byteLength = answer.byteLength;
          },
          data: (bytes) => {
            parts.push(bytes);
            received += bytes.byteLength;
            watcher.progress?.(0, received, byteLength);
          },
          closed: (end) => {
            fetches.delete(fetch);
            if (end.outcome !== "complete") {
              watcher.failed(end.status);
              return;
            }
            const bytes = new Uint8Array(received);
            let at = 0;
            for (const part of parts) {
              bytes.set(part, at);
              at += part.byteLength;
            }
            originBytes += received;
            watcher.complete({ bytes, peerBytes: 0, originBytes: received });
            for (const listener of listeners) listener();
          },
        },
      );
      fetches.add(fetch);
      return () => {
        fetches.delete(fetch);
        fetch.abort();
      };
    },
    accept: () => false,
    onRetired: () => undefined,
    stats,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close() {
      isClosed = true;
      for (const fetch of fetches) fetch.abort();
      fetches.clear();
    },
  };
}
