/**
 * Gets a part of one segment by HTTP: streamed as it arrives, abortable, and whole where ranges do not work, which is
 * found out once per host. It makes no request itself: `open` does, with whatever headers and credentials the player
 * uses. What an answer means is for `http-answer.ts` to say.
 */
import type { Bytes, Millis } from "../../base/time.ts";
import {
  isNoMedia,
  readAnswer,
  resourceRange,
  WHOLE,
  type ByteRange,
  type HostTraits,
  type HttpBody,
  type Part,
  type ResourceRange,
} from "./http-answer.ts";
import type { OriginOutcome, OriginSink } from "./origin.ts";

export interface HttpSegment {
  /** Where the segment is within its resource, when the playlist says. */
  readonly byteRange?: ByteRange;
  /** Longest wait for the head of an answer, and for all of it. `Infinity` waits for ever. */
  readonly firstByteMsMax: Millis;
  readonly loadMsMax: Millis;
  /** Makes the request, with a Range header when there is a range. Rejects when no answer came that we may read. */
  open(range: ResourceRange | undefined, signal: AbortSignal): Promise<Response>;
  /** One of the waits was over; `closed` with status 0 follows. */
  timedOut(): void;
}

/** What is known of the hosts that segments come from. */
export class HostTable {
  readonly #hosts = new Map<string, HostTraits>();

  of(url: string): HostTraits {
    const { host } = new URL(url);
    let traits = this.#hosts.get(host);
    if (!traits) this.#hosts.set(host, (traits = { ranges: "untried", lengths: "untried" }));
    return traits;
  }
}

/** Starts a transfer. The sink hears nothing before this returns. */
export function fetchPart(segment: HttpSegment, host: HostTraits, part: Part, sink: OriginSink): { abort(): void } {
  const transfer = new Transfer(segment, host, part, sink);
  void transfer.run();
  return transfer;
}

