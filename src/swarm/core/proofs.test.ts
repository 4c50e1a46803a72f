import { describe, expect, test } from "vitest";
import { BOB, EVE, idOf, LinkedViewer, ROOT, whole } from "../../../testkit/linked-viewer.ts";
import { nameOf, VIDEO } from "../../../testkit/swarm-parts.ts";
import { CHUNK_BYTES } from "../../protocol/limits.ts";
import type { PeerId } from "../../protocol/ids.ts";

const KEY = "ab".repeat(32);
const haveOf = (...sequences: number[]) => ({ type: "have", slot: 0, segments: sequences.map(whole) }) as const;
const known = (sequence: number, from = 0, to = 2) =>
  ({ type: "hashes-known", segment: idOf(sequence), byteLength: ROOT.byteLength, from, to }) as const;

/** To whom questions for hashes went. */
const askedHashes = (stage: LinkedViewer): PeerId[] =>
  stage.of("send").flatMap(({ peers, message }) => (message.type === "ask-hashes" ? peers : []));

describe("[IN10] whoever is asked for chunks is asked for their hashes", () => {
  test("in the same round, before the chunks, and once", () => {
    const stage = new LinkedViewer([12]);
    stage.says(BOB, haveOf(12));
    stage.pass(100);
    const said = stage.of("send").filter(({ message }) => message.type === "ask-hashes" || message.type === "request");
    expect(said.map(({ peers, message }) => [peers[0], message.type])).toEqual([
      [BOB, "ask-hashes"],
      [BOB, "request"],
    ]);
    stage.tell(known(12));
    stage.says(BOB, haveOf(12));
    stage.pass(3000);
    expect(askedHashes(stage)).toEqual([BOB]);
    expect(stage.of("fetch-hashes")).toEqual([]);
  });

  test("and not at all where nothing is checked", () => {
    const stage = new LinkedViewer([], false);
    stage.says(BOB, haveOf(12));
    stage.pass(100);
    expect(stage.asked(BOB)).toEqual([12]);
    expect(askedHashes(stage)).toEqual([]);
  });

  test("[IN11] another one is asked when it does not answer, and at last the origin's file is fetched", () => {
    const stage = new LinkedViewer([12]);
    stage.says(BOB, haveOf(12));
    stage.pass(100);
    stage.says(EVE, haveOf(12));
    stage.pass(300);
    expect(askedHashes(stage)).toEqual([BOB]);
    stage.pass(200);
    expect(askedHashes(stage)).toEqual([BOB, EVE]);
    expect(stage.of("fetch-hashes")).toEqual([]);
    stage.pass(500);
    expect(stage.of("fetch-hashes")).toEqual([{ type: "fetch-hashes", segment: idOf(12) }]);
  });
});

describe("[IN11] whoever fetches from the origin for the swarm", () => {
  test("has the file fetched of a segment that nobody has, once", () => {
    const stage = new LinkedViewer([12]);
    stage.tell({ type: "segment-wanted", segment: idOf(12) });
    stage.pass(3000);
    expect(stage.of("fetch-origin")[0]).toMatchObject({ segment: idOf(12), from: 0 });
    expect(stage.of("fetch-hashes")).toEqual([{ type: "fetch-hashes", segment: idOf(12) }]);
    expect(askedHashes(stage)).toEqual([]);
  });

  test("and asks a peer that has hashes by then", () => {
    const stage = new LinkedViewer([12]);
    stage.says(BOB, { type: "have", slot: 0, segments: [{ ...whole(12), bitmap: Uint8Array.of(2) }] });
    stage.tell({ type: "segment-wanted", segment: idOf(12) });
    stage.pass(200);
    stage.tell(known(12));
    stage.pass(2800);
    expect(stage.of("fetch-origin").length).toBeGreaterThan(0);
    expect(askedHashes(stage)).toEqual([BOB]);
    expect(stage.of("fetch-hashes")).toEqual([]);
  });
});

describe("[IN12] a question for hashes", () => {
  const question = { type: "ask-hashes", slot: 0, segment: nameOf(12), chunks: [0, 1] } as const;

  test("is answered with what is known", () => {
    const stage = new LinkedViewer([12]);
    stage.says(BOB, question);
    expect(stage.of("send-hashes")).toEqual([]);
    stage.tell(known(12));
    stage.says(BOB, question);
    const answer = { type: "send-hashes", peer: BOB, slot: 0, segment: idOf(12), name: nameOf(12), chunks: [0, 1] };
    expect(stage.of("send-hashes")).toEqual([answer]);
  });

  test("[T15] of one segment is answered a few times, not for ever", () => {
    const stage = new LinkedViewer([12]);
    stage.tell(known(12));
    for (let i = 0; i < 1000; i++) stage.says(EVE, question);
    expect(stage.of("send-hashes")).toHaveLength(24);
    stage.says(BOB, question);
    expect(stage.of("send-hashes")).toHaveLength(25);
  });
});

