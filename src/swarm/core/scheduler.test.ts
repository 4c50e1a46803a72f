import { describe, expect, test } from "vitest";
import { aPeer, announce, hold, pictureOf, trackOf } from "../../../testkit/swarm-parts.ts";
import { createRng } from "../../base/random.ts";
import { CHUNK_BYTES } from "../../protocol/limits.ts";
import { OriginDesk } from "./origin-desk.ts";
import type { Peer } from "./peer.ts";
import { planOrigin, planRequests } from "./scheduler.ts";
import { REQUESTED, type Segment } from "./segment.ts";
import { SegmentTable } from "./segment-table.ts";
import { DEFAULT_TUNING, type SwarmTuning } from "./tuning.ts";

const NOW = 100_000;

/**
 * `#` held, `.` missing, `~` coming from the origin; asked of a peer and `?` expected in good time, `!` too late, `:`
 * long since.
 */
function segmentLike(picture: string, { sized = true, sequence = 10 } = {}): Segment {
  const segment = trackOf(new SegmentTable(), sequence, sequence + 1).listed[0];
  if (!segment) throw new Error("an empty track");
  if (sized) segment.learnSize(picture.length * CHUNK_BYTES, true);
  const chunks = Array.from(picture, (state, chunk) => ({ state, chunk }));
  const only = (states: string): number[] =>
    chunks.filter(({ state }) => states.includes(state)).map(({ chunk }) => chunk);
  hold(segment, only("#"));
  for (const chunk of only("~")) segment.fetch(chunk, chunk + 1);
  const alice = aPeer("alice");
  for (const chunk of only("?!:")) {
    segment.setState(chunk, REQUESTED);
    const expectedAt = NOW + ({ "!": 60_000, ":": -60_000 }[picture[chunk] ?? ""] ?? 100);
    segment.requests.set(chunk, { segment, chunk, peer: alice.id, at: NOW, expectedAt });
  }
  return segment;
}

interface Situation {
  readonly slackMs: number;
  readonly alone?: boolean;
  readonly started?: boolean;
  readonly wanted?: boolean;
  readonly listed?: boolean;
  readonly sized?: boolean;
  readonly ranges?: boolean;
  readonly guardMs?: number;
  readonly retryInMs?: number;
}

/** The plan for one segment: `0-3 due` for chunks 0, 1 and 2, `5-` for everything from 5 on, `look +100` in 100 ms. */
function origin(picture: string, situation: Situation): string {
  const segment = segmentLike(picture, situation);
  segment.wanted = situation.wanted ?? false;
  segment.listed = situation.listed ?? true;
  segment.originRetryAt = NOW + (situation.retryInMs ?? 0);
  const desk = new OriginDesk();
  desk.rangesUsable = situation.ranges ?? true;
  const { ranges, lookAgainAt } = planOrigin(NOW, [{ segment, dueAt: NOW + situation.slackMs }], desk, {
    started: situation.started ?? true,
    guardMs: situation.guardMs ?? 1500,
    isAlone: () => situation.alone ?? false,
  });
  const print = ranges.map(({ from, to, reason }) => `${from}-${to === undefined ? "" : to} ${reason}`);
  if (lookAgainAt < Infinity) print.push(`look +${Math.round(lookAgainAt - NOW)}`);
  return print.join(", ") || "nothing";
}

