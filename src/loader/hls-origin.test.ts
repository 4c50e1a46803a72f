import {
  LoaderContextType,
  M3U8Parser,
  type FragmentLoaderContext,
  type HlsConfig,
  type LevelDetails,
  type PlaylistLevelType,
} from "hls.js";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createPlainLoader, type PlainLoad } from "../../testkit/plain-loader.ts";
import { segmentIdOf, trackIdOf, type SegmentId } from "../protocol/ids.ts";
import type { OriginAnswer, OriginOutcome } from "../swarm/io/origin.ts";
import { segmentNameFor } from "../playlist/stream-names.ts";
import { HlsOrigin } from "./hls-origin.ts";
import { OriginRate } from "./load-stats.ts";
import { SegmentCatalogue, type CataloguedSegment } from "./segment-catalogue.ts";

const { MEDIA_FRAGMENT } = LoaderContextType;
const BASE = "https://cdn.example/live/index.m3u8";
const RESOURCE = Uint8Array.from({ length: 1000 }, (_, index) => index % 251);

function parse(tags = ""): LevelDetails {
  const text =
    `#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-MEDIA-SEQUENCE:7\n` +
    `${tags}#EXTINF:4,\ns7.ts?token=1\n#EXTINF:4,\ns8.ts?token=1\n`;
  return M3U8Parser.parseLevelPlaylist(text, BASE, 0, "main" as PlaylistLevelType.MAIN, 0, null);
}

interface Heard {
  answer?: OriginAnswer;
  bytes: number[];
  outcome?: OriginOutcome;
}

interface Stage {
  readonly origin: HlsOrigin;
  readonly segment: CataloguedSegment;
  readonly rate: OriginRate;
  readonly plain: readonly PlainLoad[];
  readonly observed: string[];
  /** What the transfer has said by the time that everything has settled. */
  fetch(part: { from: number; to?: number }, segment?: SegmentId): Promise<Heard> & { abort(): void };
}

function stage(config: Partial<HlsConfig> = {}, { delegated = false, tags = "" } = {}): Stage {
  const catalogue = new SegmentCatalogue();
  const details = parse(tags);
  catalogue.update(trackIdOf("hd"), details);
  const segment = catalogue.of(details.fragments[0]!)!;
  const { Plain, loads } = createPlainLoader();
  const rate = new OriginRate();
  const waits = { maxTimeToFirstByteMs: 1000, maxLoadTimeMs: 5000, timeoutRetry: null, errorRetry: null };
  const full = { fragLoadPolicy: { default: waits }, ...config } as HlsConfig;
  const origin = new HlsOrigin({ config: full, catalogue, rate, loader: () => (delegated ? Plain : undefined) });
  const observed: string[] = [];
  origin.observe(segment.id, {
    asked: () => observed.push("asked"),
    answered: (details) => observed.push(`answered ${String(details?.status)}`),
    timedOut: () => observed.push("timed out"),
  });
  const fetch: Stage["fetch"] = (part, id = segment.id) => {
    const heard: Heard = { bytes: [] };
    let abort = (): void => undefined;
    const done = new Promise<Heard>((resolve) => {
      const running = origin.fetch(
        { segment: id, ...part },
        {
          opened: (answer) => (heard.answer = answer),
          data: (bytes) => heard.bytes.push(...bytes),
          closed: (outcome) => {
            heard.outcome = outcome;
            resolve(heard);
          },
        },
      );
      abort = () => {
        running.abort();
        resolve(heard);
      };
    });
    return Object.assign(done, { abort });
  };
  return { origin, segment, rate, plain: loads, observed, fetch };
}

const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

