import { describe, expect, test } from "vitest";
import { aPeer, AUDIO, hold, listing, trackOf, VIDEO } from "../../../testkit/swarm-parts.ts";
import { partTrackOf } from "../../playlist/stream-names.ts";
import type { PeerId, ViewerId } from "../../protocol/ids.ts";
import { CHUNK_BYTES } from "../../protocol/limits.ts";
import type { Peer } from "../../swarm/core/peer.ts";
import type { Segment } from "../../swarm/core/segment.ts";
import { SegmentTable, type Track } from "../../swarm/core/segment-table.ts";
import { SeederInterest } from "./seeder-interest.ts";

const NOBODY: readonly Peer[] = [];
const PARTS = partTrackOf(VIDEO);

/** A seeder's interest in one track, of whoever is linked. */
class Scene {
  readonly table = new SegmentTable();
  readonly track: Track;
  readonly #interest: SeederInterest;

  constructor(from: number, to: number, { live = true, warm = false } = {}) {
    this.track = trackOf(this.table, from, to, { live });
    this.#interest = new SeederInterest(warm, (track) => track === PARTS);
  }

  /** `sequence@ms` of what matters, soonest first. */
  at(now: number, peers: readonly Peer[]): string {
    return this.#interest
      .window(now, this.table, undefined, byId(peers))
      .map(({ segment, dueAt }) => `${String(segment.name.sequence)}@${String(dueAt)}`)
      .join(" ");
  }

  /** Whose bytes go when so many chunks fit. */
  evicted(chunks: number, peers: readonly Peer[] = NOBODY, now = 0): number[] {
    const window = this.#interest.window(now, this.table, undefined, byId(peers));
    return this.#interest
      .evictions(this.table, window, undefined, chunks * CHUNK_BYTES, byId(peers))
      .map(({ name }) => name.sequence);
  }

  segment(sequence: number): Segment {
    const segment = this.track.bySequence.get(sequence);
    if (!segment) throw new Error(`no segment ${String(sequence)}`);
    return segment;
  }

  /** Is here whole: one chunk. */
  complete(...sequences: readonly number[]): void {
    for (const sequence of sequences) {
      this.segment(sequence).learnSize(CHUNK_BYTES, true);
      hold(this.segment(sequence), [0]);
    }
  }

  list(now: number, from: number, to: number): void {
    this.table.list(now, this.track, listing(from, to));
  }
}

const byId = (peers: readonly Peer[]): ReadonlyMap<PeerId, Peer> => new Map(peers.map((peer) => [peer.id, peer]));

/** A viewer of recorded video at a segment, with so many held from it on. */
function viewerAt(name: string, sequence: number, ahead = 0): Peer {
  const peer = aPeer(name);
  peer.position = { type: "position", slot: 0, sequence, ahead, behind: 0 };
  return peer;
}

function seederPeer(name: string): Peer {
  const peer = aPeer(name);
  peer.introduce("f000000000000000" as ViewerId, 2, true);
  return peer;
}

describe("[SE1] live", () => {
  test("the newest three at its start, not the whole window; then every new one, due a segment's time after it was known, or after somebody came", () => {
    const scene = new Scene(10, 30);
    const viewers = [aPeer("alice")];
    expect(scene.at(100, viewers)).toBe("27@4100 28@4100 29@4100");
    scene.complete(27, 28, 29);
    scene.list(4000, 11, 31);
    expect(scene.at(4100, viewers)).toBe("30@8000");
  });

  test("what left the playlist before it came matters no more", () => {
    const scene = new Scene(10, 13);
    const viewers = [aPeer("alice")];
    expect(scene.at(0, viewers)).toBe("10@4000 11@4000 12@4000");
    scene.list(4000, 12, 14);
    expect(scene.at(4000, viewers)).toBe("12@4000 13@8000");
  });

  test("numbers that begin anew begin with the newest three again", () => {
    const scene = new Scene(100, 120);
    const viewers = [aPeer("alice")];
    scene.at(0, viewers);
    scene.list(4000, 0, 8);
    expect(scene.at(4000, viewers)).toBe("5@8000 6@8000 7@8000");
  });

  test("a part has half a second to come from elsewhere, the longest segment four", () => {
    const scene = new Scene(10, 11);
    scene.track.targetDuration = 0.3;
    expect(scene.at(0, [aPeer("alice")])).toBe("10@500");
    scene.track.targetDuration = 10;
    expect(scene.at(0, [aPeer("alice")])).toBe("10@4000");
  });
});

