import { describe, expect, test } from "vitest";
import { NOW, segmentLike } from "../../../testkit/swarm-parts.ts";
import { OriginDesk } from "./origin-desk.ts";
import { guardMs, planOrigin } from "./origin-plan.ts";
import { MISSING } from "./segment.ts";
import { DEFAULT_TUNING } from "./tuning.ts";

interface Situation {
  readonly slackMs: number;
  readonly alone?: boolean;
  readonly started?: boolean;
  readonly wanted?: boolean;
  readonly listed?: boolean;
  readonly sized?: boolean;
  readonly ranges?: boolean;
  readonly located?: boolean;
  readonly timerLagMs?: number;
  readonly retryInMs?: number;
}

/** The plan for one segment: `0-3 due` for chunks 0, 1 and 2, `5-` for everything from 5 on, `look +100` in 100 ms. */
function origin(picture: string, situation: Situation): string {
  const segment = segmentLike(picture, situation);
  segment.wanted = situation.wanted ?? false;
  segment.listed = situation.listed ?? true;
  segment.located = situation.located ?? false;
  segment.originRetryAt = NOW + (situation.retryInMs ?? 0);
  const desk = new OriginDesk();
  desk.rangesUsable = situation.ranges ?? true;
  const { ranges, lookAgainAt } = planOrigin(NOW, [{ segment, dueAt: NOW + situation.slackMs }], desk, {
    isSeeder: false,
    started: situation.started ?? true,
    timerLagMs: situation.timerLagMs ?? 0,
    tuning: DEFAULT_TUNING,
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
    expect(origin("........", { slackMs: 2215 })).toMatchInlineSnapshot(`"0-8 due, look +250"`);
    expect(origin("........", { slackMs: -5000 })).toMatchInlineSnapshot(`"0-8 due, look +250"`);
  });

  test("counts only what is neither held nor coming: less is fetched later", () => {
    expect(origin("####~~..", { slackMs: 10_000 })).toMatchInlineSnapshot(`"look +7955"`);
    expect(origin("########", { slackMs: 0 })).toBe("nothing");
    expect(origin("####~~~~", { slackMs: 0 })).toBe("nothing");
  });

  test("takes the lag of timers into account", () => {
    expect(origin("........", { slackMs: 3000, timerLagMs: 2000 })).toMatchInlineSnapshot(`"0-8 due, look +250"`);
  });

  test("[SW21] leaves to peers what should still come in time, a little longer", () => {
    expect(origin("????....", { slackMs: 2000 })).toMatchInlineSnapshot(`"4-8 due, look +250"`);
    expect(origin("????....", { slackMs: 1600 })).toMatchInlineSnapshot(`"0-8 due, look +185"`);
    expect(origin("::::....", { slackMs: 2000 })).toMatchInlineSnapshot(`"4-8 due, look +250"`);
    expect(origin("::::....", { slackMs: 1600 })).toMatchInlineSnapshot(`"0-8 due, look +185"`);
    expect(origin("!!??....", { slackMs: 2000 })).toMatchInlineSnapshot(`"0-8 due, look +250"`);
  });

  test("[SW21] asks for exactly what is missing, in as few ranges as gaps are worth it", () => {
    expect(origin("..##..##", { slackMs: 0 })).toMatchInlineSnapshot(`"0-2 due, 4-6 due, look +250"`);
    expect(origin("..??..??", { slackMs: 1800 })).toMatchInlineSnapshot(`"0-6 due, look +110"`);
    expect(origin("..???..#", { slackMs: 1800 })).toMatchInlineSnapshot(`"0-2 due, 5-7 due, look +153"`);
    expect(origin("..#?..~.", { slackMs: 1800 })).toMatchInlineSnapshot(`"0-2 due, 4-6 due, 7-8 due, look +195"`);
  });

  test("goes on to the end while the size is a guess", () => {
    expect(origin("##..", { slackMs: 0, sized: false })).toMatchInlineSnapshot(`"2- due, look +250"`);
    expect(origin("####", { slackMs: 0, sized: false })).toMatchInlineSnapshot(`"4- due, look +250"`);
    expect(origin("", { slackMs: 0, sized: false, wanted: true })).toMatchInlineSnapshot(`"0- due, look +250"`);
    expect(origin("", { slackMs: 10_000, sized: false, wanted: true })).toMatchInlineSnapshot(`"look +6762"`);
  });

  test("[SW27] leaves alone what the player has not asked for while no size is known", () => {
    expect(origin("", { slackMs: 0, sized: false })).toBe("nothing");
  });

  test("[SW61] asks for the whole where ranges do not work", () => {
    expect(origin("##..", { slackMs: 0, ranges: false })).toMatchInlineSnapshot(`"0- due, look +250"`);
  });

  test("[SW36] asks for nothing whose address is not known, unless hls.js has asked for it", () => {
    expect(origin("....", { slackMs: 0, listed: false })).toBe("nothing");
    expect(origin("....", { slackMs: 0, listed: false, located: true })).toMatchInlineSnapshot(`"0-4 due, look +250"`);
    expect(origin("....", { slackMs: 0, listed: false, wanted: true })).toMatchInlineSnapshot(`"0-4 due, look +250"`);
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
    expect(origin("....", { slackMs: 0, started: false, wanted: true })).toMatchInlineSnapshot(`"0-4 due, look +250"`);
  });
});

