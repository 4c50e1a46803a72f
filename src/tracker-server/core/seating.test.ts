import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createTrackerStage, OTHER_SWARM } from "../../../testkit/tracker-stage.ts";
import type { TrackId } from "../../protocol/ids.ts";
import { ELECTION_SEATS } from "../../protocol/limits.ts";
import type { UplinkClass } from "../../protocol/peer-message.ts";
import { NEWCOMER_MS, ROTATION_MS } from "./seating.ts";
import { RELIEVED_PER_ROTATION } from "./seats.ts";

const HIGH = "00000000000000aa" as TrackId;
const LOW = "00000000000000bb" as TrackId;
const ALL = Array.from({ length: ELECTION_SEATS }, (_, seat) => seat);
const MANY = { upgradesPerAddress: { burst: 10_000, perSecond: 1_000 }, connectionsPerAddressMax: 10_000 };

type Viewer = ReturnType<ReturnType<typeof createTrackerStage>["viewer"]>;

/** What a viewer was told last of a track; undefined if nothing. */
const told = (viewer: Viewer, track: TrackId): readonly number[] | undefined =>
  viewer
    .received("assign")
    .filter((assign) => assign.track === track)
    .at(-1)?.seats;

const ascending = (seats: readonly number[]): number[] => [...seats].sort((a, b) => a - b);

/** A track's seats, as its viewers know them. */
const union = (viewers: readonly Viewer[], track: TrackId): number[] =>
  ascending(viewers.flatMap((viewer) => told(viewer, track) ?? []));

describe("[TK10] newcomers", () => {
  test("the first viewer holds every seat, and hears of it after joined", () => {
    const stage = createTrackerStage();
    const alice = stage.viewer({ track: HIGH });
    expect(alice.news().map(({ type }) => type)).toEqual(["joined", "assign"]);
    expect(told(alice, HIGH)).toEqual(ALL);
  });

  test("another one hears at once that it holds none, and gets its share after three seconds", () => {
    const stage = createTrackerStage();
    const alice = stage.viewer({ track: HIGH });
    const bob = stage.viewer({ track: HIGH });
    stage.wait(NEWCOMER_MS - 1);
    expect(alice.received("assign")).toHaveLength(1);
    expect(bob.received("assign").map(({ seats }) => seats)).toEqual([[]]);
    stage.wait(1);
    expect(told(bob, HIGH)).toHaveLength(ELECTION_SEATS / 2);
    expect(union([alice, bob], HIGH)).toEqual(ALL);
    expect(alice.received("assign")).toHaveLength(2);
  });

  test("a newcomer steps in at once when it is the only one left", () => {
    const stage = createTrackerStage();
    const alice = stage.viewer({ track: HIGH });
    const bob = stage.viewer({ track: HIGH });
    alice.say({ type: "leave" });
    expect(told(bob, HIGH)).toEqual(ALL);
    stage.wait(NEWCOMER_MS);
    expect(bob.received("assign")).toHaveLength(2);
  });

  test("who cannot give, or watches no track, holds nothing", () => {
    const stage = createTrackerStage();
    const viewers = [stage.viewer({ track: HIGH, uplink: 0 }), stage.viewer()];
    stage.wait(NEWCOMER_MS);
    expect(viewers.flatMap((viewer) => viewer.received("assign"))).toEqual([]);
  });
});

