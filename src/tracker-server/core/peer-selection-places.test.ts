import { describe, expect, test } from "vitest";
import { createCrowd } from "../../../testkit/tracker-crowd.ts";
import { createTrackerStage } from "../../../testkit/tracker-stage.ts";
import { createRng } from "../../base/random.ts";
import type { TrackId } from "../../protocol/ids.ts";
import type { Place } from "../../protocol/tracker-message.ts";
import type { Network } from "./network.ts";
import { pickPeers, SMALL_SWARM } from "./peer-selection.ts";

const HIGH = "00000000000000aa" as TrackId;
const LOW = "00000000000000bb" as TrackId;
type Crowd = ReturnType<typeof createCrowd>;

const addAt = (crowd: Crowd, n: number, network: Partial<Network>, track = HIGH, links = 0, place?: Place) =>
  Array.from({ length: n }, () => crowd.add(2, track, links, place, network));

const SEEDS = Array.from({ length: 50 }, (_, seed) => seed);

describe("who shares a network with the newcomer", () => {
  const HOME = { prefixKey: "203.0.113.0/24" };

  test("[TK20] comes first, three of eight at most, however busy", () => {
    const crowd = createCrowd();
    crowd.addMany(200, 2, HIGH);
    const neighbours = new Set(addAt(crowd, 20, HOME, HIGH, 30));
    const asker = crowd.add(2, HIGH, 0, undefined, HOME);
    let more = 0;
    for (const seed of SEEDS) {
      const picked = pickPeers(0, asker, 8, createRng(seed));
      expect(picked.slice(0, 3).every((member) => neighbours.has(member))).toBe(true);
      more += picked.slice(3, 6).filter((member) => neighbours.has(member)).length;
    }
    // Busy as they are, both of two that are drawn must be such: about one in 150.
    expect(more).toBeLessThan(8);
  });

  test("[TK20] is nothing special to somebody who asks for one or two: a link to the same house has failed, perhaps", () => {
    const crowd = createCrowd();
    crowd.addMany(200, 2, HIGH);
    const neighbours = new Set(addAt(crowd, 20, HOME, HIGH, 30));
    const asker = crowd.add(2, HIGH, 0, undefined, HOME);
    const picked = SEEDS.flatMap((seed) => pickPeers(0, asker, 2, createRng(seed)));
    // One is drawn from all, one is the less busy of two: five of a hundred on average.
    expect(picked.filter((member) => neighbours.has(member)).length).toBeLessThan(20);
  });

  test("[TK20] is met only where it watches the same rendition and can give", () => {
    const crowd = createCrowd();
    crowd.addMany(100, 2, HIGH);
    addAt(crowd, 5, HOME, LOW);
    crowd.add(0, HIGH, 0, undefined, HOME);
    const asker = crowd.add(2, HIGH, 0, undefined, HOME);
    for (const seed of SEEDS)
      for (const { network } of pickPeers(0, asker, 8, createRng(seed)).slice(0, 6))
        expect(network.prefixKey).not.toBe(HOME.prefixKey);
  });

  test("[TK20] is found by somebody who cannot give, too", () => {
    const crowd = createCrowd();
    crowd.addMany(100, 2, HIGH);
    const [desktop] = addAt(crowd, 1, HOME);
    const phone = crowd.add(0, HIGH, 0, undefined, HOME);
    expect(pickPeers(0, phone, 8, createRng(1))[0]).toBe(desktop);
  });
});