describe("[SW21] what is left to peers", () => {
  test("is looked at again after 250 ms, all together, unless its time is up before", () => {
    const segment = segmentLike("????....");
    const desk = new OriginDesk();
    const situation = { isSeeder: false, started: true, timerLagMs: 0, tuning: DEFAULT_TUNING, isAlone: () => false };
    const at = (now: number): string => {
      const { ranges } = planOrigin(now, [{ segment, dueAt: NOW + 2000 }], desk, situation);
      for (const range of ranges) desk.start(now, range);
      return ranges.map(({ from, to }) => `${String(from)}-${String(to)}`).join(", ");
    };
    expect(at(NOW)).toBe("4-8");
    // The peers give up two of them, one after the other.
    segment.setState(0, MISSING);
    expect(at(NOW + 20)).toBe("");
    segment.setState(1, MISSING);
    expect(at(NOW + 249)).toBe("");
    expect(at(NOW + 250)).toBe("0-2");
  });
});

describe("[SW26] the next two chunks of a peer that is at work for us", () => {
  /** What the origin is asked for of `????` with so much slack, alice having brought something `agoMs` ago. */
  function taken(slackMs: number, agoMs: number): string {
    const segment = segmentLike("????");
    for (const request of segment.requests.values()) {
      request.peer.requests.push(request);
      request.peer.lastChunkAt = NOW - agoMs;
    }
    const situation = { isSeeder: false, started: true, timerLagMs: 0, tuning: DEFAULT_TUNING, isAlone: () => false };
    const { ranges } = planOrigin(NOW, [{ segment, dueAt: NOW + slackMs }], new OriginDesk(), situation);
    return ranges.map(({ from, to }) => `${String(from)}-${String(to)}`).join(", ");
  }

  test("are left to it longer than others, because they cannot be called back", () => {
    // Need: 1.5 x 250 + 1.3 x 4 x 32.8 + 1500 = 2045 ms; 35 % of the guard are 525 ms, what can be spared 800 ms.
    expect([taken(1650, 100), taken(1500, 100), taken(1300, 100), taken(1200, 100)]).toEqual(["", "2-4", "2-4", "0-4"]);
  });

  test("are not when it has brought nothing for a second", () => {
    expect(taken(1500, 1000)).toBe("0-4");
  });
});

describe("[SW23] the guard", () => {
  test.each([
    ["12 s behind the edge", 12_000, 80, 1500],
    ["8 s behind", 8000, 80, 1000],
    ["6 s behind", 6000, 80, 750],
    ["4 s behind: as little as a second request needs", 4000, 80, 600],
    ["a part 1.5 s behind the edge: little, so that peers have time at all", 1500, 80, 450],
    ["a part 1 s behind", 1000, 80, 300],
    ["no slack at all", 0, 80, 0],
    ["video on demand", 600_000, 80, 1500],
    ["4 s behind an origin that is 0.7 s late now and then", 4000, 720, 930],
    ["4 s behind one that is 2 s late now and then", 4000, 2080, 1200],
    ["12 s behind it", 12_000, 2080, 2605],
    ["12 s behind one that is 10 s late now and then", 12_000, 10_000, 3000],
  ])("%s", (_, slackMs, lateMs, guard) => {
    expect(guardMs(slackMs, lateMs, DEFAULT_TUNING)).toBe(guard);
  });
});

