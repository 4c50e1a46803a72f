/**
 * The origin over plain HTTP, for programs without a player: segments from the first upstream that works, and from the
 * next one when that fails, also in the middle of a segment. What an answer means is told as in the browser
 * (src/swarm/io/origin-fetch.ts).
 */
import { HASH_BYTES, HASHED_CHUNKS_MAX, hashesAddress } from "../protocol/segment-root.ts";
import type { SegmentId, SegmentName, TrackId } from "../protocol/ids.ts";
import type { ResourceRange } from "../swarm/io/http-answer.ts";
import { HostTable } from "../swarm/io/origin-fetch.ts";
import type { Origin, OriginRequest, OriginSink } from "../swarm/io/origin.ts";
import { FailoverTransfer, type Candidate } from "./failover-transfer.ts";
import { HttpError, isHostsFault, type HttpClient, type HttpFile, type HttpLimits } from "./http-client.ts";
import type { PlaylistSource } from "./playlist-source.ts";
import type { SegmentBook, StreamPlace } from "./segment-book.ts";
import type { Upstreams } from "./upstreams.ts";

export interface UpstreamOriginParts {
  readonly book: SegmentBook;
  readonly source: PlaylistSource;
  readonly upstreams: Upstreams;
  readonly http: HttpClient;
}

export class UpstreamOrigin implements Origin {
  readonly #parts: UpstreamOriginParts;
  readonly #hosts = new HostTable();

  constructor(parts: UpstreamOriginParts) {
    this.#parts = parts;
  }

  locate(track: TrackId, name: SegmentName): boolean {
    return this.#parts.book.locate(track, name);
  }

  fetch(request: OriginRequest, sink: OriginSink): { abort(): void } {
    const { book, upstreams, http } = this.#parts;
    const segment = book.get(request.segment);
    // The core may ask for a segment whose playlist is long gone.
    const candidates = segment ? this.#candidatesFor(segment.place) : [];
    const transfer = new FailoverTransfer(
      {
        http,
        candidates,
        byteRange: segment?.place.byteRange,
        hostOf: ({ upstream }) =>
          this.#hosts.of(segment?.place.upstream === upstream ? segment.place.url : upstream.url),
        blame: (upstream) => {
          upstreams.failed(upstream);
        },
      },
      request,
      sink,
    );
    transfer.start();
    return transfer;
  }

  async hashes(id: SegmentId): Promise<Uint8Array | undefined> {
    const place = this.#parts.book.get(id)?.place;
    if (!place) return undefined;
    const beside = (url: string): string => hashesAddress(url, place.byteRange);
    return (await this.file(place, HASHES_LIMITS, { beside }).catch(() => undefined))?.bytes;
  }

  /** A small thing that a playlist lists, whole. Rejects with the {@link HttpError} of the last upstream asked. */
  async file(
    place: StreamPlace,
    limits: HttpLimits,
    { beside, range }: { beside?: (url: string) => string; range?: ResourceRange | undefined } = {},
  ): Promise<HttpFile> {
    let wrong: unknown = new HttpError(0, "no upstream");
    for (const { upstream, address } of this.#candidatesFor(place)) {
      try {
        const url = await address();
        upstream.requests++;
        const file = await this.#parts.http.get(beside?.(url) ?? url, limits, range);
        upstream.bytes += file.bytes.byteLength;
        return file;
      } catch (error) {
        if (error instanceof HttpError && isHostsFault(error.status)) this.#parts.upstreams.failed(upstream);
        wrong = error;
      }
    }
    throw wrong;
  }

  /** What is on another host than its playlist has one address, whichever upstream lists it. */
  #candidatesFor(place: StreamPlace): readonly Candidate[] {
    const { source, upstreams } = this.#parts;
    const isBesidePlaylist = new URL(place.url).host === new URL(place.playlistUrl).host;
    const { upstream } = place;
    if (!isBesidePlaylist) return [{ upstream, address: () => Promise.resolve(place.url) }];
    return upstreams.inOrder().map((one) => ({ upstream: one, address: () => source.addressAt(place, one) }));
  }
}

/** Without them peers are of no use for the segment, and it comes from the upstream. */
const HASHES_LIMITS: HttpLimits = { msMax: 2000, bytesMax: HASHED_CHUNKS_MAX * HASH_BYTES };