describe("where regions are known", () => {
  const createWorld = () => {
    const crowd = createCrowd();
    const here = new Set(addAt(crowd, 100, { region: "DE" }));
    for (const region of ["FR", "JP", "BR", undefined]) addAt(crowd, 100, { region });
    return { crowd, here };
  };

  test("[TK21] [TK22] those of the same one come first, and one of eight from anywhere", () => {
    const { crowd, here } = createWorld();
    const asker = crowd.add(2, HIGH, 0, undefined, { region: "DE" });
    let strangers = 0;
    for (const seed of SEEDS) {
      const picked = pickPeers(0, asker, 8, createRng(seed));
      expect(picked.slice(0, 7).every((member) => here.has(member))).toBe(true);
      strangers += picked.filter((member) => !here.has(member)).length;
    }
    // One of eight is drawn from everybody, four fifths of whom are elsewhere: 40 of 50 on average.
    expect(strangers).toBeGreaterThan(30);
  });

  test("[TK22] always one from anywhere for a newcomer, none for somebody who replaces a link or two", () => {
    const { crowd, here } = createWorld();
    const asker = crowd.add(2, HIGH, 0, undefined, { region: "DE" });
    const far = (wanted: number): number =>
      SEEDS.flatMap((seed) => pickPeers(0, asker, wanted, createRng(seed))).filter((member) => !here.has(member))
        .length;
    expect(far(4)).toBeGreaterThan(30);
    expect(far(3)).toBe(0);
  });

  test("[TK21] a region is worth less than the rendition, and an empty one costs nothing", () => {
    const { crowd } = createWorld();
    addAt(crowd, 20, { region: "AT" }, LOW);
    const asker = crowd.add(2, HIGH, 0, undefined, { region: "AT" });
    for (const seed of SEEDS) {
      const picked = pickPeers(0, asker, 8, createRng(seed));
      expect(picked).toHaveLength(8);
      expect(picked.slice(0, 6).every((member) => member.track === HIGH)).toBe(true);
    }
  });

  test("[TK21] rather those with few links in the region, too", () => {
    const crowd = createCrowd();
    addAt(crowd, 100, { region: "DE" }, HIGH, 20);
    const idle = new Set(addAt(crowd, 100, { region: "DE" }, HIGH, 1));
    const asker = crowd.add(2, HIGH, 0, undefined, { region: "DE" });
    const picked = SEEDS.flatMap((seed) => pickPeers(0, asker, 8, createRng(seed)));
    // Of seven picked by links three quarters are idle, of one at random a half: 287 of 400 on average.
    expect(picked.filter((member) => idle.has(member)).length).toBeGreaterThan(260);
  });

  test("[TK21] of two with as many links the one in the same autonomous system", () => {
    const crowd = createCrowd();
    const same = new Set(addAt(crowd, 100, { region: "DE", asn: 3320 }));
    addAt(crowd, 100, { region: "DE", asn: 64500 });
    const asker = crowd.add(2, HIGH, 0, undefined, { region: "DE", asn: 3320 });
    const picked = SEEDS.flatMap((seed) => pickPeers(0, asker, 8, createRng(seed)));
    expect(picked.filter((member) => same.has(member)).length).toBeGreaterThan(260); // as above
  });

  test("[TK21] the autonomous system stands in for a region that is not known", () => {
    const crowd = createCrowd();
    const same = new Set(addAt(crowd, 50, { asn: 3320 }));
    addAt(crowd, 300, { asn: 64500 });
    const asker = crowd.add(2, HIGH, 0, undefined, { asn: 3320 });
    for (const seed of SEEDS)
      expect(
        pickPeers(0, asker, 8, createRng(seed))
          .slice(0, 7)
          .every((member) => same.has(member)),
      ).toBe(true);
  });

  test("[TK21] a viewer whose uplink or socket changes is found where it is now", () => {
    const stage = createTrackerStage();
    const connectFrom = (region: string) => stage.connect("a place", undefined, { prefixKey: region, region });
    for (let n = 0; n < 20; n++) connectFrom("FR").join({ track: HIGH });
    const traveller = connectFrom("FR").join({ track: HIGH });
    const { resume } = traveller.last("joined");
    const onTheRoad = connectFrom("JP").join({ track: HIGH, resume });
    expect(onTheRoad.id).toBe(traveller.id);
    expect(connectFrom("JP").join({ track: HIGH }).last("joined").peers[0]?.peer).toBe(onTheRoad.id);
    onTheRoad.say({ type: "update", uplink: 0, track: HIGH });
    const later = connectFrom("JP").join({ track: HIGH, uplink: 0 });
    expect(later.last("joined").peers.map(({ peer }) => peer)).not.toContain(onTheRoad.id);
  });
});

