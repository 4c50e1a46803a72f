import type { SegmentId } from "../../src/protocol/ids.ts";
import { CHUNK_BYTES } from "../../src/protocol/limits.ts";
import type { SwarmAction } from "../../src/swarm/core/action.ts";
import type { FetchId, SwarmEvent } from "../../src/swarm/core/event.ts";
import type { ViewerPlayer } from "./viewer-player.ts";
import type { WorldStream } from "./world-stream.ts";

/** Who asks the origin, as far as that matters. */
export interface OriginClient {
  readonly world: WorldStream;
  readonly alive: boolean;
  /** What its playlist lists and hints at. */
  readonly player: Pick<ViewerPlayer, "listedNewest" | "hints">;
  feed(event: SwarmEvent): void;
  put(segment: SegmentId, chunk: number, byteLength: number): boolean;
}

/** One viewer's requests to the origin of its World, which counts what it sends. */
export class ViewerOrigin {
  bytes = 0;
  /** Requests for segments that its own playlist did not list yet. */
  fetchedUnlisted = 0;
  readonly #client: OriginClient;
  readonly #fetches = new Map<FetchId, { aborted: boolean }>();
  /** Where its requests began. */
  readonly #asked = new Set<string>();

  constructor(client: OriginClient) {
    this.#client = client;
  }

  abort(id: FetchId): void {
    const fetch = this.#fetches.get(id);
    if (fetch) fetch.aborted = true;
  }

  fetch({ fetch, segment, from, to }: Extract<SwarmAction, { type: "fetch-origin" }>): void {
    const { world, player } = this.#client;
    const { segmentBytes, originLatencyMs, originBitsPerSecond } = world.options;
    const sequence = Number(segment.split("/")[1]);
    const running = { aborted: false };
    this.#fetches.set(fetch, running);
    world.origin.requests++;
    if (sequence > player.listedNewest) this.fetchedUnlisted++;
    const step = (ms: number, run: () => void): void => {
      world.after(ms, () => {
        if (!running.aborted && this.#client.alive) run();
      });
    };
    const { lateShare } = world.origin;
    const key = `${segment} ${String(from)}`;
    const lateMs = lateShare > 0 && !this.#asked.has(key) && world.rng.next() < lateShare ? ORIGIN_LATE_MS : 0;
    this.#asked.add(key);
    const isHeld = player.hints(sequence) && !world.origin.lags;
    const heldMs = isHeld ? Math.max(0, world.madeAt(sequence) - world.now - originLatencyMs / 2) : 0;
    step(originLatencyMs + lateMs + heldMs, () => {
      if (!world.origin.up || sequence > (world.origin.lags ? player.listedNewest : world.newest)) {
        const status = world.origin.up ? 404 : world.origin.status;
        this.#client.feed({ type: "origin-closed", fetch, outcome: "failed", status, receivedBytes: 0 });
        return;
      }
      if (from * CHUNK_BYTES >= segmentBytes) {
        this.#client.feed({ type: "origin-closed", fetch, outcome: "void", status: 416, receivedBytes: 0 });
        return;
      }
      this.#client.feed({ type: "origin-opened", fetch, firstChunk: from, byteLength: segmentBytes });
      let receivedBytes = 0;
      const end = Math.min(segmentBytes, (to ?? Infinity) * CHUNK_BYTES);
      const next = (chunk: number): void => {
        const byteLength = Math.min(CHUNK_BYTES, end - chunk * CHUNK_BYTES);
        if (byteLength <= 0) {
          this.#client.feed({ type: "origin-closed", fetch, outcome: "complete", status: 206, receivedBytes });
          return;
        }
        step((byteLength * 8000) / originBitsPerSecond, () => {
          receivedBytes += byteLength;
          this.bytes += byteLength;
          world.origin.bytes += byteLength;
          world.origin.bySegment.set(sequence, (world.origin.bySegment.get(sequence) ?? 0) + byteLength);
          this.#client.put(segment, chunk, byteLength);
          this.#client.feed({ type: "origin-chunk", fetch, chunk, byteLength });
          next(chunk + 1);
        });
      };
      next(from);
    });
  }
}

/** What a request takes longer that meets a cache miss, or a server that is stuck. */
const ORIGIN_LATE_MS = 2000;
