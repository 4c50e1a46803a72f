/** How we ask the upstreams: as whom, for how long, and how much of an answer we take. Retries nothing. */
import type { Bytes, Millis } from "../base/time.ts";
import { rangeHeader, type ResourceRange } from "../swarm/io/http-answer.ts";

/** No answer, or none that is of use. `status` is 0 when there was no HTTP status. */
export class HttpError extends Error {
  override readonly name = "HttpError";
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** A whole answer. */
export interface HttpFile {
  /** 206 where a range was asked for and given. */
  readonly status: number;
  /** After redirections. */
  readonly url: string;
  readonly type: string | undefined;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export interface HttpLimits {
  readonly msMax: Millis;
  readonly bytesMax: Bytes;
}

export class HttpClient {
  readonly #userAgent: string;
  readonly #running = new Set<AbortController>();

  constructor(userAgent: string) {
    this.#userAgent = userAgent;
  }

  /** Media: not coded, so that lengths count its bytes. Ends by `signal` alone. */
  request(url: string, range: ResourceRange | undefined, signal: AbortSignal): Promise<Response> {
    const headers = { "user-agent": this.#userAgent, "accept-encoding": "identity" };
    const init = { headers: range ? { ...headers, range: rangeHeader(range) } : headers };
    return fetch(url, { ...init, signal });
  }

  /** Rejects with an {@link HttpError} on everything but success. */
  async get(url: string, { msMax, bytesMax }: HttpLimits, range?: ResourceRange): Promise<HttpFile> {
    const aborter = new AbortController();
    const { signal } = aborter;
    const timer = setTimeout(() => {
      aborter.abort();
    }, msMax);
    this.#running.add(aborter);
    const headers = { "user-agent": this.#userAgent, ...(range && { range: rangeHeader(range) }) };
    let status = 0;
    try {
      const response = await fetch(url, { headers, signal });
      ({ status } = response);
      if (!response.ok) {
        await response.body?.cancel();
        throw new HttpError(status, `${hostOf(url)} answers ${status}`);
      }
      const bytes = await readAll(response, bytesMax);
      return { status, url: response.url, type: response.headers.get("content-type") ?? undefined, bytes };
    } catch (error) {
      if (error instanceof HttpError) throw error;
      const why = signal.aborted ? `no whole answer within ${msMax / 1000} s` : reasonOf(error);
      throw new HttpError(0, `${hostOf(url)}: ${why}`);
    } finally {
      clearTimeout(timer);
      this.#running.delete(aborter);
    }
  }

  /** Ends every `get` under way. */
  close(): void {
    for (const aborter of this.#running) aborter.abort();
  }
}

/** Overloaded, broken or gone. A file alone that is not there, or not for us, says nothing of its host. */
export const isHostsFault = (status: number): boolean => status === 0 || status === 429 || status >= 500;

async function readAll(response: Response, bytesMax: Bytes): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of response.body ?? []) {
    length += piece.byteLength;
    if (length > bytesMax)
      throw new HttpError(response.status, `${hostOf(response.url)} sends more than ${bytesMax} bytes`);
    pieces.push(piece);
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.byteLength;
  }
  return bytes;
}

/** What logs and clients are told of an address: the rest of it may let in whoever knows it (SE58). */
export const hostOf = (url: string): string => new URL(url).host;

/** Of a failed `fetch` only its cause says anything, and where the system failed its code: the words have an address. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  if (/^E[A-Z_]+$/.test(code)) return code;
  return cause instanceof Error ? cause.message || cause.name : String(cause);
}
