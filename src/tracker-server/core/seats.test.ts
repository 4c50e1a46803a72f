import { describe, expect, test } from "vitest";
import { createCrowd } from "../../../testkit/tracker-crowd.ts";
import { createRng } from "../../base/random.ts";
import type { TrackId } from "../../protocol/ids.ts";
import { ELECTION_SEATS } from "../../protocol/limits.ts";
import type { UplinkClass } from "../../protocol/peer-message.ts";
import type { Member } from "./member.ts";
import { RELIEVED_PER_ROTATION, Seats } from "./seats.ts";

const ALL = Array.from({ length: ELECTION_SEATS }, (_, seat) => seat);

/** A track with so many members of one class, all of them admitted. */
function createTrack(members: number, uplink: UplinkClass = 2) {
  const crowd = createCrowd();
  const seats = new Seats("00000000000000aa" as TrackId, createRng(7));
  const present: Member[] = [];
  const enter = (ofClass: UplinkClass): Member => {
    const member = crowd.add(ofClass);
    present.push(member);
    seats.enter(member);
    seats.admit(member);
    return member;
  };
  for (let n = 0; n < members; n++) enter(uplink);
  seats.takeChanged();
  const counts = (): number[] => present.map((member) => seats.heldBy(member).length);
  return {
    seats,
    present,
    enter,
    leave: (member: Member): void => {
      present.splice(present.indexOf(member), 1);
      seats.leave(member);
    },
    counts,
    expectWhole: (): void => {
      expect(present.flatMap((member) => seats.heldBy(member)).sort((a, b) => a - b)).toEqual(ALL);
    },
  };
}

describe("[TK11] seats are dealt evenly", () => {
  for (const members of [1, 2, 3, 5, 20, 32])
    test(`to ${String(members)}`, () => {
      const track = createTrack(members);
      track.expectWhole();
      expect(Math.max(...track.counts()) - Math.min(...track.counts())).toBeLessThanOrEqual(1);
    });

  test("to more than there are seats: one each, and the others none", () => {
    const track = createTrack(500);
    track.expectWhole();
    expect(track.counts().filter((count) => count === 1)).toHaveLength(ELECTION_SEATS);
  });

  test("but twice as many to those who can give twice as much", () => {
    const track = createTrack(0);
    for (const uplink of [1, 2, 1, 2] as const) track.enter(uplink);
    track.expectWhole();
    const [weak, strong, weakToo, strongToo] = track.counts();
    expect([weak, weakToo].every((count) => count === 5 || count === 6)).toBe(true);
    expect([strong, strongToo].every((count) => count === 10 || count === 11)).toBe(true);
  });
});

describe("[TK12] few seats move", () => {
  test("only the newcomer's share, when one is admitted", () => {
    const track = createTrack(8);
    const before = new Map(track.present.map((member) => [member, track.seats.heldBy(member)]));
    const newcomer = track.enter(2);
    for (const [member, seats] of before)
      expect(seats).toEqual(expect.arrayContaining([...track.seats.heldBy(member)]));
    expect(track.seats.heldBy(newcomer)).toHaveLength(3);
    expect(track.seats.takeChanged()).toHaveLength(4); // the newcomer, and one giver for each of its seats
  });

  test("none, when there are more members than seats already: the newcomer is told so", () => {
    const track = createTrack(40);
    track.enter(2);
    expect(track.seats.takeChanged()).toEqual([track.present.at(-1)]);
  });

  test("only those of whoever goes, and to members without any", () => {
    const track = createTrack(40);
    const holder = track.present.find((member) => track.seats.heldBy(member).length > 0);
    if (!holder) throw new Error("somebody holds a seat");
    const [seat] = track.seats.heldBy(holder);
    track.leave(holder);
    track.expectWhole();
    const changed = track.seats.takeChanged();
    expect(changed).toHaveLength(2);
    expect(changed.map((member) => track.seats.heldBy(member))).toEqual([[], [seat]]);
  });
});

describe("newcomers", () => {
  test("[TK10] hold nothing until they are admitted, unless nobody else is there", () => {
    const crowd = createCrowd();
    const seats = new Seats("00000000000000aa" as TrackId, createRng(7));
    const [first, second, third] = [crowd.add(2), crowd.add(2), crowd.add(2)];
    expect([first, second, third].map((member) => seats.enter(member))).toEqual([false, true, true]);
    expect(seats.takeChanged()).toEqual([first, second, third]); // two to hear that the first holds them all
    seats.leave(first);
    expect([first, second, third].map((member) => seats.heldBy(member))).toEqual([[], ALL, []]);
    seats.leave(third);
    seats.admit(second); // its wait ends after it was let in early
    expect(seats.heldBy(second)).toEqual(ALL);
    seats.leave(second);
    expect(seats.isEmpty).toBe(true);
  });
});

