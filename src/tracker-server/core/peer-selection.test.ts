import { describe, expect, test } from "vitest";
import { createRng } from "../../base/random.ts";
import type { PeerId, SwarmId, TrackId } from "../../protocol/ids.ts";
import type { UplinkClass } from "../../protocol/peer-message.ts";
import { NO_BYTES } from "./byte-counts.ts";
import { INTRODUCTION_MS, Introductions } from "./introductions.ts";
import type { Member } from "./member.ts";
import { pickPeers } from "./peer-selection.ts";
import { TokenBucket } from "./rate-limit.ts";
import { Swarm } from "./swarm.ts";

const HIGH = "00000000000000aa" as TrackId;
const LOW = "00000000000000bb" as TrackId;

/** A swarm to put viewers into. Names are ids. */
function createCrowd() {
  const swarm = new Swarm("a-swarm-for-selection" as SwarmId);
  let count = 0;
  return {
    add(uplink: UplinkClass, track?: TrackId, links = 0): Member {
      const member: Member = {
        peer: `peer-${String(count++).padStart(5, "0")}` as PeerId,
        resume: "",
        swarm,
        connection: count,
        uplink,
        track,
        links,
        introductions: new Introductions(),
        introductionQuota: new TokenBucket(0, { burst: 1, perSecond: 1 }),
        nextNeedAt: 0,
        reported: NO_BYTES,
      };
      swarm.putIn(member);
      return member;
    },
    addMany(n: number, uplink: UplinkClass, track?: TrackId, links = 0): Member[] {
      return Array.from({ length: n }, () => this.add(uplink, track, links));
    },
  };
}

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

  test("as many as it wants and no more, never itself", () => {
    const crowd = createCrowd();
    crowd.addMany(500, 1, HIGH);
    const asker = crowd.add(2, HIGH);
    for (let seed = 0; seed < 50; seed++) {
      const picked = pickPeers(0, asker, 8, createRng(seed));
      expect(new Set(picked).size).toBe(8);
      expect(picked).not.toContain(asker);
    }
  });

  test("those of its own track first, and always some of others", () => {
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

  test("three who can upload, when there are three, however many cannot", () => {
    const crowd = createCrowd();
    crowd.addMany(1_000, 0, HIGH);
    const three = crowd.addMany(3, 1, LOW);
    for (const asker of [crowd.add(0, HIGH), crowd.add(2, HIGH)]) {
      for (let seed = 0; seed < 20; seed++)
        expect(pickPeers(0, asker, 8, createRng(seed))).toEqual(expect.arrayContaining(three));
    }
  });

  test("no viewer without uplink meets another one", () => {
    const crowd = createCrowd();
    crowd.addMany(50, 0, HIGH);
    expect(pickPeers(0, crowd.add(0, HIGH), 8, createRng(1))).toEqual([]);
    expect(pickPeers(0, crowd.add(1, HIGH), 8, createRng(1))).toHaveLength(8);
  });

  test("rather those with few links", () => {
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

describe("whom a viewer is introduced to that knows some already", () => {
  test("strangers first, those from long ago last, those of just now never", () => {
    const crowd = createCrowd();
    const asker = crowd.add(2, HIGH);
    const [old, fresh, ...strangers] = crowd.addMany(5, 2, HIGH);
    if (!old || !fresh) throw new Error("a crowd of five");
    asker.introductions.add(0, old.peer);
    asker.introductions.add(INTRODUCTION_MS, fresh.peer);
    const picked = pickPeers(INTRODUCTION_MS, asker, 8, createRng(3));
    expect(new Set(picked.slice(0, 3))).toEqual(new Set(strangers));
    expect(picked.slice(3)).toEqual([old]);
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
