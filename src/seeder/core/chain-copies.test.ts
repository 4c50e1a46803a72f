/** What a chain of seeders and the viewers below it cost the origin. */
import { describe, expect, test } from "vitest";
import { World } from "../../../testkit/world/world.ts";
import { ChainParents } from "./chain-parents.ts";
import { ChainPush } from "./chain-push.ts";
import { seederPolicy } from "./seeder-policy.ts";

const VIEWERS = ["ann", "ben", "cat", "dan", "eve"];

/** Called by the edge; no tracker knows it, so no viewer does. */
function joinIngress(world: World): void {
  world.join("ingress", {
    ...{ plays: false, uplinkBitsPerSecond: 100e6 },
    core: { ...seederPolicy({ linksMax: 20 }), trackers: [], push: (desk) => new ChainPush(desk) },
  });
}

const joinEdge = (world: World, ...parents: readonly string[]) =>
  world.join("edge", {
    ...{ plays: false, uplinkBitsPerSecond: 100e6 },
    core: {
      ...seederPolicy({ linksMax: 20, warm: true }),
      parents: (rng) => new ChainParents(parents, rng),
      push: (desk) => new ChainPush(desk),
    },
  });

describe("a chain of two seeders", () => {
  test.each([1, 2, 3])("[SW121] five viewers below it cost no further copy (seed %i)", (seed) => {
    // What nobody has been told of by a step in an election is fetched by the next in line: it takes longer here.
    const world = new World({ seed, originLatencyMs: 250, originBitsPerSecond: 4e6 });
    joinIngress(world);
    const edge = joinEdge(world, "ingress");
    world.run(4000);
    for (const name of VIEWERS) world.join(name);
    world.run(60_000);
    const { newest } = world;
    expect(world.meanCopies(newest - 22, newest - 3)).toBeLessThanOrEqual(1.05);
    expect(edge.origin.bytes).toBe(0);
    for (const name of VIEWERS) expect(world.viewers.get(name)).toMatchObject({ player: { stalls: 0 }, failures: [] });
  });

  test("[SW121] when the parent goes without a word nobody stalls", () => {
    const world = new World({ seed: 4 });
    joinIngress(world);
    joinEdge(world, "ingress");
    world.run(4000);
    for (const name of VIEWERS) world.join(name);
    world.run(20_000);
    world.viewers.get("ingress")?.crash();
    world.run(30_000);
    for (const name of VIEWERS) expect(world.viewers.get(name)).toMatchObject({ player: { stalls: 0 }, failures: [] });
  });

  test("[SW122] at its start a chained seeder leaves what nobody waits for to its parent", () => {
    const world = new World({ seed: 5 });
    const edge = joinEdge(world, "ingress");
    world.run(30);
    joinIngress(world);
    world.run(8000);
    expect(edge.origin.bytes).toBe(0);
    expect(world.meanCopies(world.newest - 2, world.newest - 1)).toBe(1);
  });

  test("[SW122] refused by all it waits for nobody", () => {
    const world = new World({ seed: 6 });
    const edge = joinEdge(world, "nobody", "nowhere");
    world.run(1000);
    expect(edge.origin.bytes).toBeGreaterThan(0);
  });
});