// Need of 8 chunks with an unmeasured origin: 1.5 x 250 + 1.3 x 8 x 32.8 + 1500 = 2216 ms.
describe("[SW20] the deadline rule", () => {
  test("waits for the swarm while there is time, and looks again when there is not", () => {
    expect(origin("........", { slackMs: 10_000 })).toMatchInlineSnapshot(`"look +7784"`);
    expect(origin("........", { slackMs: 2217 })).toMatchInlineSnapshot(`"look +1"`);
    expect(origin("........", { slackMs: 2215 })).toMatchInlineSnapshot(`"0-8 due, look +524"`);
    expect(origin("........", { slackMs: -5000 })).toMatchInlineSnapshot(`"0-8 due, look +1"`);
  });

  test("counts only what is neither held nor coming: less is fetched later", () => {
    expect(origin("####~~..", { slackMs: 10_000 })).toMatchInlineSnapshot(`"look +8040"`);
    expect(origin("########", { slackMs: 0 })).toBe("nothing");
    expect(origin("####~~~~", { slackMs: 0 })).toBe("nothing");
  });

  test("waits longer behind a slow or late timer", () => {
    expect(origin("........", { slackMs: 3000, guardMs: 3500 })).toMatchInlineSnapshot(`"0-8 due, look +9"`);
  });

  test("[SW21] leaves to peers what should still come in time, a little longer", () => {
    expect(origin("????....", { slackMs: 2000 })).toMatchInlineSnapshot(`"4-8 due, look +309"`);
    expect(origin("????....", { slackMs: 1600 })).toMatchInlineSnapshot(`"0-8 due, look +1"`);
    expect(origin("::::....", { slackMs: 2000 })).toMatchInlineSnapshot(`"4-8 due, look +309"`);
    expect(origin("::::....", { slackMs: 1600 })).toMatchInlineSnapshot(`"0-8 due, look +1"`);
    expect(origin("!!??....", { slackMs: 2000 })).toMatchInlineSnapshot(`"0-8 due, look +309"`);
  });

  test("[SW21] asks for exactly what is missing, in as few ranges as gaps are worth it", () => {
    expect(origin("..##..##", { slackMs: 0 })).toMatchInlineSnapshot(`"0-2 due, 4-6 due, look +1"`);
    expect(origin("..??..??", { slackMs: 1800 })).toMatchInlineSnapshot(`"0-6 due, look +109"`);
    expect(origin("..???..#", { slackMs: 1800 })).toMatchInlineSnapshot(`"0-2 due, 5-7 due, look +152"`);
    expect(origin("..#?..~.", { slackMs: 1800 })).toMatchInlineSnapshot(`"0-2 due, 4-6 due, 7-8 due, look +194"`);
  });

  test("goes on to the end while the size is a guess", () => {
    expect(origin("##..", { slackMs: 0, sized: false })).toMatchInlineSnapshot(`"2- due, look +1"`);
    expect(origin("####", { slackMs: 0, sized: false })).toMatchInlineSnapshot(`"4- due, look +1"`);
    expect(origin("", { slackMs: 0, sized: false })).toMatchInlineSnapshot(`"0- due, look +1"`);
    expect(origin("", { slackMs: 10_000, sized: false })).toMatchInlineSnapshot(`"look +6762"`);
  });

  test("[SW61] asks for the whole where ranges do not work", () => {
    expect(origin("##..", { slackMs: 0, ranges: false })).toMatchInlineSnapshot(`"0- due, look +1"`);
  });

  test("asks for nothing whose address is not known, unless hls.js has asked for it", () => {
    expect(origin("....", { slackMs: 0, listed: false })).toBe("nothing");
    expect(origin("....", { slackMs: 0, listed: false, wanted: true })).toMatchInlineSnapshot(`"0-4 due, look +1"`);
  });

  test("[SW60] leaves an origin alone for a while after it refused", () => {
    expect(origin("....", { slackMs: 0, retryInMs: 500 })).toBe("look +500");
  });
});

describe("[SW1] alone", () => {
  test("everything the player waits for comes from the origin at once, whole", () => {
    expect(origin("....", { slackMs: 60_000, alone: true, wanted: true, sized: false })).toMatchInlineSnapshot(
      `"0- alone"`,
    );
    expect(origin("..#.", { slackMs: 60_000, alone: true, wanted: true })).toMatchInlineSnapshot(
      `"0-2 alone, 3-4 alone"`,
    );
    expect(origin("????", { slackMs: 60_000, alone: true, wanted: true })).toMatchInlineSnapshot(`"0-4 alone"`);
  });

  test("nothing else does, however soon it is due", () => {
    expect(origin("....", { slackMs: 0, alone: true })).toBe("nothing");
  });

  test("[SW2] nor does anything else before playback, with peers or without", () => {
    expect(origin("....", { slackMs: 0, started: false })).toBe("nothing");
    expect(origin("....", { slackMs: 0, started: false, wanted: true })).toMatchInlineSnapshot(`"0-4 due, look +1"`);
  });
});

/** Every segment with its due time and who has what of it. */
interface Due {
  readonly segment: Segment;
  readonly slackMs: number;
  readonly held: ReadonlyMap<Peer, readonly number[] | "whole">;
}

interface Asking {
  readonly hasUplink?: boolean;
  readonly tuning?: Partial<SwarmTuning>;
  readonly seed?: number;
}

/** `alice 10: 0,1 | bob 10: 2`, the peers in alphabetical order. */
function requests(
  peers: readonly Peer[],
  window: readonly Due[],
  { hasUplink = true, tuning = {}, seed = 1 }: Asking = {},
): string {
  for (const { segment, held } of window) for (const [peer, chunks] of held) announce(peer, segment, chunks);
  const plans = planRequests(
    NOW,
    window.map(({ segment, slackMs }) => ({ segment, dueAt: NOW + slackMs })),
    peers,
    createRng(seed),
    { hasUplink, tuning: { ...DEFAULT_TUNING, ...tuning } },
  );
  return plans
    .map(({ peer, segment, chunks }) => `${peer.id.replaceAll("_", "")} ${segment.name.sequence}: ${chunks.join()}`)
    .sort()
    .join(" | ");
}

const URGENT = 2000;
const LATER = 10_000;