describe("[SW24] a request that the origin leaves unanswered", () => {
  interface Unanswered {
    readonly slackMs: number;
    readonly reason?: "alone" | "elected" | "due";
    readonly alone?: boolean;
    readonly started?: boolean;
    readonly firstByteMs?: number;
  }

  /** When the second request is made, in ms after the first; "never" if it is not within 3 s. */
  function secondAfter({
    slackMs,
    reason = "due",
    alone = false,
    started = true,
    firstByteMs = 80,
  }: Unanswered): string {
    const desk = new OriginDesk();
    for (let i = 0; i < 3; i++) {
      desk.start(0, { segment: segmentLike("...."), from: 0, to: undefined, reason: "due" });
      const fetch = [...desk.all()].at(-1);
      if (fetch) desk.opened(firstByteMs, fetch, 0);
      if (fetch) desk.closed(firstByteMs, fetch);
    }
    const segment = segmentLike("........");
    desk.start(NOW, { segment, from: 0, to: undefined, reason });
    const situation = { isSeeder: false, started, timerLagMs: 0, tuning: DEFAULT_TUNING, isAlone: () => alone };
    for (let ms = 0; ms < 3000; ms += 10) {
      const { hedges } = planOrigin(NOW + ms, [{ segment, dueAt: NOW + slackMs }], desk, situation);
      if (hedges.length > 0) return `${String(ms)} ms`;
    }
    return "never";
  }

  test("is made once more when it is due and twice the usual time, or 400 ms, are over", () => {
    expect(secondAfter({ slackMs: 1500 })).toBe("400 ms");
    expect(secondAfter({ slackMs: 1500, firstByteMs: 300 })).toBe("600 ms");
  });

  test("is made once more sooner where 400 ms later would be too late", () => {
    expect(secondAfter({ slackMs: 800 })).toMatchInlineSnapshot(`"160 ms"`);
    expect(secondAfter({ slackMs: 500 })).toBe("160 ms");
  });

  test("waits while there is time", () => {
    // Need: 1.5 x 80 + 1.3 x 8 x 32.8 + 1500 = 1961 ms.
    expect(secondAfter({ slackMs: 3000 })).toMatchInlineSnapshot(`"1040 ms"`);
  });

  test("is made once more at once where the swarm waits for it", () => {
    expect(secondAfter({ slackMs: 10_000, reason: "elected" })).toBe("400 ms");
  });

  test("[SW1] of a lone viewer only when it would stall", () => {
    expect(secondAfter({ slackMs: 10_000, reason: "alone", alone: true })).toBe("never");
    expect(secondAfter({ slackMs: 1000, reason: "alone", alone: true })).toMatchInlineSnapshot(`"440 ms"`);
  });

  test("[SW1] never before the first picture", () => {
    expect(secondAfter({ slackMs: 0, started: false })).toBe("never");
  });

  test("[SW101] is made once more only after its part was listed", () => {
    const desk = new OriginDesk();
    const segment = segmentLike("..");
    segment.hintedUntil = Infinity;
    desk.start(NOW, { segment, from: 0, to: undefined, reason: "elected" });
    const situation = { isSeeder: false, started: true, timerLagMs: 0, tuning: DEFAULT_TUNING, isAlone: () => false };
    const hedges = (ms: number): number =>
      planOrigin(NOW + ms, [{ segment, dueAt: NOW + 1500 }], desk, situation).hedges.length;
    expect([hedges(600), hedges(1400)]).toEqual([0, 0]);
    segment.hintedUntil = NOW + 500;
    expect([hedges(900), hedges(1000)]).toEqual([0, 1]);
  });

  test("is made three times at most", () => {
    const desk = new OriginDesk();
    const segment = segmentLike("....");
    desk.start(NOW, { segment, from: 0, to: undefined, reason: "due" });
    const situation = { isSeeder: false, started: true, timerLagMs: 0, tuning: DEFAULT_TUNING, isAlone: () => false };
    const hedge = (now: number): number => {
      const { hedges } = planOrigin(now, [{ segment, dueAt: NOW }], desk, situation);
      for (const fetch of hedges) desk.hedge(now, fetch);
      return hedges.length;
    };
    const times = [600, 700, 1100, 1200, 2000, 9000];
    expect(times.map((ms) => hedge(NOW + ms))).toEqual([1, 0, 1, 0, 0, 0]);
  });
});