describe("[TK13] the duty goes round", () => {
  test("a quarter of the seats pass on, the longest held ones first, until everybody has had one", () => {
    const track = createTrack(64);
    const served = new Set<Member>();
    for (let round = 0; round < 40; round++) {
      for (const member of track.present) if (track.seats.heldBy(member).length > 0) served.add(member);
      track.seats.rotate();
      track.expectWhole();
      expect(track.seats.takeChanged()).toHaveLength(2 * RELIEVED_PER_ROTATION);
    }
    expect(served.size).toBe(64);
  });

  test("nobody is relieved when nobody is without", () => {
    const track = createTrack(32);
    expect(track.seats.hasIdle).toBe(false);
    track.seats.rotate();
    expect(track.seats.takeChanged()).toEqual([]);
  });

  test("those who can give more have their turn sooner", () => {
    const track = createTrack(0);
    for (let n = 0; n < 400; n++) track.enter(n % 2 === 0 ? 1 : 2);
    for (let round = 0; round < 8; round++) track.seats.rotate();
    const strong = track.present.filter((member) => member.uplink === 2 && track.seats.heldBy(member).length > 0);
    expect(strong.length).toBeGreaterThan(ELECTION_SEATS / 2);
    expect(strong.length).toBeLessThan(ELECTION_SEATS);
  });
});

describe("[TK73] witnesses", () => {
  /** A track whose witnesses are called, with members of these networks. */
  function createWitnessed(networks: readonly string[]) {
    const crowd = createCrowd();
    const seats = new Seats("00000000000000aa" as TrackId, createRng(7));
    const members = networks.map((prefixKey) => {
      const member = crowd.add(2, undefined, 0, undefined, { prefixKey });
      seats.enter(member);
      seats.admit(member);
      return member;
    });
    expect(seats.callWitnesses()).toBe(true);
    seats.takeChanged();
    const expectPairs = (): void => {
      seats.takeChanged();
      for (let seat = 0; seat < ELECTION_SEATS; seat++) {
        const [holder] = members.filter((member) => seats.heldBy(member).includes(seat));
        const witnesses = members.filter((member) => seats.witnessedBy(member).includes(seat));
        expect(witnesses).toHaveLength(1);
        expect(witnesses[0]?.network.prefixKey).not.toBe(holder?.network.prefixKey);
      }
    };
    return { seats, members, expectPairs };
  }

  test("every seat has one, of another network than its holder", () => {
    for (const networks of [
      ["a", "b"],
      ["a", "a", "a", "b"],
      ["a", "b", "c", "d", "e"],
      Array.from({ length: 40 }, (_, n) => `network ${String(n % 7)}`),
    ]) {
      const { seats, members, expectPairs } = createWitnessed(networks);
      expectPairs();
      seats.rotate();
      expectPairs();
      const [first] = members.splice(0, 1);
      if (first) seats.leave(first);
      if (new Set(members.map(({ network }) => network.prefixKey)).size > 1) expectPairs();
    }
  });

  test("among many networks nobody has more than a few, and only holders have any", () => {
    const { seats, members } = createWitnessed(Array.from({ length: 200 }, (_, n) => `network ${String(n)}`));
    for (const member of members)
      expect(seats.witnessedBy(member).length).toBe(seats.heldBy(member).length > 0 ? 1 : 0);
  });

  test("nobody is one where all are of one network", () => {
    const { seats, members } = createWitnessed(["a", "a", "a"]);
    expect(members.flatMap((member) => seats.witnessedBy(member))).toEqual([]);
  });

  test("only those whose seats change are told, and those next to them", () => {
    const { seats } = createWitnessed(Array.from({ length: 64 }, (_, n) => `network ${String(n)}`));
    seats.rotate();
    expect(seats.takeChanged().length).toBeLessThanOrEqual(3 * RELIEVED_PER_ROTATION);
  });

  test("are called once", () => {
    const { seats } = createWitnessed(["a", "b"]);
    expect([seats.callWitnesses(), seats.takeChanged()]).toEqual([false, []]);
  });

  test("nobody is one before they are called", () => {
    const track = createTrack(2);
    expect(track.present.flatMap((member) => track.seats.witnessedBy(member))).toEqual([]);
  });
});
