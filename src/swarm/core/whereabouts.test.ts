import { describe, expect, test } from "vitest";
import { announce, aPeer, hold, trackOf } from "../../../testkit/swarm-parts.ts";
import type { PeerId } from "../../protocol/ids.ts";
import { CHUNK_BYTES } from "../../protocol/limits.ts";
import type { PeerPosition } from "../../protocol/peer-message.ts";
import type { SwarmAction } from "./action.ts";
import type { Peer } from "./peer.ts";
import { Playback } from "./playback.ts";
import { SegmentTable, type Track } from "./segment-table.ts";
import { isNews, Whereabouts } from "./whereabouts.ts";

const said = (actions: readonly SwarmAction[]): PeerPosition | undefined => {
  const [action] = actions;
  return action?.type === "send" && action.message.type === "position" ? action.message : undefined;
};

/** A viewer of a title of 100 segments, 4 s and one chunk each, and its links. */
class Scene {
  readonly table = new SegmentTable();
  readonly track: Track;
  readonly playback = new Playback();
  readonly peers = new Map<PeerId, Peer>();
  readonly whereabouts = new Whereabouts();

  constructor({ live = false, held = [] as readonly number[] } = {}) {
    this.track = trackOf(this.table, 0, 100, { live });
    for (const segment of this.track.listed) segment.learnSize(CHUNK_BYTES, true);
    for (const sequence of held) hold(this.segment(sequence), [0]);
  }

  segment(sequence: number) {
    const segment = this.track.listed[sequence];
    if (!segment) throw new Error(`no segment ${String(sequence)}`);
    return segment;
  }

  isAt(now: number, position: number, rate = 1): void {
    this.playback.update(now, position, position + 8, rate, 30);
  }

  /** A link that has been open for a while, to somebody who holds these segments. */
  link(name: string, holds: readonly number[], options: Parameters<typeof aPeer>[1] = {}): Peer {
    const peer = aPeer(name, options);
    for (const sequence of holds) announce(peer, this.segment(sequence), "whole");
    this.peers.set(peer.id, peer);
    return peer;
  }

  look(now: number): Whereabouts {
    this.whereabouts.look(now, this.table, this.playback, this.peers);
    return this.whereabouts;
  }
}

const from = (first: number, end: number): number[] => Array.from({ length: end - first }, (_, i) => first + i);

describe("[SW92] a viewer's place", () => {
  test("is the playhead and what it holds around it without a gap", () => {
    const scene = new Scene({ held: [3, 5, 6, 7, 8, 9, 11] });
    scene.isAt(0, 30);
    expect(scene.look(0).place).toEqual({ position: 30, ahead: 10, behind: 10, playing: true });
    scene.link("alice", []);
    expect(said(scene.whereabouts.say(0, 0, scene.peers))).toMatchObject({ sequence: 7, ahead: 3, behind: 2 });
  });

  test("where it holds nothing is a place all the same", () => {
    const scene = new Scene({ held: [3] });
    scene.isAt(0, 30, 0);
    expect(scene.look(0).place).toEqual({ position: 30, ahead: 0, behind: 2, playing: false });
  });

  test("before the first picture is where it will begin, once that is known", () => {
    const scene = new Scene();
    expect(scene.look(0).place).toBeUndefined();
    scene.segment(20).wanted = true;
    expect(scene.look(100).place).toEqual({ position: 80, ahead: 0, behind: 0, playing: false });
  });

  test("at the end of the title is its last segment, and nobody is missed any more", () => {
    const scene = new Scene({ held: from(90, 100) });
    scene.isAt(0, 400, 0);
    scene.link("behind", from(60, 70));
    expect(scene.look(0).place).toMatchObject({ position: 400, behind: 40 });
    expect(scene.whereabouts.providers).toBe(1);
  });

  test("does not exist in live video", () => {
    const scene = new Scene({ live: true, held: [7] });
    scene.isAt(0, 30);
    expect(scene.look(0).place).toBeUndefined();
    scene.link("useless", []);
    expect(scene.whereabouts.say(0, 0, scene.peers)).toEqual([]);
    expect(scene.whereabouts.idle(1e6, scene.peers, 0)).toEqual([]);
  });

  test("is looked up once a second, and at once after a jump and when links change", () => {
    const scene = new Scene();
    scene.isAt(0, 30);
    scene.look(0);
    scene.isAt(900, 30.9);
    expect(scene.look(900).place?.position).toBe(30);
    expect(scene.look(1000).place?.position).toBeCloseTo(31);
    scene.isAt(1100, 200);
    expect(scene.look(1100).place?.position).toBe(200);
    scene.link("alice", from(40, 60));
    expect(scene.look(1150).providers).toBe(1);
  });
});

