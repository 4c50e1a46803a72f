import { describe, expect, test } from "vitest";
import { createRng, hash32 } from "../../base/random.ts";
import { copiesOver, crowd, stalls } from "../../../testkit/world/crowd.ts";
import type { WorldOptions } from "../../../testkit/world/options.ts";
import type { Viewer } from "../../../testkit/world/viewer.ts";
import { World } from "../../../testkit/world/world.ts";
import { swarmIdOf, type ViewerId } from "../../protocol/ids.ts";
import { CHUNK_BYTES } from "../../protocol/limits.ts";
import { SwarmCore } from "./swarm.ts";

describe("alone", () => {
  test("[SW1] a lone viewer costs the origin exactly what plain hls.js does: each segment once, whole, when asked", () => {
    const world = new World({ seed: 1 });
    const alice = world.join("alice");
    world.run(60_000);
    world.runUntil(() => alice.delivered.length === world.origin.requests);
    const asked = alice.delivered.length;
    expect(asked).toBeGreaterThan(30);
    expect(world.origin.requests).toBe(asked);
    expect(world.origin.bytes).toBe(asked * world.options.segmentBytes);
    expect(
      alice.actions.filter((a) => a.type === "fetch-origin").every((a) => a.from === 0 && a.to === undefined),
    ).toBe(true);
    expect(alice.core.stats()).toMatchObject({ offload: 0, wastedBytes: 0, viewers: 1 });
    expect(alice.player.stalls).toBe(0);
  });

  test("[SW4] a lone viewer sleeps between what happens", () => {
    const world = new World({ seed: 18 });
    const alice = world.join("alice");
    world.run(30_000);
    const woken = alice.events.filter((event) => event.type === "wakeup").length;
    expect(woken / 30).toBeLessThan(12); // the player itself reports ten times a second
  });

  test("[SW1] viewers that must not upload are alone among themselves", () => {
    const { world, viewers } = crowd(3, { seed: 2 }, { uplink: 0 });
    expect(copiesOver(world, 30_000)).toBe(3);
    expect(viewers.every((viewer) => viewer.core.stats().uploadedBytes === 0)).toBe(true);
    expect(stalls(viewers)).toBe(0);
  });

  test("[SW81] a newcomer dials nobody before its first picture, unless that takes a second", () => {
    const world = new World({ seed: 20 });
    world.join("alice");
    world.run(10_000);
    const [bob, carol] = [world.join("bob"), world.join("carol", { plays: false })];
    const at = world.now;
    const dialedAt = (viewer: Viewer): number | undefined =>
      viewer.actions.some((action) => action.type === "open-peer" && action.initiator) ? world.now : undefined;
    world.runUntil(() => dialedAt(bob) !== undefined);
    expect(world.now).toBeGreaterThanOrEqual(bob.player.startedAt ?? Infinity);
    world.runUntil(() => dialedAt(carol) !== undefined);
    expect(world.now - at).toBeGreaterThanOrEqual(1000);
  });

  test("[SW2] a newcomer waits for peers that are on their way rather than fetch a third segment", () => {
    const world = new World({ seed: 19 });
    world.join("alice");
    world.run(20_000);
    const bob = world.join("bob");
    world.run(20_000);
    expect(bob.origin.bytes).toBeLessThanOrEqual((2 + 9 / 2 + 1) * world.options.segmentBytes);
    expect(bob.sourcesOf(bob.delivered[2] ?? -1)).not.toMatch(/^o+$/);
    expect(bob.player.stalls).toBe(0);
  });

  test("[SW2] a newcomer takes its first segment from the origin at once", () => {
    const world = new World({ seed: 3 });
    world.join("alice");
    world.run(20_000);
    const bob = world.join("bob");
    const at = world.now;
    world.runUntil(() => bob.player.startedAt !== undefined);
    const plainMs =
      world.options.originLatencyMs + (world.options.segmentBytes * 8000) / world.options.originBitsPerSecond;
    expect((bob.player.startedAt ?? Infinity) - at).toBeLessThan(plainMs + 200);
    expect(bob.sourcesOf(bob.delivered[0] ?? -1)).toMatch(/^o+$/);
  });
});

