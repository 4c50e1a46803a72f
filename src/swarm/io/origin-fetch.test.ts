import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { rangeHeader, type ByteRange, type HostTraits, type Part } from "./http-answer.ts";
import { fetchPart, HostTable, type HttpSegment } from "./origin-fetch.ts";
import type { OriginAnswer, OriginOutcome } from "./origin.ts";

/** The resource: byte i is i modulo 251, so that every run of it can be told from every other. */
const RESOURCE = Uint8Array.from({ length: 1000 }, (_, index) => index % 251);

interface Served {
  status?: number;
  body?: Uint8Array | ReadableStream<Uint8Array> | null;
  headers?: Record<string, string>;
  cors?: boolean;
}

function respond({ status = 200, body = RESOURCE, headers = {}, cors = false }: Served): Response {
  const stream = body instanceof Uint8Array ? new Blob([body.slice()]).stream() : body;
  const response = new Response(stream, { status, headers });
  if (cors) Object.defineProperty(response, "type", { value: "cors" });
  return response;
}

/** A server that does as it is asked. */
function serve(range: string | undefined): Response {
  const match = /^bytes=(\d+)-(\d*)$/.exec(range ?? "");
  if (!match) return respond({ headers: { "content-length": "1000" } });
  const from = Number(match[1]);
  const to = Math.min(match[2] ? Number(match[2]) + 1 : 1000, 1000);
  if (from >= 1000) return respond({ status: 416, body: null, headers: { "content-range": "bytes */1000" } });
  const headers = { "content-range": `bytes ${String(from)}-${String(to - 1)}/1000` };
  return respond({ status: 206, body: RESOURCE.subarray(from, to), headers });
}

interface Fetched {
  readonly answer: OriginAnswer | undefined;
  readonly bytes: Uint8Array;
  readonly outcome: OriginOutcome;
}

interface World {
  readonly host: HostTraits;
  /** The Range header of every request made. */
  readonly requests: (string | undefined)[];
  readonly timeouts: number[];
  get(part: Part): Promise<Fetched>;
}

/** `answers` are given in turn; when they run out, the server behaves. */
function world(
  answers: readonly (Response | Error | Promise<Response>)[] = [],
  { byteRange, waitMs = 1000 }: { byteRange?: ByteRange; waitMs?: number } = {},
): World {
  const host = new HostTable().of("https://cdn.example/a");
  const requests: World["requests"] = [];
  const timeouts: number[] = [];
  const segment: HttpSegment = {
    ...(byteRange ? { byteRange } : {}),
    firstByteMsMax: waitMs,
    loadMsMax: 10 * waitMs,
    open: (range) => {
      const header = range && rangeHeader(range);
      const next = answers[requests.push(header) - 1] ?? serve(header);
      return next instanceof Error ? Promise.reject(next) : Promise.resolve(next);
    },
    timedOut: () => timeouts.push(performance.now()),
  };
  const get = (part: Part): Promise<Fetched> =>
    new Promise((resolve) => {
      let answer: OriginAnswer | undefined;
      const received: number[] = [];
      fetchPart(segment, host, part, {
        opened: (opened) => {
          expect(answer).toBeUndefined();
          answer = opened;
        },
        data: (bytes) => {
          expect(answer).toBeDefined();
          received.push(...bytes);
        },
        closed: (outcome) => {
          resolve({ answer, bytes: Uint8Array.from(received), outcome });
        },
      });
      expect(answer).toBeUndefined();
    });
  return { host, requests, timeouts, get };
}

const complete = (status: number, byteLength?: number) => ({
  outcome: "complete",
  status,
  ...(byteLength === undefined ? {} : { byteLength }),
});
const FAILED = { outcome: "failed", status: 0 };