describe("requests", () => {
  test("[SW12] go in order when urgent, as many as fill the path", () => {
    const alice = aPeer("alice");
    const segment = segmentLike("........");
    expect(requests([alice], [{ segment, slackMs: URGENT, held: new Map([[alice, "whole"]]) }])).toMatchInlineSnapshot(
      `"alice 10: 0,1,2"`,
    );
  });

  test("[SW12] go in random order otherwise, but in order for a viewer without uplink", () => {
    const plan = (asking: Asking): string => {
      const alice = aPeer("alice");
      const segment = segmentLike("................");
      return requests([alice], [{ segment, slackMs: LATER, held: new Map([[alice, "whole"]]) }], asking);
    };
    const seeds = [1, 2, 3, 4, 5, 6].map((seed) => plan({ seed }));
    expect(new Set(seeds).size).toBeGreaterThan(3);
    expect(plan({ hasUplink: false })).toMatchInlineSnapshot(`"alice 10: 0,1,2"`);
  });

  test("[SW12] the most urgent segment first, then any of the others", () => {
    const alice = aPeer("alice");
    const [soon, later] = [segmentLike("..", { sequence: 10 }), segmentLike("........", { sequence: 11 })];
    const whole = new Map([[alice, "whole" as const]]);
    const plan = requests(
      [alice],
      [
        { segment: soon, slackMs: URGENT, held: whole },
        { segment: later, slackMs: LATER, held: whole },
      ],
      { tuning: { pipelineMin: 4, pipelineMax: 4 } },
    );
    expect(plan).toMatch(/^alice 10: 0,1 \| alice 11: \d,\d$/);
  });

  test("[SW11] go to whoever brings each chunk first", () => {
    const [fast, slow] = [aPeer("fast"), aPeer("slow")];
    fast.served(20);
    slow.served(60);
    const segment = segmentLike("........");
    const held = new Map([
      [fast, "whole" as const],
      [slow, "whole" as const],
    ]);
    expect(requests([slow, fast], [{ segment, slackMs: URGENT, held }])).toMatchInlineSnapshot(
      `"fast 10: 0,1,3,4,5,7 | slow 10: 2,6"`,
    );
  });

  test("[PE30] only to who has announced the chunk, and never for what is held, coming or asked already", () => {
    const [alice, bob] = [aPeer("alice"), aPeer("bob")];
    const segment = segmentLike("#.~.?...");
    const held = new Map<Peer, readonly number[]>([
      [alice, [0, 1, 2, 4]],
      [bob, [0, 3, 4, 6]],
    ]);
    expect(requests([alice, bob], [{ segment, slackMs: URGENT, held }])).toBe("alice 10: 1 | bob 10: 3,6");
  });

  test("never past the known end", () => {
    const alice = aPeer("alice");
    const segment = segmentLike("..");
    announce(alice, segment, [0, 1, 2, 3], undefined);
    expect(requests([alice], [{ segment, slackMs: URGENT, held: new Map() }])).toBe("alice 10: 0,1");
  });

  test("also while the size is unknown, as far as peers tell", () => {
    const alice = aPeer("alice");
    const segment = segmentLike("", { sized: false });
    expect(requests([alice], [{ segment, slackMs: URGENT, held: new Map([[alice, [2, 5]]]) }])).toBe("alice 10: 2,5");
    expect(pictureOf(segment)).toBe("");
  });

  test("[SW13] not beyond what a peer can have in its pipe, and nothing of one that is suspended", () => {
    const [alice, bob] = [aPeer("alice"), aPeer("bob")];
    bob.suspendedUntil = NOW + 1;
    const segment = segmentLike("................");
    const held = new Map([
      [alice, "whole" as const],
      [bob, "whole" as const],
    ]);
    alice.requests.push(
      ...Array.from({ length: 2 }, (_, chunk) => ({ segment, chunk, peer: alice.id, at: NOW, expectedAt: NOW })),
    );
    expect(requests([alice, bob], [{ segment, slackMs: URGENT, held }])).toMatchInlineSnapshot(`"alice 10: 0"`);
  });

  test("nothing when nobody has anything", () => {
    expect(requests([aPeer("alice")], [{ segment: segmentLike("...."), slackMs: URGENT, held: new Map() }])).toBe("");
    expect(requests([], [{ segment: segmentLike("...."), slackMs: URGENT, held: new Map() }])).toBe("");
  });

  test("never one chunk of two peers", () => {
    const peers = ["alice", "bob", "carol"].map((name) => aPeer(name));
    for (let seed = 0; seed < 50; seed++) {
      const segment = segmentLike("................");
      const held = new Map(peers.map((peer) => [peer, "whole" as const]));
      const plan = requests(peers, [{ segment, slackMs: LATER, held }], { seed });
      const chunks = plan.split(" | ").flatMap((each) => each.split(": ")[1]?.split(",") ?? []);
      expect(new Set(chunks).size).toBe(chunks.length);
      expect(chunks.length).toBeGreaterThan(8);
    }
  });
});