describe("[SE2] while nobody is there", () => {
  test("nothing is fetched, and afterwards what is newest then", () => {
    const scene = new Scene(10, 30);
    expect(scene.at(0, NOBODY)).toBe("");
    expect(scene.at(0, [aPeer("alice")])).toBe("27@4000 28@4000 29@4000");
    expect(scene.at(0, NOBODY)).toBe("");
    scene.list(40_000, 20, 40);
    expect(scene.at(40_000, [aPeer("bob")])).toBe("37@44000 38@44000 39@44000");
  });

  test("another seeder is nobody, unless it is fed by this one", () => {
    const scene = new Scene(10, 12);
    const other = seederPeer("other");
    expect(scene.at(0, [other])).toBe("");
    other.subscribed.set(VIDEO, 0);
    expect(scene.at(0, [other])).toBe("10@4000 11@4000");
  });

  test("one that is to stay warm has the newest all the same", () => {
    expect(new Scene(10, 30, { warm: true }).at(0, NOBODY)).toBe("27@4000 28@4000 29@4000");
  });
});

describe("[SE3] recorded", () => {
  test("what a viewer plays within a minute and does not hold, four seconds before it must have it", () => {
    const scene = new Scene(0, 100, { live: false });
    // Segment 10 begins at second 40; 12 is the first that the viewer lacks.
    const due = scene.at(1000, [viewerAt("alice", 10, 2)]).split(" ");
    expect(due.slice(0, 2)).toEqual(["12@5000", "13@9000"]);
    const all: string[] = [];
    for (let next = due; next[0] !== ""; next = scene.at(1000, [viewerAt("alice", 10, 2)]).split(" ")) {
      all.push(...next);
      scene.complete(...next.map((one) => Number.parseInt(one, 10)));
    }
    expect(all.map((one) => Number.parseInt(one, 10))).toEqual(Array.from({ length: 13 }, (_, i) => 12 + i));
  });

  test("the most urgent of several viewers first, and only eight at once", () => {
    const scene = new Scene(0, 200, { live: false });
    const peers = [viewerAt("alice", 10, 5), viewerAt("bob", 100)];
    expect(scene.at(0, peers)).toBe("100@-4000 101@0 102@4000 103@8000 104@12000 15@16000 105@16000 16@20000");
  });

  test("a viewer goes on from where it said that it is", () => {
    const scene = new Scene(0, 100, { live: false });
    const alice = viewerAt("alice", 10);
    expect(scene.at(1000, [alice]).split(" ")[0]).toBe("10@-3000");
    expect(scene.at(9000, [alice]).split(" ")[0]).toBe("10@-3000");
  });

  test("whoever has not said where it is may begin at the beginning", () => {
    expect(new Scene(5, 100, { live: false }).at(0, [aPeer("alice")])).toBe("5@-4000 6@0");
  });

  test("all renditions that a viewer follows, and no others", () => {
    const scene = new Scene(0, 100, { live: false });
    trackOf(scene.table, 0, 100, { id: AUDIO, live: false });
    const both = aPeer("alice", { follows: [VIDEO, AUDIO] });
    both.position = { type: "position", slot: 0, sequence: 3, ahead: 0, behind: 0 };
    expect(scene.at(0, [both]).startsWith("3@-4000 3@-4000 4@0 4@0")).toBe(true);
    expect(scene.at(0, [viewerAt("bob", 3)]).startsWith("3@-4000 4@0")).toBe(true);
  });

  test("nothing while nobody is there, and nothing that the origin has just refused", () => {
    const scene = new Scene(0, 100, { live: false });
    expect(scene.at(0, NOBODY)).toBe("");
    scene.segment(10).originRetryAt = 2000;
    expect(scene.at(1000, [viewerAt("alice", 10)]).split(" ")[0]).toBe("11@1000");
  });
});