describe("[TK12] seats pass on at once, and only those concerned are told", () => {
  const createTrio = () => {
    const stage = createTrackerStage();
    const [alice, bob, carol] = [
      stage.viewer({ track: HIGH }),
      stage.viewer({ track: HIGH }),
      stage.viewer({ track: HIGH }),
    ];
    stage.wait(NEWCOMER_MS);
    for (const viewer of [alice, bob, carol]) viewer.news();
    return { stage, alice, bob, carol };
  };

  test("when a holder leaves", () => {
    const { alice, bob, carol } = createTrio();
    alice.say({ type: "leave" });
    expect(union([bob, carol], HIGH)).toEqual(ALL);
    for (const viewer of [bob, carol]) expect(viewer.news().filter(({ type }) => type === "assign")).toHaveLength(1);
    expect(alice.news()).toEqual([]);
  });

  test("when its socket drops", () => {
    const { alice, bob, carol } = createTrio();
    bob.drop();
    expect(union([alice, carol], HIGH)).toEqual(ALL);
  });

  test("when it loses its uplink: it is told that it holds none", () => {
    const { alice, bob, carol } = createTrio();
    carol.say({ type: "update", uplink: 0, track: HIGH });
    expect(told(carol, HIGH)).toEqual([]);
    expect(union([alice, bob], HIGH)).toEqual(ALL);
  });

  test("when it changes track: it is a newcomer there", () => {
    const { stage, alice, bob, carol } = createTrio();
    const dave = stage.viewer({ track: LOW });
    carol.say({ type: "update", uplink: 2, track: LOW });
    expect(carol.news()).toEqual([
      { type: "assign", track: HIGH, seats: [] },
      { type: "assign", track: LOW, seats: [] },
    ]);
    expect(union([alice, bob], HIGH)).toEqual(ALL);
    expect(told(dave, LOW)).toEqual(ALL);
    stage.wait(NEWCOMER_MS);
    expect(told(carol, LOW)).toHaveLength(ELECTION_SEATS / 2);
    expect(union([carol, dave], LOW)).toEqual(ALL);
  });

  test("nobody is told anything by updates that change neither track nor whether it gives", () => {
    const { stage, alice, bob, carol } = createTrio();
    alice.say({ type: "update", uplink: 1, track: HIGH });
    alice.say({ type: "need", peersWanted: 0, connected: 3 });
    stage.viewer({ track: HIGH, swarm: OTHER_SWARM });
    stage.wait(10 * ROTATION_MS);
    expect([alice, bob, carol].flatMap((viewer) => viewer.received("assign"))).toHaveLength(3 + 3 + 2);
  });
});

describe("[TK14] a viewer that comes back", () => {
  test("before its old socket was seen to be dead keeps its seats, and is told them again", () => {
    const stage = createTrackerStage();
    const alice = stage.viewer({ track: HIGH });
    const bob = stage.viewer({ track: HIGH });
    stage.wait(NEWCOMER_MS);
    const back = stage.viewer({ resume: alice.last("joined").resume, track: HIGH });
    expect(back.received("assign").map(({ seats }) => seats)).toEqual([told(alice, HIGH)]);
    expect(union([back, bob], HIGH)).toEqual(ALL);
  });

  test("later is told that it holds none, and is a newcomer", () => {
    const stage = createTrackerStage();
    const alice = stage.viewer({ track: HIGH });
    const bob = stage.viewer({ track: HIGH });
    stage.wait(NEWCOMER_MS);
    alice.drop();
    expect(told(bob, HIGH)).toEqual(ALL);
    const back = stage.viewer({ resume: alice.last("joined").resume, track: HIGH });
    expect(told(back, HIGH)).toEqual([]);
    stage.wait(NEWCOMER_MS);
    expect(told(back, HIGH)).toHaveLength(ELECTION_SEATS / 2);
  });

  test("to a tracker that was restarted is told what it holds there, be it nothing", () => {
    const stage = createTrackerStage();
    const first = stage.viewer({ track: HIGH, resume: "of the former process" });
    const second = stage.viewer({ track: HIGH, resume: "of the former process, too" });
    expect([told(first, HIGH), told(second, HIGH)]).toEqual([ALL, []]);
    expect(first.received("assign")).toHaveLength(1);
  });
});

describe("[TK13] in a large swarm the duty goes round", () => {
  test("a batch every half minute, however many viewers there are, and none that changes nothing", () => {
    for (const count of [40, 400]) {
      const stage = createTrackerStage(MANY);
      const viewers = Array.from({ length: count }, () => stage.viewer({ track: HIGH, peersWanted: 0 }));
      stage.wait(NEWCOMER_MS);
      for (let epoch = 0; epoch < 5; epoch++) {
        for (const viewer of viewers) viewer.news();
        stage.wait(ROTATION_MS);
        const news = viewers.flatMap((viewer) => viewer.news());
        expect(news).toHaveLength(2 * RELIEVED_PER_ROTATION);
        expect(union(viewers, HIGH)).toEqual(ALL);
      }
    }
  });

  test("ends when there are no more viewers than seats", () => {
    const stage = createTrackerStage(MANY);
    const viewers = Array.from({ length: 33 }, () => stage.viewer({ track: HIGH, peersWanted: 0 }));
    stage.wait(NEWCOMER_MS);
    viewers.pop()?.say({ type: "leave" });
    for (const viewer of viewers) viewer.news();
    stage.wait(3 * ROTATION_MS);
    expect(viewers.flatMap((viewer) => viewer.news())).toEqual([]);
  });
});

