import { describe, expect, test } from "vitest";
import { copiesOver, crowd, stalls } from "../../../testkit/world/crowd.ts";
import type { Viewer } from "../../../testkit/world/viewer.ts";
import type { SegmentId } from "../../protocol/ids.ts";

/** Chunks that the origin brought to one viewer more than once. */
function chunksFetchedTwice(viewer: Viewer): number {
  const segments = new Map<number, SegmentId>();
  for (const action of viewer.actions) if (action.type === "fetch-origin") segments.set(action.fetch, action.segment);
  const seen = new Set<string>();
  let twice = 0;
  for (const event of viewer.events) {
    if (event.type !== "origin-chunk") continue;
    const key = `${segments.get(event.fetch) ?? ""} ${String(event.chunk)}`;
    if (seen.has(key)) twice++;
    seen.add(key);
  }
  return twice;
}

const fetchedUnlisted = (viewers: readonly Viewer[]): number =>
  viewers.reduce((sum, viewer) => sum + viewer.origin.fetchedUnlisted, 0);

describe("[SW37] a swarm whose tracker deals seats", () => {
  test.each([2, 3, 5, 8])("of %i viewers costs the origin one copy of each segment", (count) => {
    const { world, viewers } = crowd(count, { seed: count, segmentBytes: 1_000_000 });
    expect(copiesOver(world, 30_000)).toBeLessThan(1.05);
    expect(stalls(viewers)).toBe(0);
  });

  test.each([2, 3, 5, 8])("and that loses it: %i viewers still cost about one", (count) => {
    const { world, viewers } = crowd(count, { seed: count, segmentBytes: 1_000_000 });
    world.trackerUp = false;
    for (const viewer of viewers) viewer.feed({ type: "tracker-closed" });
    world.run(6000);
    expect(copiesOver(world, 30_000)).toBeLessThan(1.2);
    expect(stalls(viewers)).toBe(0);
  });
});

describe("[SW36] a segment that a neighbour's playlist lists first", () => {
  test("is fetched before the fetcher's own playlist lists it", () => {
    const { world, viewers } = crowd(4, { seed: 3 });
    world.run(20_000);
    expect(fetchedUnlisted(viewers)).toBeGreaterThan(5);
  });

  test("is never asked of the origin while its address cannot be told", () => {
    const { world, viewers } = crowd(4, { seed: 3, locates: false });
    expect(copiesOver(world, 30_000)).toBeLessThan(1.5);
    expect(fetchedUnlisted(viewers)).toBe(0);
    expect(stalls(viewers)).toBe(0);
  });

  test("and that the origin does not have yet is asked for again once listed, and hls.js hears nothing of it", () => {
    const { world, viewers } = crowd(4, { seed: 4 });
    const before = viewers.map((viewer) => viewer.origin.fetchedUnlisted);
    world.origin.lags = true;
    expect(copiesOver(world, 60_000)).toBeLessThan(1.5);
    const refused = viewers.map((viewer, i) => viewer.origin.fetchedUnlisted - (before[i] ?? 0));
    expect(Math.max(...refused)).toBe(3);
    expect(viewers.flatMap((viewer) => viewer.failures)).toEqual([]);
    expect(stalls(viewers)).toBe(0);
  });

  test("is told to each neighbour once at most", () => {
    const { world, viewers } = crowd(5, { seed: 4 });
    world.run(20_000);
    for (const viewer of viewers) {
      const told = viewer.actions.flatMap((action) =>
        action.type === "send" && action.message.type === "listed"
          ? action.peers.map(
              (peer) => `${peer} ${String(action.message.type === "listed" && action.message.segment.sequence)}`,
            )
          : [],
      );
      expect(new Set(told).size).toBe(told.length);
    }
  });
});

describe("[SW33] whoever was elected vanishes", () => {
  test("after its notice: the others fetch once more what it did not bring, and nobody stalls", () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const { world, viewers } = crowd(6, { seed, segmentBytes: 1_000_000, segmentSeconds: 4 });
      const sequence = world.newest + 1;
      const elected = (viewer: Viewer): boolean =>
        viewer.actions.some(
          (action) =>
            action.type === "send" &&
            action.message.type === "fetching" &&
            action.message.segment.sequence === sequence,
        );
      world.runUntil(() => viewers.some(elected));
      const crashed = viewers.find(elected);
      crashed?.crash();
      const others = viewers.filter((viewer) => viewer !== crashed);
      world.run(14_000);
      expect(world.copies(sequence)).toBeLessThan(1.4);
      expect(stalls(others)).toBe(0);
      expect(others.every((viewer) => viewer.got(sequence))).toBe(true);
    }
  });
});

describe("[SW24] an origin that leaves one request in ten unanswered for two seconds", () => {
  test("stalls nobody in a swarm", () => {
    for (const seed of [1, 2, 3]) {
      const { world, viewers } = crowd(6, { seed, segmentBytes: 1_000_000 }, { uplinkBitsPerSecond: 3e6 });
      world.origin.lateShare = 0.1;
      world.run(60_000);
      expect(stalls(viewers)).toBe(0);
    }
  });

  test("costs no byte more than one that answers", () => {
    const { world, viewers } = crowd(3, { seed: 5, segmentBytes: 1_000_000 });
    world.origin.lateShare = 0.1;
    expect(copiesOver(world, 60_000)).toBeLessThan(1.1);
    expect(viewers.map(chunksFetchedTwice)).toEqual([0, 0, 0]);
  });
});

describe("[SW25] nobody has a chunk from the origin twice", () => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8])("whatever happens, seed %i", (seed) => {
    const { world, viewers } = crowd(6, { seed, segmentBytes: 700_000 }, { uplinkBitsPerSecond: 2e6 });
    const rng = world.rng.fork("trouble");
    world.origin.lateShare = 0.2;
    for (let i = 0; i < 12; i++) {
      const viewer = viewers[Math.floor(rng.next() * viewers.length)];
      const other = viewers[Math.floor(rng.next() * viewers.length)];
      const what = rng.next();
      if (what < 0.2) world.origin.up = !world.origin.up;
      else if (what < 0.5 && viewer && other?.links.has(viewer.id)) {
        viewer.links.delete(other.id);
        other.links.delete(viewer.id);
        viewer.feed({ type: "peer-closed", peer: other.id, reason: "lost" });
        other.feed({ type: "peer-closed", peer: viewer.id, reason: "lost" });
      } else if (what < 0.6) viewer?.crash();
      world.run(3000);
    }
    expect(viewers.map(chunksFetchedTwice).filter((twice) => twice > 0)).toEqual([]);
    // Nor more of a segment than plain players would have had: one copy each.
    for (const bytes of world.origin.bySegment.values()) expect(bytes).toBeLessThanOrEqual(6 * 700_000);
  });
});
