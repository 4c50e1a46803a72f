import { describe, expect, test } from "vitest";
import { createCrowd } from "../../../testkit/tracker-crowd.ts";
import { createRng } from "../../base/random.ts";
import type { PeerId, TrackId } from "../../protocol/ids.ts";
import type { Place } from "../../protocol/tracker-message.ts";
import { AGAIN_MS, INTRODUCTION_MS } from "./introductions.ts";
import { pickPeers } from "./peer-selection.ts";

const HIGH = "00000000000000aa" as TrackId;
const LOW = "00000000000000bb" as TrackId;

describe("whom a newcomer is introduced to", () => {
  test("nobody, when it is alone", () => {
    const crowd = createCrowd();
    expect(pickPeers(0, crowd.add(2), 8, createRng(1))).toEqual([]);
  });

  test("everybody else exactly once, when there are fewer than it wants", () => {
    const crowd = createCrowd();
    const others = crowd.addMany(5, 2, HIGH);
    const picked = pickPeers(0, crowd.add(2, HIGH), 16, createRng(1));
    expect(new Set(picked)).toEqual(new Set(others));
    expect(picked).toHaveLength(5);
  });

  test("[TK1] as many as it wants and no more, never itself", () => {
    const crowd = createCrowd();
    crowd.addMany(500, 1, HIGH);
    const asker = crowd.add(2, HIGH);
    for (let seed = 0; seed < 50; seed++) {
      const picked = pickPeers(0, asker, 8, createRng(seed));
      expect(new Set(picked).size).toBe(8);
      expect(picked).not.toContain(asker);
    }
  });

  test("[TK3] [TK4] those of its own track first, and always some of others", () => {
    const crowd = createCrowd();
    crowd.addMany(100, 2, HIGH);
    crowd.addMany(300, 2, LOW);
    const asker = crowd.add(2, HIGH);
    let ofOtherTracks = 0;
    for (let seed = 0; seed < 50; seed++) {
      const picked = pickPeers(0, asker, 8, createRng(seed));
      expect(picked.slice(0, 6).every((member) => member.track === HIGH)).toBe(true);
      ofOtherTracks += picked.filter((member) => member.track === LOW).length;
    }
    // Two of eight are drawn from everybody, three quarters of whom watch the other track: 75 of 100 on average.
    expect(ofOtherTracks).toBeGreaterThan(50);
  });

  test("[TK4] three who can upload, when there are three, however many cannot", () => {
    const crowd = createCrowd();
    crowd.addMany(1_000, 0, HIGH);
    const three = crowd.addMany(3, 1, LOW);
    for (const asker of [crowd.add(0, HIGH), crowd.add(2, HIGH)]) {
      for (let seed = 0; seed < 20; seed++)
        expect(pickPeers(0, asker, 8, createRng(seed))).toEqual(expect.arrayContaining(three));
    }
  });

  test("[TK1] no viewer without uplink meets another one", () => {
    const crowd = createCrowd();
    crowd.addMany(50, 0, HIGH);
    expect(pickPeers(0, crowd.add(0, HIGH), 8, createRng(1))).toEqual([]);
    expect(pickPeers(0, crowd.add(1, HIGH), 8, createRng(1))).toHaveLength(8);
  });

  test("[TK3] rather those with few links", () => {
    const crowd = createCrowd();
    crowd.addMany(100, 2, HIGH, 20);
    const idle = new Set(crowd.addMany(100, 2, HIGH, 1));
    const asker = crowd.add(2, HIGH);
    let picks = 0;
    for (let seed = 0; seed < 50; seed++)
      picks += pickPeers(0, asker, 8, createRng(seed)).filter((member) => idle.has(member)).length;
    // Of six picked by links three quarters are idle, of two picked at random one half: 275 of 400 on average.
    expect(picks).toBeGreaterThan(240);
  });
});

test("[TK3] a viewer that can give much is given twice the links before it counts as busy", () => {
  const crowd = createCrowd();
  const strong = new Set(crowd.addMany(100, 2, HIGH, 15));
  crowd.addMany(100, 1, HIGH, 10);
  const asker = crowd.add(1, HIGH);
  let picks = 0;
  for (let seed = 0; seed < 50; seed++)
    picks += pickPeers(0, asker, 8, createRng(seed)).filter((member) => strong.has(member)).length;
  // As above: 275 of 400 on average, though the others have fewer links.
  expect(picks).toBeGreaterThan(240);
});