describe("a server that knows ranges", () => {
  test("the whole segment is asked for without a range", async () => {
    const { get, requests } = world();
    const { answer, bytes, outcome } = await get({ from: 0 });
    expect(requests).toEqual([undefined]);
    expect(answer).toEqual({ firstByte: 0, ranged: true, byteLength: 1000 });
    expect(bytes).toEqual(RESOURCE);
    expect(outcome).toEqual(complete(200, 1000));
  });

  test.each([
    [{ from: 0, to: 100 }, "bytes=0-99", 0, 100],
    [{ from: 100, to: 300 }, "bytes=100-299", 100, 300],
    [{ from: 900 }, "bytes=900-", 900, 1000],
    [{ from: 900, to: 2000 }, "bytes=900-1999", 900, 1000],
  ])("%o", async (part, header, from, to) => {
    const { get, requests, host } = world();
    const { answer, bytes, outcome } = await get(part);
    expect(requests).toEqual([header]);
    expect(answer).toEqual({ firstByte: from, ranged: true, byteLength: 1000 });
    expect(bytes).toEqual(RESOURCE.subarray(from, to));
    expect(outcome).toEqual(complete(206, 1000));
    expect(host.ranges).toBe("work");
  });

  test("a part after the end is void and tells the size", async () => {
    const { outcome, answer } = await world().get({ from: 5000 });
    expect(answer).toBeUndefined();
    expect(outcome).toEqual({ outcome: "void", status: 416, byteLength: 1000 });
  });

  test("a hidden Content-Range leaves the size to the end of a body that ends early", async () => {
    const { get } = world([respond({ status: 206, body: RESOURCE.subarray(900), cors: true })]);
    const { answer, outcome } = await get({ from: 900, to: 2000 });
    expect(answer).toEqual({ firstByte: 900, ranged: true });
    expect(outcome).toEqual(complete(206, 1000));
  });
});

describe("a segment that is a byte range", () => {
  const byteRange = { start: 200, end: 500 };

  test.each([
    [{ from: 0 }, "bytes=200-499", 200, 500],
    [{ from: 100 }, "bytes=300-499", 300, 500],
    [{ from: 100, to: 150 }, "bytes=300-349", 300, 350],
  ])("%o", async (part, header, from, to) => {
    const { get, requests } = world([], { byteRange });
    const { answer, bytes, outcome } = await get(part);
    expect(requests).toEqual([header]);
    expect(answer).toEqual({ firstByte: part.from, ranged: true, byteLength: 300 });
    expect(bytes).toEqual(RESOURCE.subarray(from, to));
    expect(outcome).toEqual(complete(206, 300));
  });

  test("after its end there is nothing to ask for", async () => {
    const { get, requests } = world([], { byteRange });
    expect((await get({ from: 300 })).outcome).toEqual({ outcome: "void", status: 416, byteLength: 300 });
    expect(requests).toEqual([]);
  });

  test("is cut out of the resource when the range was ignored", async () => {
    const { get } = world([respond({})], { byteRange });
    const { answer, bytes, outcome } = await get({ from: 0 });
    expect(answer).toEqual({ firstByte: 0, ranged: false, byteLength: 300 });
    expect(bytes).toEqual(RESOURCE.subarray(200, 500));
    expect(outcome).toMatchObject({ outcome: "complete" });
  });

  test("is never made up of a resource that is too short", async () => {
    const { get } = world([respond({ body: RESOURCE.subarray(0, 400) })], { byteRange });
    expect((await get({ from: 0 })).outcome).toEqual(FAILED);
  });
});