test.each([
  ["playing on as told", { position: 110, behind: 10 }, false],
  ["a short pause", { position: 103, behind: 10 }, false],
  ["a jump, or a long pause", { position: 101, behind: 10 }, true],
  ["a little more kept", { position: 110, behind: 27 }, false],
  ["twice as much kept", { position: 110, behind: 29 }, true],
  ["most of it given up", { position: 110, behind: 0 }, true],
])("[SW92] news to the tracker or not: %s", (_, here, expected) => {
  const place = { position: 100, ahead: 30, behind: 10, playing: true };
  expect(isNews(10_000, { place, at: 0 }, { ...place, ...here })).toBe(expected);
});

describe("[SW90] a provider", () => {
  const scene = (): Scene => {
    const made = new Scene({ held: [10, 11] });
    made.isAt(100_000, 40);
    return made;
  };

  test("gives, and holds or fetches the first segment that is missing", () => {
    const viewer = scene();
    viewer.link("ahead", from(5, 30));
    viewer.link("a little ahead", [12]);
    viewer.link("behind", from(0, 12));
    viewer.link("cannot give", from(5, 30), { uplink: 0 });
    expect(viewer.look(100_000).providers).toBe(2);
  });

  test("may be whoever has just come, until it has had time to say what it holds", () => {
    const viewer = scene();
    viewer.link("new", [], { now: 100_500 });
    expect(viewer.look(101_000).providers).toBe(1);
    expect(viewer.look(102_600).providers).toBe(0);
  });

  test("is not who came for where we were before a jump", () => {
    const viewer = scene();
    viewer.link("new", [], { now: 100_500 });
    viewer.isAt(101_000, 300);
    expect(viewer.look(101_000).providers).toBe(0);
  });
});

describe("[SW93] a link is of no use", () => {
  const LATER = 20_001;
  const scene = (): Scene => {
    const made = new Scene({ held: from(5, 12) });
    made.isAt(0, 40);
    made.look(0);
    return made;
  };
  const says = (peer: Peer, sequence: number, ahead: number): void => {
    peer.position = { type: "position", slot: 0, sequence, ahead, behind: 0 };
  };

  test("when neither has anything for the other, and nothing went over it for 20 s", () => {
    const viewer = scene();
    const stranger = viewer.link("stranger", from(50, 60));
    says(stranger, 50, 10);
    expect(viewer.whereabouts.idle(19_999, viewer.peers, 0)).toEqual([]);
    expect(viewer.whereabouts.idle(LATER, viewer.peers, 0)).toEqual([stranger]);
  });

  test("but not when either got something over it lately", () => {
    const viewer = scene();
    viewer.link("giver", []).lastChunkAt = 1000;
    viewer.link("taker", []).lastServedAt = 1000;
    expect(viewer.whereabouts.idle(LATER, viewer.peers, 0)).toEqual([]);
  });

  test("nor when it leads to a provider, or to somebody whose next segment we hold", () => {
    const viewer = scene();
    viewer.link("provider", from(10, 20));
    const follower = viewer.link("follower", []);
    says(follower, 3, 4);
    expect(viewer.whereabouts.idle(LATER, viewer.peers, 0)).toEqual([]);
    says(follower, 3, 1);
    expect(viewer.whereabouts.idle(LATER, viewer.peers, 0)).toEqual([follower]);
  });

  test("and kept all the same while there are few", () => {
    const viewer = scene();
    for (const name of ["alice", "bob", "carol"]) viewer.link(name, []);
    expect(viewer.whereabouts.idle(LATER, viewer.peers, 2)).toHaveLength(1);
  });
});

test("[SW94] peers are told where we are every 10 s, and soon after a jump", () => {
  const scene = new Scene({ held: from(0, 100) });
  scene.link("alice", []);
  scene.isAt(0, 0);
  const words: unknown[] = [];
  for (let now = 0; now <= 30_000; now += 1000) {
    scene.isAt(now, now < 24_000 ? now / 1000 : 200 + now / 1000);
    const word = said(scene.look(now).say(now, scene.playback.movedAt, scene.peers));
    if (word) words.push([now, word.sequence, word.ahead, word.behind]);
  }
  expect(words).toEqual([
    [0, 0, 100, 0],
    [10_000, 2, 98, 2],
    [20_000, 5, 95, 5],
    [24_000, 56, 44, 56],
  ]);
});