describe("a live swarm", () => {
  test.each([2, 4, 8, 16])("[SW30] %i viewers cost the origin about one copy of each segment", (count) => {
    let copies = 0;
    for (const seed of [1, 2, 3]) {
      const { world, viewers } = crowd(count, { seed });
      copies += copiesOver(world, 60_000) / 3;
      expect(stalls(viewers)).toBe(0);
      expect(world.origin.bytes).toBe(viewers.reduce((sum, viewer) => sum + viewer.origin.bytes, 0));
    }
    expect(copies).toBeGreaterThan(0.999);
    expect(copies).toBeLessThan(1.25);
  });

  test("[SW40] with uplinks of twice the bit rate nothing is lost but time", () => {
    const { world, viewers } = crowd(
      8,
      { seed: 4, segmentSeconds: 4, segmentBytes: 600_000 },
      { uplinkBitsPerSecond: 2.4e6 },
    );
    expect(copiesOver(world, 90_000)).toBeLessThan(1.4);
    expect(stalls(viewers)).toBe(0);
  });

  test("[SW21] with uplinks of half the bit rate the origin brings the rest, and nobody stalls", () => {
    const { world, viewers } = crowd(
      6,
      { seed: 5, segmentSeconds: 4, segmentBytes: 600_000 },
      { uplinkBitsPerSecond: 0.6e6 },
    );
    const total = (counter: "wastedBytes" | "originReceivedBytes" | "peerReceivedBytes"): number =>
      viewers.reduce((sum, viewer) => sum + viewer.core.stats()[counter], 0);
    const before = [total("wastedBytes"), total("originReceivedBytes") + total("peerReceivedBytes")] as const;
    const copies = copiesOver(world, 90_000);
    expect(copies).toBeLessThan(5);
    expect(stalls(viewers)).toBe(0);
    const waste = total("wastedBytes") - before[0];
    const received = total("originReceivedBytes") + total("peerReceivedBytes") - before[1];
    // A chunk takes 440 ms here: what is on its way when patience ends cannot be called back.
    expect(waste / received).toBeLessThan(0.025);
  });

  test("[SW50] a chunk is passed on long before its segment is whole", () => {
    // 4 s of media that takes 2 s to come from the origin.
    const world = new World({ seed: 6, segmentSeconds: 4, segmentBytes: 1_000_000, originBitsPerSecond: 4e6 });
    const [alice, bob] = [world.join("alice"), world.join("bob")];
    world.run(30_000);
    let early = 0;
    for (let i = 0; i < 3000; i++) {
      world.run(10);
      const sequence = world.newest;
      const [a, b] = [alice.sourcesOf(sequence), bob.sourcesOf(sequence)];
      const unfinished = (sources: string): boolean => sources.includes("o") && /[.~]/.test(sources);
      if ((unfinished(a) && b.includes("p")) || (unfinished(b) && a.includes("p"))) early++;
    }
    expect(early).toBeGreaterThan(50);
    expect(alice.player.stalls + bob.player.stalls).toBe(0);
  });

  test("[SW51] a segment is asked of peers before our own playlist lists it", () => {
    const { world, viewers } = crowd(4, { seed: 7 });
    world.run(30_000);
    let ahead = 0;
    for (const viewer of viewers) {
      let newest = -1;
      for (const event of viewer.events) {
        if (event.type === "playlist") newest = event.segments.at(-1)?.name.sequence ?? -1;
        if (event.type === "peer-chunk" && Number(event.segment.split("/")[1]) > newest) ahead++;
      }
    }
    expect(ahead).toBeGreaterThan(0);
  });
});

describe("when things go wrong", () => {
  test("[SW20] a peer that falls silent costs origin bytes, never a stall", () => {
    const { world, viewers } = crowd(4, { seed: 8 });
    const [asleep, ...others] = viewers;
    if (asleep) asleep.asleep = true;
    world.run(30_000);
    expect(stalls(others)).toBe(0);
    expect(others.every((viewer) => !viewer.links.has(asleep?.id ?? viewer.id))).toBe(true);
  });

  test("[SW20] one viewer of four crashes: the others neither stall nor fetch everything themselves", () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const { world, viewers } = crowd(4, { seed });
      const [crashed, ...others] = viewers;
      crashed?.crash();
      const copies = copiesOver(world, 40_000);
      expect(stalls(others)).toBe(0);
      expect(copies).toBeLessThan(1.4);
    }
  });

  test("[SW80] the tracker dies: links live on and so does the swarm", () => {
    const { world, viewers } = crowd(4, { seed: 9 });
    world.trackerUp = false;
    for (const viewer of viewers) viewer.feed({ type: "tracker-closed" });
    expect(copiesOver(world, 40_000)).toBeLessThan(1.25);
    expect(stalls(viewers)).toBe(0);
    expect(viewers.every((viewer) => viewer.core.stats().tracker === "lost")).toBe(true);
  });

  test("[SW60] an origin that refuses is reported with its status, and asked again by whoever asks again", () => {
    const world = new World({ seed: 10 });
    const alice = world.join("alice");
    world.run(10_000);
    world.origin.up = false;
    world.run(6_000);
    expect(alice.failures).toContain(503);
    world.origin.up = true;
    const before = alice.delivered.length;
    world.run(20_000);
    expect(alice.delivered.length).toBeGreaterThan(before + 8);
  });

  test("[SW61] without ranges whole segments are elected and nothing is fetched in parts", () => {
    const world = new World({ seed: 11 });
    const viewers = ["alice", "bob", "carol", "dave"].map((name) => world.join(name));
    for (const viewer of viewers) viewer.feed({ type: "origin-ranges", usable: false });
    world.run(15_000);
    expect(copiesOver(world, 40_000)).toBeLessThan(1.4);
    for (const viewer of viewers)
      for (const action of viewer.actions)
        if (action.type === "fetch-origin") expect([action.from, action.to]).toEqual([0, undefined]);
    expect(stalls(viewers)).toBe(0);
  });

  test("[SW62] what peers call the same but has another size is never mixed with the origin's bytes", () => {
    const world = new World({ seed: 12 });
    const alice = world.join("alice");
    world.run(10_000);
    const bob = world.join("bob");
    world.run(2_000);
    // Alice claims a wrong size for everything she announces from now on.
    const sequence = world.newest + 2;
    bob.feed({
      type: "peer-message",
      peer: alice.id,
      message: {
        type: "have",
        slot: 0,
        segments: [{ segment: world.segmentName(sequence), byteLength: 12 * CHUNK_BYTES }],
      },
      byteLength: 40,
    });
    world.run(20_000);
    const delivered = bob.core.stats().segments.find((segment) => segment.sequence === sequence);
    expect(delivered?.byteLength).toBe(world.options.segmentBytes);
    expect(bob.got(sequence)).toBe(true);
    expect(bob.player.stalls).toBe(0);
  });
});