describe("in recorded video", () => {
  const at = (position: number, behind: number): Place => ({ position, ahead: 30, behind, playing: true });

  test("[TK23] those nearby who hold what is played next, then such elsewhere, then those nearby who do not", () => {
    const crowd = createCrowd();
    addAt(crowd, 20, { region: "DE" });
    const elsewhere = addAt(crowd, 3, { region: "FR" }, HIGH, 0, at(800, 300));
    const nearby = addAt(crowd, 2, { region: "DE" }, HIGH, 9, at(800, 300));
    const asker = crowd.add(2, HIGH, 0, at(700, 20), { region: "DE" });
    for (const seed of SEEDS) {
      const picked = pickPeers(0, asker, 8, createRng(seed));
      expect(new Set(picked.slice(0, 2))).toEqual(new Set(nearby));
      expect(new Set(picked.slice(2, 5))).toEqual(new Set(elsewhere));
      expect(picked.slice(5, 7).every(({ network }) => network.region === "DE")).toBe(true);
    }
  });
});

describe("seeders", () => {
  const createSwarm = (viewers: number, seeding: { peersWanted?: number; tracks?: TrackId[] } = {}) => {
    const stage = createTrackerStage();
    const seeder = stage.connect().join({ seeder: true, peersWanted: 16, ...seeding });
    for (let n = 0; n < viewers; n++) stage.connect().join({ track: HIGH });
    return { stage, seeder };
  };

  test("[TK24] come first while a swarm is small", () => {
    for (let viewers = 1; viewers < SMALL_SWARM - 2; viewers++) {
      const { stage, seeder } = createSwarm(viewers);
      expect(stage.connect().join({ track: HIGH }).last("joined").peers[0]?.peer).toBe(seeder.id);
    }
  });

  test("[TK95] are one of those far away that everybody meets, once it is large", () => {
    const { stage, seeder } = createSwarm(30);
    const { peers } = stage.connect().join({ track: HIGH }).last("joined");
    expect(peers.map(({ peer }) => peer).indexOf(seeder.id)).toBe(6);
    expect(peers).toHaveLength(8);
  });

  test("[TK96] are met no more when they have all the links they want, until they say that they want others", () => {
    const { stage, seeder } = createSwarm(0, { peersWanted: 3 });
    const meets = (): boolean =>
      stage
        .connect()
        .join({ track: HIGH })
        .last("joined")
        .peers.some(({ peer }) => peer === seeder.id);
    expect([meets(), meets(), meets(), meets(), meets()]).toEqual([true, true, true, false, false]);
    seeder.say({ type: "need", peersWanted: 0, connected: 1 });
    expect(meets()).toBe(false);
    stage.wait(10_000);
    seeder.say({ type: "need", peersWanted: 1, connected: 2 });
    expect(meets()).toBe(false); // its need was answered with the one that it wanted
    stage.wait(10_000);
    seeder.say({ type: "need", peersWanted: 16, connected: 2 });
    expect(meets()).toBe(true);
  });

  test("[TK95] are met by those who watch what they give", () => {
    const { stage, seeder } = createSwarm(3, { tracks: [HIGH] });
    const meets = (track: TrackId): boolean =>
      stage
        .connect()
        .join({ track })
        .last("joined")
        .peers.some(({ peer }) => peer === seeder.id);
    expect([meets(HIGH), meets(LOW)]).toEqual([true, false]);
  });

  test("[TK24] leave nothing behind", () => {
    const { stage, seeder } = createSwarm(0);
    seeder.say({ type: "leave" });
    const alone = stage.connect().join({ track: HIGH });
    expect(alone.last("joined")).toMatchObject({ viewers: 1, peers: [] });
  });
});
