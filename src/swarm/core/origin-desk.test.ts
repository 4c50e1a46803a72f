import { describe, expect, test } from "vitest";
import { aSegment, hold, pictureOf } from "../../../testkit/swarm-parts.ts";
import { CHUNK_BYTES } from "../../protocol/limits.ts";
import { OriginDesk, type OriginFetch, type OriginRange } from "./origin-desk.ts";
import { REQUESTED, type Segment } from "./segment.ts";

function fetchOf(desk: OriginDesk, id: number): OriginFetch {
  const fetch = desk.get(id);
  if (!fetch) throw new Error(`no fetch ${String(id)}`);
  return fetch;
}

const range = (segment: Segment, from: number, to?: number): OriginRange => ({ segment, from, to, reason: "due" });

/** One whole fetch: the first byte after `firstByteMs`, the last one `bodyMs` later. */
function fetchOnce(desk: OriginDesk, bytes: number, firstByteMs: number, bodyMs: number): void {
  const action = desk.start(0, range(aSegment({ chunks: Math.ceil(bytes / CHUNK_BYTES) }), 0));
  const fetch = fetchOf(desk, action.type === "fetch-origin" ? action.fetch : 0);
  desk.opened(firstByteMs, fetch, 0);
  fetch.receivedBytes = bytes;
  desk.closed(firstByteMs + bodyMs, fetch);
}

describe("a fetch", () => {
  test.each([
    ["the middle", 2, 4, { from: 2, to: 4 }, "..~~."],
    ["the known end, which needs no last byte", 3, 5, { from: 3 }, "...~~"],
    ["everything, which needs no range", 0, 5, { from: 0 }, "~~~~~"],
    ["everything, however much it is", 0, undefined, { from: 0 }, "~~~~~"],
  ])("of %s", (_, from, to, asked, picture) => {
    const segment = aSegment({ chunks: 5 });
    const action = new OriginDesk().start(0, range(segment, from, to));
    expect(action).toEqual({ type: "fetch-origin", fetch: 1, segment: segment.id, reason: "due", ...asked });
    expect(pictureOf(segment)).toBe(picture);
  });

  test("that ends leaves missing what it did not bring", () => {
    const desk = new OriginDesk();
    const segment = aSegment({ chunks: 4 });
    desk.start(0, range(segment, 0, 3));
    hold(segment, [0]);
    desk.closed(100, fetchOf(desk, 1));
    expect([pictureOf(segment), desk.isFetching(segment)]).toEqual(["#...", false]);
  });

  test("that is aborted does so, too, and is forgotten", () => {
    const desk = new OriginDesk();
    const segment = aSegment({ chunks: 3 });
    desk.start(0, range(segment, 1));
    expect(desk.abort(fetchOf(desk, 1))).toEqual({ type: "abort-origin", fetch: 1 });
    expect([pictureOf(segment), desk.get(1)]).toEqual(["...", undefined]);
  });

  test("does not take over what a peer was asked for", () => {
    const desk = new OriginDesk();
    const segment = aSegment({ chunks: 3 });
    segment.setState(1, REQUESTED);
    desk.start(0, range(segment, 0));
    expect(pictureOf(segment)).toBe("~?~");
    desk.abort(fetchOf(desk, 1));
    expect(pictureOf(segment)).toBe(".?.");
  });

  test("[SW61] whose range was ignored brings everything, and so ends every other of the same segment", () => {
    const desk = new OriginDesk();
    const segment = aSegment({ chunks: 5 });
    desk.start(0, range(segment, 1, 2));
    desk.start(0, range(segment, 3, 4));
    desk.start(0, range(aSegment({ chunks: 5 }), 3, 4));
    expect(desk.opened(50, fetchOf(desk, 2), 0)).toEqual([{ type: "abort-origin", fetch: 1 }]);
    expect(pictureOf(segment)).toBe("~~~~~");
    expect([...desk.all()].map(({ id }) => id)).toEqual([2, 3]);
  });

  test("that ends leaves alone what another of the same segment brings", () => {
    const desk = new OriginDesk();
    const segment = aSegment({ chunks: 6 });
    desk.start(0, range(segment, 0, 5));
    desk.start(0, range(segment, 4));
    desk.abort(fetchOf(desk, 1));
    expect(pictureOf(segment)).toBe("....~~");
  });

  test("of an unknown size goes on until it ends, however much has come: it is not made anew beside itself", () => {
    const desk = new OriginDesk();
    const segment = aSegment();
    desk.start(0, range(segment, 0));
    for (let chunk = 0; chunk < 3; chunk++) {
      hold(segment, [chunk]);
      desk.cover();
      expect(pictureOf(segment)).toBe(`${"#".repeat(chunk + 1)}~`);
    }
  });
});

