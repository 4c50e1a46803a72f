import { describe, expect, test } from "vitest";
import { aPeer, announce, hold, NOW, pictureOf, segmentLike } from "../../../testkit/swarm-parts.ts";
import { createRng } from "../../base/random.ts";
import type { Peer } from "./peer.ts";
import { planRequests } from "./scheduler.ts";
import type { Segment } from "./segment.ts";
import { DEFAULT_TUNING, type SwarmTuning } from "./tuning.ts";

/** Every segment with its due time and who has what of it. */
interface Due {
  readonly segment: Segment;
  readonly slackMs: number;
  readonly held: ReadonlyMap<Peer, readonly number[] | "whole">;
}

interface Asking {
  readonly hasUplink?: boolean;
  readonly uplinkIsShort?: boolean;
  readonly tuning?: Partial<SwarmTuning>;
  readonly seed?: number;
}

/** `alice 10: 0,1 | bob 10: 2`, the peers in alphabetical order. */
function requests(
  peers: readonly Peer[],
  window: readonly Due[],
  { hasUplink = true, uplinkIsShort = false, tuning = {}, seed = 1 }: Asking = {},
): string {
  for (const { segment, held } of window) for (const [peer, chunks] of held) announce(peer, segment, chunks);
  const plans = planRequests(
    NOW,
    window.map(({ segment, slackMs }) => ({ segment, dueAt: NOW + slackMs })),
    peers,
    createRng(seed),
    { hasUplink, uplinkIsShort, tuning: { ...DEFAULT_TUNING, ...tuning } },
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

  test("[SW12] with little slack only its last quarter is urgent", () => {
    const plan = (slackMs: number, seed: number): string => {
      const alice = aPeer("alice");
      const segment = segmentLike("................", { now: NOW - 1000 });
      return requests([alice], [{ segment, slackMs, held: new Map([[alice, "whole"]]) }], { seed });
    };
    const seeds = [1, 2, 3, 4, 5, 6];
    expect(new Set(seeds.map((seed) => plan(2000, seed))).size).toBeGreaterThan(3);
    expect(new Set(seeds.map((seed) => plan(300, seed)))).toEqual(new Set(["alice 10: 0,1,2"]));
  });

  test("[SW12] go in blocks while the swarm is short of uplink, one after the other", () => {
    const alice = aPeer("alice");
    const segment = segmentLike(".".repeat(32));
    const window = [{ segment, slackMs: LATER, held: new Map([[alice, "whole" as const]]) }];
    const blocks = new Set<number>();
    for (let round = 0; round < 8; round++) {
      const chunks = requests([alice], window, {
        uplinkIsShort: true,
        tuning: { pipelineMin: 4, pipelineMax: 4 },
        seed: round,
      });
      const [first = 0, ...others] = (chunks.split(": ")[1] ?? "").split(",").map(Number);
      expect(others).toEqual([first + 1, first + 2, first + 3]);
      // The first half of a block that was not begun, then its second half.
      expect([first % 8, blocks.has(first >> 3)]).toEqual(round % 2 === 0 ? [0, false] : [4, true]);
      blocks.add(first >> 3);
      hold(segment, [first, ...others]);
    }
    expect(segment.complete).toBe(true);
  });

  test("[SW11] wait for a busy peer that is still sooner than an idle one", () => {
    const scene = (slowMs: number): string => {
      const [fast, slow] = [aPeer("fast"), aPeer("slow")];
      fast.served(20);
      slow.served(slowMs);
      const segment = segmentLike("........");
      for (let chunk = 0; chunk < 6; chunk++)
        fast.requests.push({ segment, chunk: chunk + 100, peer: fast, at: NOW, expectedAt: NOW });
      expect(fast.slotsFree(NOW, DEFAULT_TUNING)).toBe(0);
      const held = new Map([fast, slow].map((peer) => [peer, "whole" as const]));
      return requests([fast, slow], [{ segment, slackMs: URGENT, held }]);
    };
    expect(scene(1000)).toBe("");
    expect(scene(60)).toBe("slow 10: 0,1");
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
      `"fast 10: 0,1,2,4,5,6 | slow 10: 3,7"`,
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
      ...Array.from({ length: 2 }, (_, chunk) => ({ segment, chunk, peer: alice, at: NOW, expectedAt: NOW })),
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

  test("[SW96] in recorded video go in order while due within 16 s, and beyond for one segment after the other", () => {
    const whole = (segment: Segment, slackMs: number, peer: Peer): Due => ({
      segment,
      slackMs,
      held: new Map([[peer, "whole" as const]]),
    });
    const plan = (slackMs: number, seed: number): string => {
      const alice = aPeer("alice");
      const [soon, later] = [10, 11].map((sequence) => segmentLike("........", { sequence, live: false }));
      if (!soon || !later) throw new Error("no segments");
      const due = [whole(soon, slackMs, alice), whole(later, slackMs + 4000, alice)];
      return requests([alice], due, { seed, tuning: { pipelineMin: 4, pipelineMax: 4 } });
    };
    expect(plan(15_999, 1)).toBe("alice 10: 0,1,2,3");
    const beyond = [1, 2, 3, 4, 5, 6].map((seed) => plan(16_000, seed));
    expect(new Set(beyond).size).toBeGreaterThan(3);
    expect(beyond.every((each) => each.startsWith("alice 10: ") && !each.includes("|"))).toBe(true);
  });
});
