/** A swarm in which peers hold the beginning of every segment, or all of it; the rest comes from the CDN by range. */
import type { SegmentId } from "../../src/protocol/ids.ts";
import type { SegmentWatcher } from "../../src/swarm/io/driver-api.ts";
import type { Origin } from "../../src/swarm/io/origin.ts";
import { ScriptedDriver } from "../../testkit/scripted-driver.ts";

export class PeeredDriver extends ScriptedDriver {
  readonly #share: number;
  readonly #held = new Map<number, Uint8Array<ArrayBuffer>>();

  /** `share`: how much of each segment peers bring, 0 to 1. */
  constructor(origin: Origin, share: number) {
    super(origin);
    this.#share = share;
  }

  /** Gives peers a segment, or a part, by its place in the playlist. */
  hold(index: number, bytes: ArrayBuffer): void {
    this.#held.set(index, new Uint8Array(bytes));
  }

  override want(segment: SegmentId, watcher: SegmentWatcher): () => void {
    const stop = super.want(segment, watcher);
    // Parts are a track of their own.
    const places = this.playlists.map(({ segments }) => segments.findIndex(({ id }) => id === segment));
    const whole = this.#held.get(Math.max(...places))?.slice() ?? new Uint8Array();
    const peerBytes = Math.floor(whole.byteLength * this.#share);
    let fetch: { abort(): void } | undefined;
    queueMicrotask(() => {
      if (this.wanted.get(segment) !== watcher) return;
      watcher.progress?.(peerBytes, 0, whole.byteLength);
      if (peerBytes === whole.byteLength) watcher.complete({ bytes: whole, peerBytes, originBytes: 0 });
      else fetch = this.#fetchRest(segment, whole.slice(0, peerBytes), watcher);
    });
    return () => {
      stop();
      fetch?.abort();
    };
  }

  #fetchRest(segment: SegmentId, begun: Uint8Array<ArrayBuffer>, watcher: SegmentWatcher): { abort(): void } {
    const peerBytes = begun.byteLength;
    const pieces: Uint8Array<ArrayBuffer>[] = [begun];
    let originBytes = 0;
    return this.origin.fetch(
      { segment, from: peerBytes },
      {
        opened: ({ firstByte }) => {
          if (firstByte === 0) pieces.length = 0; // a server that knows no ranges
        },
        data: (piece) => {
          pieces.push(piece.slice());
          originBytes += piece.byteLength;
          watcher.progress?.(peerBytes, originBytes, undefined);
        },
        closed: (end) => {
          if (end.outcome !== "complete") watcher.failed(end.status);
          else
            void new Blob(pieces).arrayBuffer().then((bytes) => {
              watcher.complete({ bytes: new Uint8Array(bytes), peerBytes, originBytes });
            });
        },
      },
    );
  }
}