describe("[SW24] a request made more than once", () => {
  function twins(): { readonly desk: OriginDesk; readonly segment: Segment } {
    const desk = new OriginDesk();
    const segment = aSegment({ chunks: 4 });
    desk.start(0, range(segment, 1, 3));
    const again = desk.hedge(400, fetchOf(desk, 1));
    expect(again).toEqual({ type: "fetch-origin", fetch: 2, segment: segment.id, from: 1, to: 3, reason: "due" });
    return { desk, segment };
  }

  test.each([
    [1, 2],
    [2, 1],
  ])("goes on with number %i if that answers first, without number %i", (first, second) => {
    const { desk, segment } = twins();
    expect(desk.opened(500, fetchOf(desk, first), 1)).toEqual([{ type: "abort-origin", fetch: second }]);
    expect(pictureOf(segment)).toBe(".~~.");
    expect([...desk.all()].map(({ id }) => id)).toEqual([first]);
  });

  test("goes on with the other when one fails", () => {
    const { desk, segment } = twins();
    const failed = fetchOf(desk, 1);
    desk.closed(500, failed);
    expect(desk.twinsOf(failed)).toEqual([fetchOf(desk, 2)]);
    expect(pictureOf(segment)).toBe(".~~.");
    expect(desk.opened(600, fetchOf(desk, 2), 1)).toEqual([]);
  });

  test("may be made a third time: all but the first that answers are aborted", () => {
    const { desk, segment } = twins();
    desk.hedge(800, fetchOf(desk, 2));
    expect(desk.opened(900, fetchOf(desk, 2), 1)).toEqual([
      { type: "abort-origin", fetch: 1 },
      { type: "abort-origin", fetch: 3 },
    ]);
    expect(pictureOf(segment)).toBe(".~~.");
  });

  test("counts both times: the one that did not answer was as late at least", () => {
    const { desk } = twins();
    desk.opened(700, fetchOf(desk, 2), 1);
    expect([desk.firstByteMs, desk.lateFirstByteMs]).toEqual([300, 700]);
  });
});

describe("how long the origin will take", () => {
  test("[SW101] is not told by a request that was held until its part was made", () => {
    const desk = new OriginDesk();
    const segment = aSegment({ chunks: 2 });
    segment.hintedUntil = Infinity;
    desk.start(0, range(segment, 0));
    segment.hintedUntil = 400;
    desk.opened(405, fetchOf(desk, 1), 0);
    expect([desk.firstByteMs, desk.lateFirstByteMs]).toEqual([250, 250]);
  });

  test("[SW20] is guessed until measured", () => {
    const desk = new OriginDesk();
    expect(desk.firstByteMs).toBe(250);
    expect(desk.estimateMs(10)).toBeCloseTo(1.5 * 250 + (1.3 * 10 * CHUNK_BYTES) / 1000);
  });

  test("[SW20] follows the usual time to the first byte: a rare late one changes nothing", () => {
    const desk = new OriginDesk();
    fetchOnce(desk, 1000, 2040, 1);
    expect([desk.firstByteMs, desk.lateFirstByteMs]).toEqual([250, 2040]);
    for (let i = 0; i < 5; i++) fetchOnce(desk, 1000, 40 + i, 1);
    expect([desk.firstByteMs, desk.lateFirstByteMs]).toEqual([43, 2040]);
  });

  test("[SW23] forgets a late one after 64 others", () => {
    const desk = new OriginDesk();
    fetchOnce(desk, 1000, 2040, 1);
    for (let i = 0; i < 63; i++) fetchOnce(desk, 1000, 40, 1);
    expect(desk.lateFirstByteMs).toBe(2040);
    fetchOnce(desk, 1000, 40, 1);
    expect(desk.lateFirstByteMs).toBe(40);
  });

  test("[SW20] follows the rate, of answers long enough to tell", () => {
    const desk = new OriginDesk();
    fetchOnce(desk, 10 * CHUNK_BYTES, 40, 100);
    const needMs = desk.estimateMs(100) - desk.estimateMs(0);
    expect(needMs).toBeCloseTo((1.3 * 100 * 100) / 10);
    fetchOnce(desk, CHUNK_BYTES, 40, 100);
    expect(desk.estimateMs(100) - desk.estimateMs(0)).toBeCloseTo(needMs);
  });

  test("is not learned from what was aborted, or never answered", () => {
    const desk = new OriginDesk();
    desk.start(0, range(aSegment({ chunks: 3 }), 0));
    desk.start(0, range(aSegment({ chunks: 3 }), 0));
    desk.abort(fetchOf(desk, 1));
    desk.closed(60_000, fetchOf(desk, 2));
    expect(desk.firstByteMs).toBe(250);
    expect(desk.estimateMs(10)).toBe(new OriginDesk().estimateMs(10));
  });
});
