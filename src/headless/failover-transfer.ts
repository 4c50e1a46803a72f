/** One segment, or part of it, from one upstream after the other: where one breaks off, the next goes on. */
import type { Bytes, Millis } from "../base/time.ts";
import type { ByteRange, HostTraits } from "../swarm/io/http-answer.ts";
import { fetchPart, type HttpSegment } from "../swarm/io/origin-fetch.ts";
import type { OriginAnswer, OriginOutcome, OriginRequest, OriginSink } from "../swarm/io/origin.ts";
import { isHostsFault, type HttpClient } from "./http-client.ts";
import type { Upstream } from "./upstreams.ts";

/** One upstream at which the segment can be had. */
export interface Candidate {
  readonly upstream: Upstream;
  address(): Promise<string>;
}

export interface FailoverParts {
  readonly http: HttpClient;
  /** In the order in which to ask them. */
  readonly candidates: readonly Candidate[];
  readonly byteRange: ByteRange | undefined;
  hostOf(candidate: Candidate): HostTraits;
  blame(upstream: Upstream): void;
}

export class FailoverTransfer {
  readonly #parts: FailoverParts;
  readonly #candidates: Candidate[];
  readonly #request: OriginRequest;
  readonly #sink: OriginSink;
  /** What the sink was told, and where the next byte for it is within the segment. */
  #opened: OriginAnswer | undefined;
  #at: Bytes;
  #running: { abort(): void } | undefined;
  #isOver = false;

  constructor(parts: FailoverParts, request: OriginRequest, sink: OriginSink) {
    this.#parts = parts;
    this.#candidates = [...parts.candidates];
    this.#request = request;
    this.#sink = sink;
    this.#at = request.from;
  }

  /** The sink hears nothing before this returns. */
  start(): void {
    if (!this.#next())
      queueMicrotask(() => {
        if (!this.#isOver) this.#close(NO_ANSWER);
      });
  }

  abort(): void {
    this.#isOver = true;
    this.#running?.abort();
  }

  /** False when there is nobody left to ask. */
  #next(): boolean {
    const candidate = this.#candidates.shift();
    if (!candidate) return false;
    const { http, byteRange, hostOf } = this.#parts;
    const { upstream } = candidate;
    const open: HttpSegment["open"] = async (range, signal) => {
      const url = await candidate.address();
      upstream.requests++;
      return http.request(url, range, signal);
    };
    const segment: HttpSegment = {
      ...(byteRange && { byteRange }),
      ...{ firstByteMsMax: FIRST_BYTE_MS_MAX, loadMsMax: LOAD_MS_MAX, open, timedOut: () => undefined },
    };
    let skip: Bytes = 0;
    const running = fetchPart(
      segment,
      hostOf(candidate),
      { from: this.#at, to: this.#request.to },
      {
        opened: (answer) => {
          skip = this.#goesOn(answer);
          if (skip >= 0) return;
          running.abort();
          this.#failed(upstream, NO_ANSWER);
        },
        data: (bytes) => {
          if (this.#isOver || this.#running !== running) return;
          upstream.bytes += bytes.byteLength;
          const wanted = bytes.subarray(skip);
          skip -= bytes.byteLength - wanted.byteLength;
          this.#at += wanted.byteLength;
          if (wanted.byteLength > 0) this.#sink.data(wanted);
        },
        closed: (outcome) => {
          if (outcome.outcome === "failed") this.#failed(upstream, outcome);
          else {
            upstream.worked();
            this.#close(outcome);
          }
        },
      },
    );
    this.#running = running;
    return true;
  }

  /** How many bytes of an answer the sink has had already; below 0 for one that does not continue what it had. */
  #goesOn(answer: OriginAnswer): Bytes {
    const before = this.#opened;
    if (!before) {
      this.#opened = answer;
      this.#at = answer.firstByte;
      this.#sink.opened(answer);
      return 0;
    }
    const isOther = (answer.byteLength ?? before.byteLength) !== (before.byteLength ?? answer.byteLength);
    return isOther || answer.suspect ? -1 : this.#at - answer.firstByte;
  }

  #failed(upstream: Upstream, outcome: OriginOutcome): void {
    if (this.#isOver) return;
    if (isHostsFault(outcome.status)) this.#parts.blame(upstream);
    if (!this.#next()) this.#close(outcome);
  }

  #close(outcome: OriginOutcome): void {
    this.#isOver = true;
    this.#sink.closed(outcome);
  }
}

const NO_ANSWER: OriginOutcome = { outcome: "failed", status: 0 };

/** As players wait; a part that is only hinted at is held back by the server until it is made. */
const FIRST_BYTE_MS_MAX: Millis = 10_000;
const LOAD_MS_MAX: Millis = 120_000;