describe("[SE8] a low-latency stream", () => {
  /** Segments of 4 s from 10 to 19, and the parts of the newest. */
  function lowLatency(warm = false): Scene {
    const scene = new Scene(10, 20, { warm });
    trackOf(scene.table, 76, 80, { id: PARTS, seconds: 0.5 });
    return scene;
  }
  const byParts = aPeer("alice", { follows: [PARTS] });
  const bySegments = aPeer("bob");

  test("whole segments while somebody plays these, parts while somebody plays parts, each from the newest three on", () => {
    const scene = lowLatency();
    expect(scene.at(0, [byParts])).toBe("77@500 78@500 79@500");
    expect(scene.at(0, [bySegments])).toBe("17@4000 18@4000 19@4000");
    expect(scene.at(0, [byParts, bySegments])).toBe("77@500 78@500 79@500 17@4000 18@4000 19@4000");
  });

  test("what nobody played is not made up for", () => {
    const scene = lowLatency();
    scene.at(0, [bySegments]);
    scene.list(8000, 12, 26);
    expect(scene.at(8000, [byParts])).toBe("77@500 78@500 79@500");
    expect(scene.at(8000, [bySegments])).toBe("23@12000 24@12000 25@12000");
  });

  test("whole segments for nobody, where it is to stay warm", () => {
    expect(lowLatency(true).at(0, NOBODY)).toBe("17@4000 18@4000 19@4000");
  });
});

describe("[SE9] what a seeder below is fed", () => {
  /** Segment 12, of which somebody is said to be fetching a stripe. */
  function noticed(...peers: readonly Peer[]): string {
    const scene = new Scene(10, 13);
    scene.at(0, peers);
    scene.complete(10, 11);
    scene.segment(12).learnSize(8 * CHUNK_BYTES, true);
    scene.segment(12).notice(4, 50);
    return scene.at(100, peers);
  }
  const child = seederPeer("child");
  child.subscribed.set(VIDEO, 0);

  test("is due at once when a notice has come: it may be the child's own, and stands for what is fetched here", () => {
    expect(noticed(child)).toBe("12@0");
    expect(noticed(aPeer("alice"))).toBe("12@4000");
  });

  test("is left to a parent of our own", () => {
    expect(noticed(child, aPeer("up:1"))).toBe("12@4000");
  });

  test("is left to the election before anybody has said that it is fetched", () => {
    const scene = new Scene(10, 13);
    scene.segment(12).learnSize(8 * CHUNK_BYTES, true);
    expect(scene.at(100, [child])).toBe("10@4100 11@4100 12@4100");
  });
});

test("[SE4] what its own HTTP clients wait for is due at once, whoever is there", () => {
  const scene = new Scene(10, 30);
  scene.segment(12).wanted = true;
  expect(scene.at(700, NOBODY)).toBe("12@700");
});

describe("[SE5] what is forgotten", () => {
  test("nothing while it fits", () => {
    const scene = new Scene(10, 20);
    scene.complete(10, 11, 12);
    expect(scene.evicted(3)).toEqual([]);
  });

  test("live the oldest, never the newest three, and for good", () => {
    const scene = new Scene(10, 16);
    scene.complete(10, 11, 12, 13, 14, 15);
    const viewers = [aPeer("alice")];
    expect(scene.evicted(4, viewers)).toEqual([10, 11]);
    expect(scene.evicted(0, viewers)).toEqual([10, 11, 12]);
    for (const sequence of [10, 11, 12]) scene.segment(sequence).reset();
    expect(scene.at(100, viewers)).toBe("");
  });

  test("recorded what was served least lately, then what is played last", () => {
    const scene = new Scene(0, 40, { live: false });
    scene.complete(1, 2, 3, 20, 21);
    scene.segment(1).servedAt = 300;
    scene.segment(2).servedAt = 100;
    scene.segment(3).servedAt = 200;
    expect(scene.evicted(2, [viewerAt("alice", 20)])).toEqual([2, 3, 1]);
    expect(scene.evicted(0, [viewerAt("alice", 20)])).toEqual([2, 3, 1, 21, 20]);
  });

  test("and with too little memory for all viewers it looks less far ahead, until there is room again", () => {
    const scene = new Scene(0, 40, { live: false });
    const viewers = [viewerAt("alice", 0)];
    const reach = (): number => {
      let last = 0;
      for (let next = scene.at(0, viewers); next !== ""; next = scene.at(0, viewers)) {
        const due = next.split(" ").map((one) => Number.parseInt(one, 10));
        last = Math.max(last, ...due);
        scene.complete(...due);
      }
      for (const segment of scene.table.all()) segment.reset();
      return last;
    };
    expect(reach()).toBe(14);
    scene.complete(0, 1, 2, 3);
    expect(scene.evicted(2, viewers)).toEqual([3, 2]);
    expect(reach()).toBe(7);
    for (let second = 0; second < 30; second++) scene.evicted(100, viewers);
    expect(reach()).toBe(14);
  });
});