describe("video on demand", () => {
  const title: WorldOptions = { seed: 13, live: false, segmentSeconds: 4, segmentBytes: 600_000, windowSegments: 60 };

  test("[SW32] a viewer behind another gets nearly everything from it", () => {
    const world = new World(title);
    const alice = world.join("alice");
    world.run(40_000);
    const bob = world.join("bob");
    world.run(120_000);
    expect(alice.player.stalls + bob.player.stalls).toBe(0);
    expect(bob.core.stats().offload).toBeGreaterThan(0.9);
    expect(world.origin.bytes).toBeLessThanOrEqual((alice.delivered.length + 3) * world.options.segmentBytes);
  });

  test("[SW32] viewers who start together share the fetching", () => {
    const world = new World({ ...title, seed: 14 });
    const viewers = ["alice", "bob", "carol", "dave"].map((name) => world.join(name));
    world.run(150_000);
    expect(stalls(viewers)).toBe(0);
    const played = viewers.reduce((sum, viewer) => sum + viewer.delivered.length, 0) * world.options.segmentBytes;
    expect(world.origin.bytes / played).toBeLessThan(0.45);
  });

  test("[SW92] a viewer that jumps tells the tracker, and one that plays on says so only as what it keeps doubles", () => {
    const world = new World(title);
    const alice = world.join("alice");
    world.join("bob", { startAt: 20 });
    world.run(60_000);
    const told = (): unknown[] =>
      alice.actions.flatMap((action) =>
        action.type === "send-tracker" && "place" in action.message ? [action.message.place?.position] : [],
      );
    const before = told().length;
    expect(before).toBeLessThan(12);
    alice.isAt(200);
    world.runUntil(() => told().length > before, 90);
    expect(told().at(-1)).toBeCloseTo(200, 0);
  });

  test("[SW94] peers hear where a viewer is: every 10 s, and in live video never", () => {
    const positions = (viewer: Viewer): number =>
      viewer.actions.filter((action) => action.type === "send" && action.message.type === "position").length;
    const world = new World(title);
    const [alice] = [world.join("alice"), world.join("bob")];
    world.run(60_000);
    expect(positions(alice)).toBeGreaterThanOrEqual(5);
    expect(positions(alice)).toBeLessThanOrEqual(8);
    const [carol] = crowd(2, { seed: 19 }).viewers;
    expect(carol && positions(carol)).toBe(0);
  });

  test("[SW3] nobody fetches from the origin what a plain player would not have", () => {
    const world = new World({ ...title, seed: 15 });
    const viewers = [world.join("alice"), world.join("bob", { startAt: 30 })];
    world.run(60_000);
    const plain = viewers.reduce((sum, viewer) => sum + viewer.delivered.length + 1, 0) * world.options.segmentBytes;
    expect(world.origin.bytes).toBeLessThanOrEqual(plain);
  });
});

describe("a core", () => {
  test("[SW0] the same seed and the same events give the same actions", () => {
    const { viewers } = crowd(3, { seed: 16 });
    const [alice] = viewers;
    if (!alice) throw new Error("nobody came");
    const run = (): string => JSON.stringify(crowd(3, { seed: 16 }).viewers.map((viewer) => viewer.actions));
    expect(hash32(run())).toBe(hash32(run()));
  });

  test("[SW0] recorded events replay: a fresh core answers them alike", () => {
    const world = new World({ seed: 17 });
    const options = {
      swarm: swarmIdOf("x"),
      viewer: "0123456789abcdef" as ViewerId,
      trackers: ["wss://tracker.test"],
      uplink: 1,
      memoryBytesMax: 1e8,
    } as const;
    const play = (): string => {
      const core = new SwarmCore({ ...options, rng: createRng(5) });
      const alice = world.viewers.get("alice") ?? world.join("alice");
      if (alice.events.length < 50) world.run(10_000);
      return JSON.stringify(alice.events.slice(0, 500).map((event, i) => core.handle(i * 10, event)));
    };
    expect(play()).toBe(play());
  });
});