describe("a server that knows no ranges", () => {
  test("the whole body of an ignored range is taken, and later requests are whole", async () => {
    const { get, requests, host } = world([respond({ headers: { "content-length": "1000" } })]);
    const first = await get({ from: 100, to: 200 });
    expect(first.answer).toEqual({ firstByte: 0, ranged: false, byteLength: 1000 });
    expect(first.bytes).toEqual(RESOURCE);
    expect(host.ranges).toBe("broken");
    const second = await get({ from: 500 });
    expect(requests).toEqual(["bytes=100-199", undefined]);
    expect(second.answer).toMatchObject({ firstByte: 0, ranged: false });
  });

  test.each([
    ["another place", { "content-range": "bytes 0-99/1000" }],
    ["less than is there", { "content-range": "bytes 100-149/1000" }],
    ["something compressed", { "content-range": "bytes 100-199/1000", "content-encoding": "gzip" }],
  ])("206 with %s is fetched again whole, once per host", async (_, headers) => {
    const { get, requests } = world([respond({ status: 206, headers })]);
    const { answer, bytes } = await get({ from: 100, to: 200 });
    expect(answer).toMatchObject({ firstByte: 0, ranged: false });
    expect(bytes).toEqual(RESOURCE);
    await get({ from: 300, to: 400 });
    expect(requests).toEqual(["bytes=100-199", undefined, undefined]);
  });

  test("a range that scripts may not read is fetched again whole, once per host", async () => {
    const { get, requests } = world([new TypeError("CORS")]);
    expect((await get({ from: 100, to: 200 })).answer).toMatchObject({ firstByte: 0, ranged: false });
    await get({ from: 300, to: 400 });
    expect(requests).toEqual(["bytes=100-199", undefined, undefined]);
  });

  test("a network that is down is not taken for a refusal of ranges", async () => {
    const { get, requests, host } = world([new TypeError("offline"), new TypeError("offline")]);
    expect((await get({ from: 100, to: 200 })).outcome).toEqual(FAILED);
    expect(requests).toEqual(["bytes=100-199", undefined]);
    expect(host.ranges).toBe("untried");
  });

  test("where ranges have worked, a failure costs one request", async () => {
    const { get, requests } = world([serve("bytes=0-9"), new TypeError("offline")]);
    await get({ from: 0, to: 10 });
    expect((await get({ from: 100, to: 200 })).outcome).toEqual(FAILED);
    expect(requests).toHaveLength(2);
  });

  test("a body longer than the part is not what its place says", async () => {
    const { get, host } = world([respond({ status: 206, cors: true })]);
    const { outcome, bytes } = await get({ from: 100, to: 200 });
    expect(outcome).toEqual(FAILED);
    expect(bytes).toHaveLength(0);
    expect(host.ranges).toBe("broken");
  });
});

describe("lengths that a page cannot check", () => {
  const head = { "content-length": "1000" };

  test("are told at the end of the first body, and at the head of the next", async () => {
    const { get } = world([respond({ headers: head, cors: true }), respond({ headers: head, cors: true })]);
    const first = await get({ from: 0 });
    expect(first.answer).toEqual({ firstByte: 0, ranged: true });
    expect(first.outcome).toEqual(complete(200, 1000));
    expect((await get({ from: 0 })).answer).toEqual({ firstByte: 0, ranged: true, byteLength: 1000 });
  });

  test("of compressed bodies are found out, and every byte is handed over", async () => {
    const coded = { headers: { "content-length": "600" }, cors: true };
    const { get, host } = world([respond(coded), respond(coded)]);
    const first = await get({ from: 0 });
    expect(first.bytes).toEqual(RESOURCE);
    expect(first.outcome).toEqual(complete(200, 1000));
    expect(host.lengths).toBe("coded");
    expect((await get({ from: 0 })).outcome).toEqual(complete(200, 1000));
  });
});

