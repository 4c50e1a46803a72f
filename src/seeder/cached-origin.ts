/** An origin that answers from the disk cache what is there, and asks the upstreams for the rest. */
import type { SegmentId, SegmentName, TrackId } from "../protocol/ids.ts";
import type { Origin, OriginRequest, OriginSink } from "../swarm/io/origin.ts";
import type { CachedSegment, DiskCache } from "./disk-cache.ts";
import type { SegmentVersions } from "./segment-version.ts";

export class CachedOrigin implements Origin {
  readonly #upstream: Origin;
  readonly #cache: DiskCache;
  readonly #versions: SegmentVersions;

  constructor(upstream: Origin, cache: DiskCache, versions: SegmentVersions) {
    this.#upstream = upstream;
    this.#cache = cache;
    this.#versions = versions;
  }

  locate(track: TrackId, name: SegmentName): boolean {
    return this.#upstream.locate(track, name);
  }

  hashes(segment: SegmentId): Promise<Uint8Array | undefined> {
    return this.#upstream.hashes(segment);
  }

  fetch(request: OriginRequest, sink: OriginSink): { abort(): void } {
    const version = this.#versions.of(request.segment);
    const found = version && this.#cache.find(request.segment, (text) => version.matches(text));
    if (!found) return this.#fetch(request, sink);
    let running: { abort(): void } | undefined;
    let isOver = false;
    void readInto(found, request, sink, () => isOver).then((isRead) => {
      if (!isRead && !isOver) running = this.#fetch(request, sink);
    });
    return {
      abort: () => {
        isOver = true;
        running?.abort();
      },
    };
  }

  #fetch(request: OriginRequest, sink: OriginSink): { abort(): void } {
    return this.#upstream.fetch(request, {
      opened: (answer) => {
        if (answer.suspect) this.#versions.suspect(request.segment);
        sink.opened(answer);
      },
      data: (bytes) => {
        sink.data(bytes);
      },
      closed: (outcome) => {
        sink.closed(outcome);
      },
    });
  }
}

/** False when not a byte could be had: nothing has been told to the sink then. */
async function readInto(
  { byteLength, read }: CachedSegment,
  { from, to }: OriginRequest,
  sink: OriginSink,
  isOver: () => boolean,
): Promise<boolean> {
  let isOpen = false;
  try {
    for await (const piece of read(from, Math.min(to ?? byteLength, byteLength))) {
      if (isOver()) return true;
      if (!isOpen) sink.opened({ firstByte: from, byteLength, ranged: true });
      isOpen = true;
      sink.data(piece);
    }
  } catch {
    if (!isOpen) return false;
    if (!isOver()) sink.closed({ outcome: "failed", status: 0 });
    return true;
  }
  if (isOver()) return true;
  // Nothing was read: the part begins after the end.
  if (!isOpen) sink.closed({ outcome: "void", status: 416, byteLength });
  else sink.closed({ outcome: "complete", status: 200, byteLength });
  return true;
}
