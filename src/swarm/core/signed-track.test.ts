import { describe, expect, test } from "vitest";
import { BOB, CAROL, EVE, idOf, LinkedViewer, ROOT, whole } from "../../../testkit/linked-viewer.ts";
import { nameOf } from "../../../testkit/swarm-parts.ts";
import type { PeerId } from "../../protocol/ids.ts";
import { CHUNK_BYTES } from "../../protocol/limits.ts";

describe("[IN5] in a signed track", () => {
  test("only what has a root is taken from peers", () => {
    const stage = new LinkedViewer([13]);
    stage.says(BOB, { type: "have", slot: 0, segments: [12, 13].map(whole) });
    stage.pass(100);
    expect(stage.asked()).toEqual([13]);
    expect(stage.core.stats().integrity).toBe("playlist");
    expect(stage.core.accepts(idOf(12), 0, CHUNK_BYTES)).toBe(false);
  });

  test("what peers list ahead of our playlist waits for it", () => {
    const stage = new LinkedViewer([10, 11, 12, 13]);
    stage.says(BOB, { type: "have", slot: 0, segments: [14].map(whole) });
    stage.pass(100);
    expect(stage.asked()).toEqual([]);
    expect(stage.core.accepts(idOf(14), 0, CHUNK_BYTES)).toBe(false);
  });

  test("a playlist that loses its roots makes nobody trusted", () => {
    const stage = new LinkedViewer([10, 11, 12, 13]);
    stage.list([], false);
    stage.says(BOB, { type: "have", slot: 0, segments: [12, 13].map(whole) });
    stage.pass(100);
    expect(stage.asked()).toEqual([]);
  });

  test("what peers brought before the first root is thrown away", () => {
    const stage = new LinkedViewer([], false);
    stage.says(BOB, { type: "have", slot: 0, segments: [12].map(whole) });
    stage.pass(100);
    expect(stage.asked()).toEqual([12]);
    const arrived = { peer: BOB, segment: idOf(12), chunk: 0, byteLength: CHUNK_BYTES, stored: true };
    stage.tell({ type: "peer-chunk", ...arrived });
    stage.list([10, 11, 12, 13]);
    expect(stage.actions).toContainEqual({ type: "evict", segment: idOf(12) });
    expect(stage.core.bytesOf(idOf(12))?.peerBytes).toBe(0);
  });

  test("and hashes that cannot be had, a segment comes from the origin alone", () => {
    const stage = new LinkedViewer([12, 13]);
    stage.says(BOB, { type: "have", slot: 0, segments: [12].map(whole) });
    stage.pass(100);
    expect(stage.asked()).toEqual([12]);
    stage.tell({ type: "segment-unprovable", segment: idOf(12) });
    expect(stage.sent("cancel", BOB)).toHaveLength(1);
    stage.says(BOB, { type: "have", slot: 0, segments: [12, 13].map(whole) });
    stage.pass(100);
    expect(stage.sent("request").filter(({ segment }) => segment.sequence === 12)).toHaveLength(1);
    expect(stage.asked()).toEqual([12, 13]);
  });
});

test("[IN8] what the origin brings is offered once it is proven, and not before", () => {
  const stage = new LinkedViewer([12]);
  stage.tell({ type: "segment-wanted", segment: idOf(12) });
  stage.pass(3000);
  const fetch = stage.actions.find((action) => action.type === "fetch-origin");
  if (fetch?.type !== "fetch-origin") throw new Error("nothing was fetched");
  stage.tell({ type: "origin-opened", fetch: fetch.fetch, firstChunk: fetch.from });
  stage.tell({ type: "origin-chunk", fetch: fetch.fetch, chunk: fetch.from, byteLength: CHUNK_BYTES });
  stage.pass(500);
  expect(stage.sent("have")).toEqual([]);
  stage.says(BOB, { type: "request", slot: 0, segment: nameOf(12), chunks: [fetch.from], dueInMs: 5000 });
  expect(stage.sent("reject", BOB)).toMatchObject([{ reason: "gone", chunks: [fetch.from] }]);

  stage.tell({ type: "chunk-proven", segment: idOf(12), chunk: fetch.from });
  stage.pass(500);
  expect(stage.sent("have")).toMatchObject([{ segments: [{ segment: nameOf(12) }] }]);
  stage.says(BOB, { type: "request", slot: 0, segment: nameOf(12), chunks: [fetch.from], dueInMs: 5000 });
  expect(stage.actions).toContainEqual(expect.objectContaining({ type: "send-chunk", peer: BOB, chunk: fetch.from }));
  expect(stage.core.stats()).toMatchObject({ verifiedChunks: 1, forgedChunks: 0 });
});

describe("[IN9] a forger", () => {
  test("[T2] between two honest sources of one segment is banned alone, and one chunk is asked for twice", () => {
    const stage = new LinkedViewer([]);
    const byteLength = 9 * CHUNK_BYTES;
    stage.list([12], true, { ...ROOT, byteLength });
    stage.link(CAROL);
    const asked = (of?: PeerId): number[] => stage.sent("request", of).flatMap(({ chunks }) => chunks);
    for (const peer of [BOB, CAROL, EVE])
      stage.says(peer, { type: "have", slot: 0, segments: [{ segment: nameOf(12), byteLength }] });
    stage.pass(100);
    const evils = asked(EVE);
    for (const peer of [BOB, CAROL])
      for (const chunk of asked(peer))
        stage.tell({ type: "peer-chunk", peer, segment: idOf(12), chunk, byteLength: CHUNK_BYTES, stored: true });
    const before = asked().length;
    stage.tell({ type: "chunk-forged", peer: EVE, segment: idOf(12), byteLength: CHUNK_BYTES });
    stage.pass(100);
    // What Eve owed is owed by the others; the one that she altered is the only one to cross the network twice.
    expect(evils.length).toBeGreaterThan(0);
    expect(asked().slice(before).sort()).toEqual(evils.sort());
    const { peers, wastedBytes, forgedChunks } = stage.core.stats();
    expect({ forgedChunks, wastedBytes }).toEqual({ forgedChunks: 1, wastedBytes: CHUNK_BYTES });
    expect(peers.map(({ peer }) => peer)).toEqual([BOB, CAROL]);
  });

  test("alone is cut off, for good, and its chunk is asked of another", () => {
    const stage = new LinkedViewer([12]);
    stage.says(EVE, { type: "have", slot: 0, segments: [12].map(whole) });
    stage.pass(100);
    expect(stage.asked(EVE)).toEqual([12]);
    stage.says(BOB, { type: "have", slot: 0, segments: [12].map(whole) });
    stage.tell({ type: "chunk-forged", peer: EVE, segment: idOf(12), byteLength: CHUNK_BYTES });
    stage.pass(100);
    expect(stage.sent("bye")).toEqual([{ type: "bye", reason: "protocol" }]);
    expect(stage.actions).toContainEqual({ type: "close-peer", peer: EVE, reason: "protocol" });
    expect(
      stage
        .sent("request", BOB)
        .flatMap(({ chunks }) => chunks)
        .sort(),
    ).toEqual([0, 1]);
    expect(stage.core.stats()).toMatchObject({
      ...{ forgedChunks: 1, wastedBytes: CHUNK_BYTES, peerReceivedBytes: CHUNK_BYTES },
      peers: [{ peer: BOB, state: "open" }],
    });

    const before = stage.actions.length;
    stage.tell({ type: "tracker-message", message: { type: "signal", from: EVE, signal: "ooffer" } });
    expect(stage.actions.slice(before).filter(({ type }) => type === "open-peer")).toEqual([]);
  });
});