describe("whom a viewer of recorded video is introduced to", () => {
  const at = (position: number, behind: number): Place => ({ position, ahead: 30, behind, playing: true });

  test("[TK2] those who hold all of what it plays next, any of them and not the nearest", () => {
    const crowd = createCrowd();
    for (let n = 0; n < 50; n++) crowd.add(2, HIGH, 0, at(3000 + n, 10)); // far ahead: no longer hold it
    for (let n = 0; n < 50; n++) crowd.add(2, HIGH, 0, at(600 - n, 300)); // behind: do not hold it yet
    const providers = new Set(Array.from({ length: 40 }, (_, n) => crowd.add(2, HIGH, 0, at(710 + 5 * n, 250))));
    const asker = crowd.add(2, HIGH, 0, at(700, 20));
    const met = new Set<unknown>();
    for (let seed = 0; seed < 50; seed++) {
      const near = pickPeers(0, asker, 8, createRng(seed)).slice(0, 6);
      expect(near.every((member) => providers.has(member))).toBe(true);
      for (const member of near) met.add(member);
    }
    expect(met.size).toBeGreaterThan(35);
  });

  test("[TK2] then those who hold some of it, and only then the others", () => {
    const crowd = createCrowd();
    const [all, some] = [crowd.add(1, HIGH, 20, at(800, 200)), crowd.add(1, HIGH, 20, at(702, 30))];
    crowd.addMany(100, 2, HIGH);
    expect(pickPeers(0, crowd.add(2, HIGH, 0, at(700, 20)), 8, createRng(1)).slice(0, 2)).toEqual([all, some]);
  });

  test("[TK2] places move on while their viewers play", () => {
    const crowd = createCrowd();
    const paused = crowd.add(2, HIGH, 0, { position: 700, ahead: 30, behind: 300, playing: false });
    const playing = crowd.add(2, HIGH, 0, at(600, 300));
    crowd.addMany(20, 2, HIGH);
    const asker = crowd.add(2, HIGH, 0, { position: 650, ahead: 0, behind: 0, playing: false });
    expect(pickPeers(0, asker, 8, createRng(1))[0]).toBe(paused);
    const later = 1000 * 1000; // a thousand seconds on, the one that plays is long past and has dropped it
    expect(pickPeers(later, asker, 8, createRng(1))[0]).toBe(paused);
    paused.place = playing.place;
    playing.place = undefined;
    expect(pickPeers(60_000, asker, 1, createRng(1))).toEqual([paused]); // at 660, back to 360
  });

  test("[TK7] in a large swarm a sample finds enough of them", () => {
    const crowd = createCrowd();
    // A film of two hours, a viewer every 2 s, each of whom keeps three minutes: one in forty is of use.
    for (let n = 0; n < 3600; n++) crowd.add(2, HIGH, 0, at(2 * n, 180));
    const asker = crowd.add(2, HIGH, 0, at(3000, 20));
    let useful = 0;
    for (let seed = 0; seed < 50; seed++)
      useful += pickPeers(0, asker, 8, createRng(seed)).filter(({ place }) => {
        const position = place?.place.position ?? 0;
        return position >= 3008 && position - 180 <= 3008;
      }).length;
    expect(useful / 50).toBeGreaterThan(4.5); // of the six that are not drawn from everybody
  });
});

describe("whom a viewer is introduced to that knows some already", () => {
  test("[TK6] strangers first, those from long ago last, those of just now never", () => {
    const crowd = createCrowd();
    const asker = crowd.add(2, HIGH);
    const [old, fresh, ...strangers] = crowd.addMany(5, 2, HIGH);
    if (!old || !fresh) throw new Error("a crowd of five");
    asker.introductions.add(0, old.peer, "elsewhere");
    asker.introductions.add(INTRODUCTION_MS, fresh.peer, "elsewhere");
    const picked = pickPeers(INTRODUCTION_MS, asker, 8, createRng(3));
    expect(new Set(picked.slice(0, 3))).toEqual(new Set(strangers));
    expect(picked.slice(3)).toEqual([old]);
  });

  test.each([
    ["a small swarm", 2, AGAIN_MS],
    ["any other", 10, INTRODUCTION_MS],
  ])("[TK6] the same ones again when they are not connecting any more: %s", (_, others, againMs) => {
    const crowd = createCrowd();
    const asker = crowd.add(2, HIGH);
    for (const { peer } of crowd.addMany(others, 2, HIGH)) asker.introductions.add(0, peer, "elsewhere");
    expect(pickPeers(againMs - 1, asker, 8, createRng(3))).toEqual([]);
    expect(pickPeers(againMs, asker, 8, createRng(3))).toHaveLength(Math.min(8, others));
  });
});

test("the same seed picks the same peers", () => {
  const names = (seed: number): PeerId[] => {
    const crowd = createCrowd();
    crowd.addMany(200, 2, HIGH);
    return pickPeers(0, crowd.add(2, HIGH), 8, createRng(seed)).map((member) => member.peer);
  };
  expect(names(11)).toEqual(names(11));
  expect(names(11)).not.toEqual(names(12));
});