describe("[IN13] where roots are required and the playlist gives none", () => {
  const unsigned = (key: string | undefined = KEY): LinkedViewer => {
    const stage = new LinkedViewer([], false, "required");
    stage.join(key);
    return stage;
  };

  test("a peer's chunk is asked for with its hash, which another one may have", () => {
    const stage = unsigned();
    expect(stage.core.stats().integrity).toBe("attested");
    expect(stage.core.proofOf(idOf(12))).toBe("attested");
    stage.says(BOB, haveOf(12));
    stage.pass(100);
    expect(stage.asked(BOB)).toEqual([12]);
    expect(askedHashes(stage)).toEqual([BOB]);
    stage.says(EVE, haveOf(12));
    stage.pass(500);
    expect(askedHashes(stage)).toEqual([BOB, EVE]);
  });

  test("and no hashes the segment comes from the origin alone", () => {
    const stage = unsigned();
    stage.says(BOB, haveOf(12));
    stage.pass(1900);
    expect(stage.of("fetch-hashes")).toEqual([]);
    stage.pass(500);
    expect(stage.of("fetch-hashes")).toEqual([{ type: "fetch-hashes", segment: idOf(12) }]);
    stage.tell({ type: "segment-unprovable", segment: idOf(12) });
    stage.pass(1000);
    expect(stage.sent("request")).toHaveLength(1);
    expect(stage.core.accepts(idOf(12), 0, CHUNK_BYTES)).toBe(false);
  });

  test("what peers list ahead of our playlist may be taken, since it is attested by its name", () => {
    const stage = unsigned();
    stage.says(BOB, haveOf(14));
    stage.pass(500);
    expect(stage.asked(BOB)).toEqual([14]);
  });

  test.each([
    ["a tracker that attests nothing", (stage: LinkedViewer) => stage.join(undefined)],
    ["a browser that cannot check", (stage: LinkedViewer) => stage.tell({ type: "attestation-unusable" })],
  ])("%s leaves the origin alone", (_, spoil) => {
    const stage = unsigned();
    spoil(stage);
    stage.says(BOB, haveOf(12));
    stage.pass(3000);
    expect(stage.asked()).toEqual([]);
    expect(stage.core.stats().integrity).toBe("none");
    expect(stage.core.accepts(idOf(12), 0, CHUNK_BYTES)).toBe(false);
  });

  test("a browser that cannot check does not change its mind at another tracker", () => {
    const stage = unsigned();
    stage.tell({ type: "attestation-unusable" });
    stage.join(KEY);
    expect(stage.core.stats().integrity).toBe("none");
  });

  test("roots that the playlist gives later go first", () => {
    const stage = unsigned();
    stage.list([10, 11, 12, 13]);
    expect(stage.core.stats().integrity).toBe("playlist");
    stage.join(undefined);
    expect(stage.core.stats().integrity).toBe("playlist");
  });
});

describe("[IN15] what the origin brought without a root", () => {
  const fetched = (): LinkedViewer => {
    const stage = new LinkedViewer([], false, "required");
    stage.join(KEY);
    stage.tell({ type: "segment-wanted", segment: idOf(12) });
    stage.pass(3000);
    return stage;
  };
  const report = {
    ...{ type: "report-hashes", segment: idOf(12), track: VIDEO, name: nameOf(12) },
    ...{ byteLength: ROOT.byteLength, from: 0, to: 2 },
  };

  test("is told to the tracker in one piece, and offered once it is attested", () => {
    const stage = fetched();
    stage.originBrings(12, [0, 1]);
    stage.pass(500);
    expect(stage.of("report-hashes")).toEqual([report]);
    expect(stage.sent("have")).toEqual([]);
    stage.tell(known(12));
    for (const chunk of [0, 1]) stage.tell({ type: "chunk-proven", segment: idOf(12), chunk });
    stage.pass(500);
    expect(stage.sent("have")).toMatchObject([{ segments: [{ segment: nameOf(12) }] }]);
  });

  test("is told at once when nothing more comes", () => {
    const stage = fetched();
    const { fetch } = stage.originBrings(12, [0, 1]);
    const closed = { outcome: "complete", status: 200, receivedBytes: ROOT.byteLength } as const;
    stage.tell({ type: "origin-closed", fetch, ...closed });
    stage.pass(60);
    expect(stage.of("report-hashes")).toEqual([report]);
  });

  test("is not told where a peer has it attested: that one is asked", () => {
    const stage = fetched();
    stage.originBrings(12, [0]);
    stage.says(BOB, { type: "have", slot: 0, segments: [{ ...whole(12), bitmap: Uint8Array.of(1) }] });
    stage.pass(500);
    expect(stage.of("report-hashes")).toEqual([]);
    expect(askedHashes(stage)).toEqual([BOB]);
  });

  test("goes before what was attested: a size that is not ours makes the segment nobody else's", () => {
    const stage = fetched();
    stage.originBrings(12, [0]);
    stage.tell({ ...known(12), byteLength: ROOT.byteLength + 1 });
    stage.says(BOB, haveOf(12));
    stage.pass(500);
    expect(stage.core.accepts(idOf(12), 1, CHUNK_BYTES)).toBe(false);
    expect(stage.sent("have")).toEqual([]);
  });
});

test("[TR46] whoever forged is accused once", () => {
  const stage = new LinkedViewer([12]);
  stage.join();
  const forged = { type: "chunk-forged", peer: EVE, segment: idOf(12), byteLength: CHUNK_BYTES } as const;
  stage.tell(forged);
  stage.tell(forged);
  const said = stage.of("send-tracker").map(({ message }) => message);
  expect(said.filter(({ type }) => type === "accuse")).toEqual([{ type: "accuse", peer: EVE }]);
});
