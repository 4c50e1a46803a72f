import { describe, expect, test } from "vitest";
import { VIDEO, listing, nameOf } from "../../../testkit/swarm-parts.ts";
import { createRng } from "../../base/random.ts";
import { segmentIdOf, swarmIdOf, type PeerId, type ViewerId } from "../../protocol/ids.ts";
import { CHUNK_BYTES } from "../../protocol/limits.ts";
import type { SwarmAction } from "./action.ts";
import type { SwarmEvent } from "./event.ts";
import { SwarmCore } from "./swarm.ts";

const SEGMENT = segmentIdOf(VIDEO, nameOf(12));
const ALICE = "alice_____" as PeerId;

/** A core whose player waits for one segment, so that the origin has been asked for it. */
class Desk {
  now = 1000;
  readonly core = new SwarmCore({
    swarm: swarmIdOf("stream"),
    viewer: "8000000000000000" as ViewerId,
    trackers: [],
    uplink: 1,
    memoryBytesMax: 1e8,
    rng: createRng(1),
  });
  readonly #actions: SwarmAction[] = [];

  constructor() {
    this.feed({ type: "playlist", track: VIDEO, live: true, targetDuration: 4, segments: listing(10, 15) });
    this.feed({ type: "tracks-followed", tracks: [VIDEO] });
    this.feed({ type: "segment-wanted", segment: SEGMENT });
  }

  feed(event: SwarmEvent): void {
    this.#actions.push(...this.core.handle(this.now, event));
  }

  /** Time passes, and the core wakes when it wants to. */
  wait(ms: number): void {
    const end = this.now + ms;
    for (let at = this.core.nextWakeup(); at <= end; at = this.core.nextWakeup()) {
      this.now = Math.max(this.now, at);
      this.feed({ type: "wakeup" });
    }
    this.now = end;
  }

  /** What was asked for since the last look, as text. */
  asked(): string[] {
    return this.#actions.splice(0).flatMap((action) => {
      if (action.type === "fetch-origin") return [`fetch ${action.from}-${action.to ?? ""}`];
      if (action.type === "segment-complete") return [`complete ${action.byteLength}`];
      if (action.type === "segment-failed") return [`failed ${action.status}`];
      return action.type === "evict" || action.type === "abort-origin" ? [action.type] : [];
    });
  }

  opened(fetch: number, firstChunk = 0, byteLength?: number): void {
    this.feed({ type: "origin-opened", fetch, firstChunk, byteLength });
  }

  chunks(fetch: number, from: number, to: number, byteLength = CHUNK_BYTES): void {
    for (let chunk = from; chunk < to; chunk++) this.feed({ type: "origin-chunk", fetch, chunk, byteLength });
  }

  closed(fetch: number, end: Partial<Extract<SwarmEvent, { type: "origin-closed" }>>): void {
    const event = { type: "origin-closed", fetch, outcome: "complete", status: 200, receivedBytes: 0 } as const;
    this.feed({ ...event, ...end });
  }
}