test("[TK15] a tracker that stops deals no seats: viewers go on with those they have", () => {
  const stage = createTrackerStage();
  const viewers = Array.from({ length: 5 }, () => stage.viewer({ track: HIGH }));
  stage.wait(NEWCOMER_MS);
  for (const viewer of viewers) viewer.news();
  stage.tell({ type: "drain" });
  stage.wait(10_000);
  for (const viewer of viewers) viewer.drop();
  expect(viewers.flatMap((viewer) => viewer.received("assign").slice(-1)).flatMap(({ seats }) => seats)).toHaveLength(
    ELECTION_SEATS,
  );
  expect(viewers.flatMap((viewer) => viewer.news()).filter(({ type }) => type === "assign")).toEqual([]);
});

describe("[TK16] whatever viewers do", () => {
  const step = fc.record({
    who: fc.nat(60),
    what: fc.constantFrom("join", "join", "join", "leave", "drop", "resume", "track", "uplink", "wait"),
    uplink: fc.constantFrom<UplinkClass>(0, 1, 2),
    track: fc.constantFrom<TrackId | undefined>(HIGH, LOW, undefined),
    ms: fc.integer({ min: 1, max: ROTATION_MS }),
  });

  test("every seat is held by one viewer that can give, as far as viewers know, while there is one", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 150 }), (steps) => {
        const stage = createTrackerStage(MANY);
        const present: Array<{ viewer: Viewer; uplink: UplinkClass; track: TrackId | undefined }> = [];
        const away: typeof present = [];
        for (const { who, what, uplink, track, ms } of steps) {
          const index = who % Math.max(1, present.length);
          const one = present[index];
          if (what === "join") present.push({ viewer: stage.viewer({ uplink, track }), uplink, track });
          else if (what === "wait") stage.wait(ms);
          else if (what === "resume") {
            const back = away.pop();
            if (!back) continue;
            const viewer = stage.viewer({ uplink, track, resume: back.viewer.last("joined").resume });
            present.push({ viewer, uplink, track });
          } else if (one) {
            if (what === "leave" || what === "drop") {
              present.splice(index, 1);
              if (what === "leave") one.viewer.say({ type: "leave" });
              else away.push(one);
              one.viewer.drop();
            } else {
              if (what === "track") one.track = track;
              else one.uplink = uplink;
              one.viewer.say({ type: "update", uplink: one.uplink, track: one.track });
            }
          }
          for (const id of [HIGH, LOW]) {
            const givers = present.filter((each) => each.track === id && each.uplink > 0);
            const viewers = present.map((each) => each.viewer);
            expect(union(viewers, id)).toEqual(givers.length > 0 ? ALL : []);
            expect(
              union(
                givers.map((each) => each.viewer),
                id,
              ),
            ).toEqual(givers.length > 0 ? ALL : []);
          }
        }
        // Nothing is said twice.
        for (const { viewer } of present)
          for (const id of [HIGH, LOW]) {
            const said = viewer.received("assign").filter(({ track }) => track === id);
            for (const [n, { seats }] of said.entries()) if (n > 0) expect(seats).not.toEqual(said[n - 1]?.seats);
          }
      }),
      { seed: 20_171, numRuns: 100 },
    );
  });

  test("the same events and the same seed give the same seats", () => {
    const run = (): unknown[] => {
      const stage = createTrackerStage(MANY);
      const viewers = Array.from({ length: 50 }, (_, n) => stage.viewer({ track: HIGH, uplink: n % 2 ? 1 : 2 }));
      stage.wait(3 * ROTATION_MS);
      return viewers.map((viewer) => viewer.received("assign"));
    };
    expect(run()).toEqual(run());
  });
});
