import { describe, expect, test } from "vitest";
import { BOB, EVE, idOf, LinkedViewer, whole } from "../../../testkit/linked-viewer.ts";
import { CHUNK_BYTES } from "../../protocol/limits.ts";
import type { SwarmAction } from "./action.ts";

const KEY = "ab".repeat(32);

/** A viewer of an attested track to whom Bob has brought the whole of some segments; the first one is handed over. */
function attested(...sequences: number[]): LinkedViewer {
  const stage = new LinkedViewer([], false, "required");
  stage.join(KEY);
  stage.says(BOB, { type: "have", slot: 0, segments: sequences.map(whole) });
  stage.pass(100);
  for (const segment of sequences.map(idOf)) {
    stage.tell({ type: "hashes-known", segment, byteLength: 2 * CHUNK_BYTES, from: 0, to: 2 });
    for (const chunk of [0, 1])
      stage.tell({ type: "peer-chunk", peer: BOB, segment, chunk, byteLength: CHUNK_BYTES, stored: true });
  }
  stage.pass(200);
  return stage;
}

/** The player takes a segment over and over again. Returns what is to be audited. */
function playOften(stage: LinkedViewer, times: number): Extract<SwarmAction, { type: "audit-chunk" }>[] {
  for (let i = 0; i < times; i++) stage.tell({ type: "segment-wanted", segment: idOf(12) });
  return stage.of("audit-chunk");
}

const audited = (fits: boolean | undefined) =>
  ({ type: "audited", segment: idOf(12), receivedBytes: CHUNK_BYTES, fits }) as const;

describe("[IN16] of the segments that peers brought", () => {
  test("about one in a hundred is audited once it is handed over, any of its chunks", () => {
    const audits = playOften(attested(12), 20_000);
    expect(audits.length).toBeGreaterThan(150);
    expect(audits.length).toBeLessThan(250);
    expect(new Set(audits.map(({ segment }) => segment))).toEqual(new Set([idOf(12)]));
    expect(new Set(audits.map(({ chunk }) => chunk))).toEqual(new Set([0, 1]));
  });

  test.each([
    ["where ranges do not work", (stage: LinkedViewer) => stage.tell({ type: "origin-ranges", usable: false })],
    [
      "while something is fetched for the player",
      (stage: LinkedViewer) => stage.tell({ type: "segment-wanted", segment: idOf(10) }),
    ],
    [
      "where the device is to fetch only",
      (stage: LinkedViewer) => stage.tell({ type: "device", device: { saveData: true } }),
    ],
  ])("none is %s", (_, spoil) => {
    const stage = attested(12);
    spoil(stage);
    stage.pass(100);
    expect(playOften(stage, 2000)).toEqual([]);
  });
});

describe("[IN16] a chunk that the origin has otherwise", () => {
  test("ends all belief in what is attested: nothing of it is kept, given or taken, and nobody is blamed", () => {
    const stage = attested(12, 13);
    expect(stage.sent("have", EVE)).not.toEqual([]);
    stage.tell(audited(false));
    expect(stage.of("evict").map(({ segment }) => segment)).toEqual([idOf(12), idOf(13)]);
    expect(stage.sent("gone", EVE)).toHaveLength(2);
    expect(stage.core.stats()).toMatchObject({ integrity: "none", failedAudits: 1, forgedChunks: 0 });
    expect(stage.core.accepts(idOf(12), 0, CHUNK_BYTES)).toBe(false);

    const asked = stage.sent("request").length;
    stage.says(BOB, { type: "have", slot: 0, segments: [whole(10), whole(12)] });
    stage.tell({ type: "segment-wanted", segment: idOf(12) });
    stage.pass(1000);
    expect(stage.of("fetch-origin")).toMatchObject([{ segment: idOf(12), reason: "alone" }]);
    expect(stage.sent("request")).toHaveLength(asked);
    expect(stage.of("close-peer")).toEqual([]);
    expect(stage.of("send-tracker").map(({ message }) => message.type)).not.toContain("accuse");
  });

  test("is not forgotten when a tracker comes that attests", () => {
    const stage = attested(12);
    stage.tell(audited(false));
    stage.join(KEY);
    expect(stage.core.proofOf(idOf(12))).toBeUndefined();
    expect(stage.core.stats().integrity).toBe("none");
  });

  test("leaves alone what has a root", () => {
    const stage = attested(12);
    stage.list([10, 11, 12, 13]);
    stage.tell(audited(false));
    expect(stage.of("evict")).toEqual([]);
    expect(stage.core.stats().integrity).toBe("playlist");
  });
});

test.each([
  ["the same", true],
  ["not to be had", undefined],
])("[IN16] a chunk that is %s changes nothing, and its bytes are the origin's and waste", (_, fits) => {
  const stage = attested(12);
  const { originReceivedBytes, wastedBytes } = stage.core.stats();
  stage.tell(audited(fits));
  expect(stage.core.stats()).toMatchObject({
    integrity: "attested",
    failedAudits: 0,
    originReceivedBytes: originReceivedBytes + CHUNK_BYTES,
    wastedBytes: wastedBytes + CHUNK_BYTES,
  });
  expect(stage.of("evict")).toEqual([]);
});