describe("with hls.js's stock loader", () => {
  const requests: Request[] = [];
  let respond: (request: Request) => Response | Promise<Response>;

  beforeEach(() => {
    requests.length = 0;
    respond = (request) => {
      const match = /^bytes=(\d+)-(\d*)$/.exec(request.headers.get("range") ?? "");
      if (!match) return new Response(RESOURCE, { headers: { "content-length": "1000" } });
      const [from, to] = [Number(match[1]), match[2] ? Number(match[2]) + 1 : 1000];
      const headers = { "content-range": `bytes ${String(from)}-${String(to - 1)}/1000` };
      return new Response(RESOURCE.slice(from, to), { status: 206, headers });
    };
    vi.stubGlobal("fetch", async (input: Request, init?: RequestInit) => {
      const request = new Request(input, init);
      requests.push(request);
      return respond(request);
    });
  });
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  test("a request goes as hls.js's own would", async () => {
    const { bytes, outcome } = await stage().fetch({ from: 0 });
    const [request] = requests;
    expect(request?.url).toBe("https://cdn.example/live/s7.ts?token=1");
    expect(request).toMatchObject({ method: "GET", mode: "cors", credentials: "same-origin" });
    expect([...request!.headers]).toEqual([]);
    expect(bytes).toHaveLength(1000);
    expect(outcome).toMatchObject({ outcome: "complete" });
  });

  test("a part is one range", async () => {
    const { answer } = await stage().fetch({ from: 100, to: 200 });
    expect(requests[0]?.headers.get("range")).toBe("bytes=100-199");
    expect(answer).toEqual({ firstByte: 100, ranged: true, byteLength: 1000 });
  });

  test("fetchSetup has its way, and is told what hls.js would tell it", async () => {
    const contexts: FragmentLoaderContext[] = [];
    const { fetch, segment } = stage({
      fetchSetup: (context, init: RequestInit) => {
        contexts.push(context as FragmentLoaderContext);
        const request = new Request(`${context.url}&signed`, { ...init, credentials: "include" });
        request.headers.set("x-auth", "secret");
        return Promise.resolve(request);
      },
    });
    await fetch({ from: 100, to: 200 });
    expect(requests[0]?.url).toBe("https://cdn.example/live/s7.ts?token=1&signed");
    expect(requests[0]?.credentials).toBe("include");
    expect(Object.fromEntries(requests[0]!.headers)).toEqual({ range: "bytes=100-199", "x-auth": "secret" });
    expect(contexts[0]).toMatchObject({ frag: segment.fragment, part: null, rangeStart: 100, rangeEnd: 200 });
  });

  test("what a loader around ours put into hls.js's own request goes with it", async () => {
    const { fetch, segment } = stage();
    const headers = { "x-session": "1" };
    const asked: FragmentLoaderContext = {
      url: "",
      type: MEDIA_FRAGMENT,
      frag: segment.fragment,
      part: null,
      responseType: "",
    };
    segment.context = { ...asked, url: "https://cdn.example/live/s7.ts?CMCD=x", headers };
    await fetch({ from: 0 });
    expect(requests[0]?.url).toBe("https://cdn.example/live/s7.ts?CMCD=x");
    expect(requests[0]?.headers.get("x-session")).toBe("1");
  });

  test("a segment that only peers list so far is asked for where it will be, in the same way", async () => {
    const { origin, fetch } = stage();
    const track = trackIdOf("hd");
    const name = segmentNameFor(9, {
      url: "https://b.example/live/s9.ts",
      playlistUrl: "https://b.example/live/x.m3u8",
    });
    const elsewhere = { ...name, tag: name.tag ^ 1 };
    expect([origin.locate(track, elsewhere), origin.locate(track, name)]).toEqual([false, true]);
    expect((await fetch({ from: 100, to: 200 }, segmentIdOf(track, name))).bytes).toHaveLength(100);
    expect(requests.map(({ url }) => url)).toEqual(["https://cdn.example/live/s9.ts?token=1"]);
  });

  test("the byte range of a playlist is where the segment begins", async () => {
    const { answer, bytes } = await stage({}, { tags: "#EXT-X-BYTERANGE:300@200\n" }).fetch({ from: 100 });
    expect(requests[0]?.headers.get("range")).toBe("bytes=300-499");
    expect(answer).toEqual({ firstByte: 100, ranged: true, byteLength: 300 });
    expect(bytes[0]).toBe(RESOURCE[300]);
  });

  test("whoever waits for the segment hears of requests and answers", async () => {
    const { fetch, observed } = stage();
    await fetch({ from: 0 });
    respond = () => new Response(null, { status: 404 });
    expect((await fetch({ from: 0 })).outcome).toEqual({ outcome: "failed", status: 404 });
    expect(observed).toEqual(["asked", "answered 200", "asked", "answered 404"]);
  });

  test("and of waits that were in vain", async () => {
    vi.useFakeTimers();
    try {
      const { fetch, observed } = stage();
      respond = () => new Promise(() => undefined);
      const fetched = fetch({ from: 0 });
      await vi.advanceTimersByTimeAsync(1000);
      expect((await fetched).outcome).toEqual({ outcome: "failed", status: 0 });
      expect(observed).toEqual(["asked", "timed out"]);
    } finally {
      vi.useRealTimers();
    }
  });

  test("an abort cancels the request", async () => {
    const { fetch } = stage();
    respond = () => new Promise(() => undefined);
    const fetched = fetch({ from: 0 });
    await settled();
    fetched.abort();
    expect(requests[0]?.signal.aborted).toBe(true);
    expect((await fetched).outcome).toBeUndefined();
  });

  test("a segment that nobody lists any more fails, later", async () => {
    const { fetch } = stage();
    const fetched = fetch({ from: 0 }, "0/0/0" as SegmentId);
    expect((await fetched).outcome).toEqual({ outcome: "failed", status: 0 });
    expect(requests).toEqual([]);
  });

  test("the rate is measured from the first byte on", async () => {
    vi.useFakeTimers();
    try {
      const { fetch, rate } = stage();
      respond = async () => {
        await new Promise((resolve) => setTimeout(resolve, 80));
        const body = new ReadableStream<Uint8Array>({
          start: (controller) => {
            setTimeout(() => {
              controller.enqueue(new Uint8Array(500_000));
              controller.close();
            }, 900);
          },
        });
        return new Response(body);
      };
      const fetched = fetch({ from: 0 });
      await vi.advanceTimersByTimeAsync(1000);
      await fetched;
      expect(rate.firstByteMs).toBe(80);
      expect(rate.bitsPerSecond(performance.now())).toBeCloseTo(4_444_444, -1); // 500,000 bytes in the 900 ms after the head
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("with another loader", () => {
  const delegated = { delegated: true };
  const buffer = (from = 0, to = 1000): ArrayBuffer => RESOURCE.slice(from, to).buffer;

  test("it is asked as hls.js asks it, for one attempt", async () => {
    const { fetch, plain, segment } = stage({}, delegated);
    const fetched = fetch({ from: 0 });
    await settled();
    expect(plain[0]?.context).toMatchObject({
      ...{ url: "https://cdn.example/live/s7.ts?token=1", responseType: "arraybuffer", part: null },
      ...{ frag: segment.fragment, rangeStart: 0, rangeEnd: 0, headers: {} },
    });
    expect(plain[0]?.config.loadPolicy).toEqual({
      ...{ maxTimeToFirstByteMs: 1000, maxLoadTimeMs: 5000, timeoutRetry: null, errorRetry: null },
    });
    expect(plain[0]?.callbacks.onProgress).toBeUndefined();
    plain[0]?.succeed(buffer());
    const { answer, bytes, outcome } = await fetched;
    expect(answer).toEqual({ firstByte: 0, ranged: true, byteLength: 1000 });
    expect(bytes).toEqual([...RESOURCE]);
    expect(outcome).toMatchObject({ outcome: "complete" });
    expect(plain[0]?.undone).toEqual(["destroyed"]);
  });

  test.each<[{ from: number; to?: number }, number, number]>([
    [{ from: 100, to: 200 }, 100, 200],
    [{ from: 900 }, 900, 900 + 128 * 1024 * 1024],
  ])("a part is a range that any loader understands: %o", async (part, rangeStart, rangeEnd) => {
    const { fetch, plain } = stage({}, delegated);
    const fetched = fetch(part);
    await settled();
    expect(plain[0]?.context).toMatchObject({ rangeStart, rangeEnd });
    plain[0]?.succeed(buffer(part.from, part.to), 206);
    const { answer, bytes } = await fetched;
    expect(answer).toMatchObject({ firstByte: part.from, ranged: true });
    expect(bytes).toEqual([...RESOURCE.subarray(part.from, part.to)]);
  });

  test("one that says 200 to everything is believed by the length of what it brings", async () => {
    const { fetch, plain } = stage({}, delegated);
    const fetched = fetch({ from: 100, to: 200 });
    await settled();
    plain[0]?.succeed(buffer(100, 200), 200);
    expect((await fetched).answer).toMatchObject({ firstByte: 100 });
  });

  test("and where that proves nothing, everything is asked for", async () => {
    const { fetch, plain } = stage({}, delegated);
    const fetched = fetch({ from: 900 });
    await settled();
    plain[0]?.succeed(buffer(), 200);
    await settled();
    expect(plain[1]?.context).toMatchObject({ rangeStart: 0, rangeEnd: 0 });
    plain[1]?.succeed(buffer(), 200);
    const { answer, bytes } = await fetched;
    expect(answer).toEqual({ firstByte: 0, ranged: false, byteLength: 1000 });
    expect(bytes).toEqual([...RESOURCE]);
  });

  test("its error is the outcome", async () => {
    const { fetch, plain, observed } = stage({}, delegated);
    const fetched = fetch({ from: 0 });
    await settled();
    const { callbacks, context, stats } = plain[0]!;
    callbacks.onError({ code: 503, text: "" }, context, null, stats);
    expect((await fetched).outcome).toEqual({ outcome: "failed", status: 503 });
    expect(observed).toEqual(["asked", "answered undefined"]);
  });

  test("its timeout is a failure with a reason", async () => {
    const { fetch, plain, observed } = stage({}, delegated);
    const fetched = fetch({ from: 0 });
    await settled();
    const { callbacks, context, stats } = plain[0]!;
    callbacks.onTimeout(stats, context, null);
    expect((await fetched).outcome).toEqual({ outcome: "failed", status: 0 });
    expect(observed).toEqual(["asked", "timed out"]);
  });

  test("an abort reaches it", async () => {
    const { fetch, plain } = stage({}, delegated);
    const fetched = fetch({ from: 0 });
    await settled();
    fetched.abort();
    await settled();
    expect(plain[0]?.undone).toEqual(["aborted", "destroyed"]);
    expect((await fetched).outcome).toBeUndefined();
  });

  test("the rate is the one that it measured itself", async () => {
    const { fetch, plain, rate } = stage({}, delegated);
    const fetched = fetch({ from: 0 });
    await settled();
    const { callbacks, context, stats } = plain[0]!;
    Object.assign(stats.loading, { start: 1000, first: 1080, end: 2080 });
    callbacks.onSuccess({ url: context.url, data: new ArrayBuffer(500_000), code: 200 }, stats, context, null);
    await fetched;
    expect(rate.firstByteMs).toBe(80);
    expect(rate.bitsPerSecond(performance.now())).toBeCloseTo(4_000_000);
  });
});