describe("failures", () => {
  test.each([403, 404, 410, 500, 503])("%i is reported as it is", async (status) => {
    const { get } = world([respond({ status, body: RESOURCE })]);
    const { answer, outcome } = await get({ from: 0 });
    expect(answer).toBeUndefined();
    expect(outcome).toEqual({ outcome: "failed", status });
  });

  const SHORT = RESOURCE.subarray(0, 999);
  test.each([
    ["as the head says", { body: SHORT, headers: { "content-length": "1000" } }, {}],
    ["as the head of another origin says", { body: SHORT, headers: { "content-length": "1000" }, cors: true }, {}],
    ["of a part", { status: 206, body: SHORT, headers: { "content-range": "bytes 0-999/2000" } }, { to: 1000 }],
  ])("a body shorter than %s has failed", async (_, served: Served, to: { to?: number }) => {
    expect((await world([respond(served)]).get({ from: 0, ...to })).outcome).toEqual(FAILED);
  });

  test("a body that breaks off has failed", async () => {
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(RESOURCE.slice(0, 500));
      },
      pull: () => Promise.reject(new TypeError("network")),
    });
    const { bytes, outcome } = await world([respond({ body })]).get({ from: 0 });
    expect(bytes.byteLength).toBeLessThanOrEqual(500);
    expect(outcome).toEqual(FAILED);
  });

  test.each([
    ["nothing at all", { body: null }],
    [
      "a page that says sorry",
      { body: new TextEncoder().encode("<!doctype html>"), headers: { "content-type": "text/html" } },
    ],
    ["a playlist", { body: new TextEncoder().encode("#EXTM3U"), headers: { "content-type": "video/mp4" } }],
  ])("200 with %s is refused before anybody may share it", async (_, served) => {
    const { answer, outcome } = await world([respond(served)]).get({ from: 0 });
    expect(answer).toBeUndefined();
    expect(outcome).toEqual({ outcome: "failed", status: 200 });
  });
});

test.each([
  ["of a wrong type", { headers: { "content-type": "text/html" } }],
  ["with a status that is no plain success", { status: 203 }],
  ["as a part that nobody asked for", { status: 206, headers: { "content-length": "1000" } }],
])("[T7] [IN28] what is served %s is read to its end, and suspect", async (_, served) => {
  const { answer, bytes, outcome } = await world([respond(served)]).get({ from: 0 });
  expect(answer).toMatchObject({ suspect: true });
  expect(bytes).toEqual(RESOURCE);
  expect(outcome).toMatchObject({ outcome: "complete" });
});

describe("time and abort", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const never = new Promise<never>(() => undefined);

  test("no answer in time is a failure with a reason", async () => {
    const { get, timeouts } = world([never]);
    const fetched = get({ from: 0 });
    await vi.advanceTimersByTimeAsync(999);
    expect(timeouts).toHaveLength(0);
    await vi.advanceTimersByTimeAsync(1);
    expect((await fetched).outcome).toEqual(FAILED);
    expect(timeouts).toHaveLength(1);
  });

  test("a body that never ends is given up after the longer wait", async () => {
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(RESOURCE.slice(0, 500));
      },
    });
    const { get, timeouts } = world([respond({ body })]);
    const fetched = get({ from: 0 });
    await vi.advanceTimersByTimeAsync(9_999);
    expect(timeouts).toHaveLength(0);
    await vi.advanceTimersByTimeAsync(1);
    const { bytes, outcome } = await fetched;
    expect(bytes).toHaveLength(500);
    expect(outcome).toEqual(FAILED);
  });

  test("after an abort there is silence, and the request is cancelled", async () => {
    const heard: string[] = [];
    let cancelled: AbortSignal | undefined;
    const segment: HttpSegment = {
      firstByteMsMax: 1000,
      loadMsMax: Infinity,
      open: (_, signal) => {
        cancelled = signal;
        return never;
      },
      timedOut: () => heard.push("timedOut"),
    };
    const sink = {
      opened: () => heard.push("opened"),
      data: () => heard.push("data"),
      closed: () => heard.push("closed"),
    };
    const transfer = fetchPart(segment, { ranges: "untried", lengths: "untried" }, { from: 0 }, sink);
    await vi.advanceTimersByTimeAsync(10);
    transfer.abort();
    transfer.abort();
    await vi.advanceTimersByTimeAsync(5000);
    expect(cancelled?.aborted).toBe(true);
    expect(heard).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("a transfer that has ended leaves no timer", async () => {
    await world().get({ from: 0 });
    expect(vi.getTimerCount()).toBe(0);
  });
});

test("hosts are told apart by port and remembered", () => {
  const hosts = new HostTable();
  hosts.of("https://a.example/x").ranges = "broken";
  expect(hosts.of("https://a.example/y?z").ranges).toBe("broken");
  expect(hosts.of("https://a.example:8443/y").ranges).toBe("untried");
});