describe("from the origin", () => {
  test("a segment is handed over with its last chunk", () => {
    const desk = new Desk();
    expect(desk.asked()).toEqual(["fetch 0-"]);
    desk.opened(1, 0, 2 * CHUNK_BYTES);
    desk.chunks(1, 0, 2);
    expect(desk.asked()).toEqual([`complete ${2 * CHUNK_BYTES}`]);
    desk.closed(1, { receivedBytes: 2 * CHUNK_BYTES });
    expect(desk.core.stats()).toMatchObject({ originBytes: 2 * CHUNK_BYTES, wastedBytes: 0 });
  });

  test("of unknown size it is handed over at the end, and fetched once", () => {
    const desk = new Desk();
    desk.opened(1);
    for (let chunk = 0; chunk < 4; chunk++) {
      desk.chunks(1, chunk, chunk + 1);
      desk.wait(100);
    }
    expect(desk.asked()).toEqual(["fetch 0-"]);
    desk.closed(1, { byteLength: 4 * CHUNK_BYTES, receivedBytes: 4 * CHUNK_BYTES });
    expect(desk.asked()).toEqual([`complete ${4 * CHUNK_BYTES}`]);
    expect(desk.core.stats().originReceivedBytes).toBe(4 * CHUNK_BYTES);
  });

  test("of unknown size it is handed over when a 416 proves that nothing is missing", () => {
    const desk = new Desk();
    desk.opened(1);
    desk.chunks(1, 0, 2);
    desk.closed(1, { outcome: "failed", status: 0, receivedBytes: 2 * CHUNK_BYTES });
    desk.feed({ type: "segment-wanted", segment: SEGMENT });
    expect(desk.asked()).toEqual(["fetch 0-", "failed 0", "fetch 2-"]);
    desk.closed(2, { outcome: "void", status: 416 });
    expect(desk.asked()).toEqual([`complete ${2 * CHUNK_BYTES}`]);
  });

  test("[SW24] one of two requests that fails is no refusal: the other goes on", () => {
    const desk = new Desk();
    desk.feed({ type: "playback", position: 48, bufferedEnd: 48, rate: 1, bufferAheadMax: 30 });
    desk.wait(600);
    expect(desk.asked()).toEqual(["fetch 0-", "fetch 0-"]);
    desk.closed(1, { outcome: "failed", status: 503 });
    expect(desk.asked()).toEqual([]);
    desk.opened(2, 0, 2 * CHUNK_BYTES);
    desk.chunks(2, 0, 2);
    expect(desk.asked()).toEqual([`complete ${2 * CHUNK_BYTES}`]);
  });

  test("[SW24] of two requests the one that answers second is ended, and both failing is a refusal", () => {
    const desk = new Desk();
    desk.feed({ type: "playback", position: 48, bufferedEnd: 48, rate: 1, bufferAheadMax: 30 });
    desk.wait(600);
    desk.opened(2);
    expect(desk.asked()).toEqual(["fetch 0-", "fetch 0-", "abort-origin"]);
    desk.closed(2, { outcome: "failed", status: 503 });
    expect(desk.asked()).toEqual(["failed 503"]);
  });

  test("what broke off is counted as waste, and only the rest is fetched again", () => {
    const desk = new Desk();
    desk.opened(1, 0, 3 * CHUNK_BYTES);
    desk.chunks(1, 0, 1);
    desk.closed(1, { outcome: "failed", status: 0, receivedBytes: CHUNK_BYTES + 700 });
    expect(desk.core.stats()).toMatchObject({ originReceivedBytes: CHUNK_BYTES + 700, wastedBytes: 700 });
    desk.feed({ type: "segment-wanted", segment: SEGMENT });
    expect(desk.asked()).toEqual(["fetch 0-", "failed 0", "fetch 1-"]);
  });

  test("[SW60] a refusal is passed on with its status, and asked for again only by whoever asks again", () => {
    const desk = new Desk();
    desk.closed(1, { outcome: "failed", status: 404 });
    desk.wait(60_000);
    expect(desk.asked()).toEqual(["fetch 0-", "failed 404"]);
    desk.feed({ type: "segment-wanted", segment: SEGMENT });
    expect(desk.asked()).toEqual(["fetch 0-"]);
  });

  test("a segment that is no longer wanted is not fetched on", () => {
    const desk = new Desk();
    desk.opened(1, 0, 3 * CHUNK_BYTES);
    desk.feed({ type: "segment-unwanted", segment: SEGMENT });
    expect(desk.asked()).toEqual(["fetch 0-", "abort-origin"]);
  });
});

describe("from a peer", () => {
  const give = (desk: Desk, chunk: number, stored = true, byteLength = CHUNK_BYTES): void =>
    desk.feed({ type: "peer-chunk", peer: ALICE, segment: SEGMENT, chunk, byteLength, stored });

  test("a chunk that makes a fetch needless ends it", () => {
    const desk = new Desk();
    desk.opened(1, 0, 2 * CHUNK_BYTES);
    desk.chunks(1, 0, 1);
    give(desk, 1);
    expect(desk.asked()).toEqual(["fetch 0-", `complete ${2 * CHUNK_BYTES}`, "abort-origin"]);
    expect(desk.core.stats()).toMatchObject({ peerBytes: CHUNK_BYTES, originBytes: CHUNK_BYTES, offload: 0.5 });
  });

  test("a chunk that is held, was not kept, or is nobody's is waste", () => {
    const desk = new Desk();
    desk.opened(1, 0, 3 * CHUNK_BYTES);
    desk.chunks(1, 0, 1);
    give(desk, 0);
    give(desk, 1, false);
    const other = segmentIdOf(VIDEO, nameOf(99));
    desk.feed({ type: "peer-chunk", peer: ALICE, segment: other, chunk: 0, byteLength: 10, stored: false });
    expect(desk.core.stats()).toMatchObject({
      peerReceivedBytes: 2 * CHUNK_BYTES + 10,
      wastedBytes: 2 * CHUNK_BYTES + 10,
    });
  });

  test("[SW62] bytes under another size than the origin's are thrown away, and never handed over", () => {
    const desk = new Desk();
    give(desk, 1, true, 100);
    desk.opened(1, 0, 2 * CHUNK_BYTES);
    expect(desk.asked()).toContain("evict");
    desk.chunks(1, 0, 2);
    desk.closed(1, { receivedBytes: 2 * CHUNK_BYTES });
    expect(desk.core.stats()).toMatchObject({
      peerBytes: 0,
      originBytes: 2 * CHUNK_BYTES,
      wastedBytes: 100,
    });
  });
});