class Transfer {
  readonly #segment: HttpSegment;
  readonly #host: HostTraits;
  readonly #part: Part;
  readonly #isPartial: boolean;
  readonly #sink: OriginSink;
  readonly #aborter = new AbortController();
  readonly #startedAt = performance.now();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(segment: HttpSegment, host: HostTraits, part: Part, sink: OriginSink) {
    this.#segment = segment;
    this.#host = host;
    this.#part = part;
    this.#isPartial = part.from > 0 || part.to !== undefined;
    this.#sink = sink;
  }

  abort(): void {
    clearTimeout(this.#timer);
    this.#aborter.abort();
  }

  async run(): Promise<void> {
    await Promise.resolve(); // the caller must have `abort` in hand before it hears of anything
    if (this.#isOver()) return;
    const outcome = await this.#transfer();
    if (this.#isOver()) return;
    this.abort(); // ends what is left of a body that is not wanted
    this.#sink.closed(outcome);
  }

  async #transfer(): Promise<OriginOutcome> {
    const { byteRange } = this.#segment;
    if (byteRange && this.#part.from >= byteRange.end - byteRange.start)
      return { outcome: "void", status: 416, byteLength: byteRange.end - byteRange.start };
    if (this.#isPartial && this.#host.ranges !== "broken") {
      const outcome = await this.#attempt(this.#part, true);
      if (typeof outcome === "object") return outcome;
      // A server may refuse to let scripts read 206; whether it was that shows when the same segment comes whole.
      const mayBeRanges = outcome === "unusable" || (this.#host.ranges === "untried" && !byteRange);
      if (this.#isOver() || !mayBeRanges) return UNREACHABLE;
      if (outcome === "unusable") this.#host.ranges = "broken";
    }
    const outcome = await this.#attempt(WHOLE, byteRange !== undefined);
    return typeof outcome === "object" ? outcome : UNREACHABLE;
  }

  /** One request. "unreachable": no answer that we may read. "unusable": not the bytes that were asked for. */
  async #attempt(part: Part, ranged: boolean): Promise<OriginOutcome | "unreachable" | "unusable"> {
    const { byteRange } = this.#segment;
    this.#waitFor(this.#segment.firstByteMsMax);
    let response: Response;
    try {
      response = await this.#segment.open(ranged ? resourceRange(part, byteRange) : undefined, this.#aborter.signal);
    } catch {
      return "unreachable";
    }
    if (this.#isOver()) return UNREACHABLE;
    this.#waitFor(this.#segment.loadMsMax);
    const answer = readAnswer(response, ranged ? part : undefined, byteRange, this.#host);
    if (answer.kind === "body") return this.#read(response, answer);
    void response.body?.cancel().catch(ignore);
    switch (answer.kind) {
      case "refused":
        return { outcome: "failed", status: answer.status };
      case "void":
        return { outcome: "void", status: 416, byteLength: answer.byteLength };
      case "unusable":
        return "unusable";
    }
  }

  async #read(response: Response, answer: HttpBody): Promise<OriginOutcome> {
    const { skip, take = Infinity } = answer;
    const refused: OriginOutcome = { outcome: "failed", status: response.status };
    let received: Bytes = 0;
    try {
      const reader = response.body?.getReader();
      for (;;) {
        const { value } = (await reader?.read()) ?? {};
        if (this.#isOver()) return UNREACHABLE;
        if (received === 0) {
          // An empty segment plays nothing, and its chunks could never be complete.
          if (!value || (answer.firstByte === 0 && isNoMedia(response.headers, value))) return refused;
          this.#opened(answer);
        }
        if (!value) return this.#ended(response, answer, received);
        const wanted = value.subarray(Math.max(0, skip - received), Math.max(0, skip + take - received));
        received += value.byteLength;
        if (answer.ranged && received > take) return this.#overrun();
        if (wanted.byteLength > 0) this.#sink.data(wanted);
        if (!answer.ranged && received >= skip + take) return { outcome: "complete", status: response.status };
      }
    } catch {
      return UNREACHABLE; // broken off
    }
  }

  #opened({ ranged, firstByte, byteLength, suspect }: HttpBody): void {
    if (this.#isPartial || this.#segment.byteRange) this.#learnRanges(ranged);
    const rangesWork = this.#host.ranges !== "broken";
    this.#sink.opened({ firstByte, ranged: rangesWork, byteLength, ...(suspect && { suspect }) });
  }

  #learnRanges(honoured: boolean): void {
    if (!honoured) this.#host.ranges = "broken";
    else if (this.#host.ranges === "untried") this.#host.ranges = "work";
  }

  /** More than was asked for: the bytes are not what their place says. */
  #overrun(): OriginOutcome {
    this.#host.ranges = "broken";
    return UNREACHABLE;
  }

  /** The body ended by itself. */
  #ended(response: Response, answer: HttpBody, received: Bytes): OriginOutcome {
    const { bodyBytes, doubtfulBytes, ranged, firstByte, take } = answer;
    if (received < (bodyBytes ?? doubtfulBytes ?? 0)) return UNREACHABLE; // truncated
    if (!ranged && take !== undefined) return UNREACHABLE; // the resource ends before the segment does
    if (!ranged && received !== (bodyBytes ?? doubtfulBytes ?? received)) this.#host.lengths = "coded";
    else if (!ranged && doubtfulBytes !== undefined) this.#host.lengths = "true";
    const byteLength = received === take ? answer.byteLength : firstByte + received;
    if (byteLength !== (answer.byteLength ?? byteLength)) return UNREACHABLE; // not what its head announced
    return { outcome: "complete", status: response.status, byteLength };
  }

  #isOver(): boolean {
    return this.#aborter.signal.aborted;
  }

  #waitFor(ms: Millis): void {
    clearTimeout(this.#timer);
    const leftMs = ms - (performance.now() - this.#startedAt);
    if (leftMs > TIMER_MS_MAX) return;
    this.#timer = setTimeout(() => {
      this.abort();
      this.#segment.timedOut();
      this.#sink.closed(UNREACHABLE);
    }, leftMs);
  }
}

const UNREACHABLE: OriginOutcome = { outcome: "failed", status: 0 };

/** A cancelled body may reject; there is nobody left to tell. */
const ignore = (): void => undefined;

/** Longer ones overflow `setTimeout` and fire at once; nobody waits 24 days. */
const TIMER_MS_MAX = 0x7fff_ffff;
