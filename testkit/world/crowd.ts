import type { Viewer } from "./viewer.ts";
import type { ViewerOptions, WorldOptions } from "./options.ts";
import { World } from "./world.ts";

/** A live stream and `count` viewers who come one after the other, each at its own phase of the playlist. */
export function crowd(
  count: number,
  options: WorldOptions,
  viewer: ViewerOptions = {},
): { world: World; viewers: Viewer[] } {
  const world = new World(options);
  const viewers: Viewer[] = [];
  for (let i = 0; i < count; i++)
    world.at(world.now + i * 700 + world.rng.next() * 300, () =>
      viewers.push(world.join(`viewer${String(i)}`, viewer)),
    );
  world.run(count * 700 + 10_000);
  return { world, viewers };
}

export const stalls = (viewers: readonly Viewer[]): number =>
  viewers.reduce((sum, viewer) => sum + viewer.player.stalls, 0);

/** Copies per segment from now on, over `ms` of the stream. */
export function copiesOver(world: World, ms: number): number {
  const from = world.newest + 1;
  world.run(ms);
  return world.meanCopies(from, world.newest - 4);
}
