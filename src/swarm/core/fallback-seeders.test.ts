import { describe, expect, test } from "vitest";
import { Family } from "../../../testkit/family.ts";
import { aPeer } from "../../../testkit/swarm-parts.ts";
import { FallbackSeeders } from "./fallback-seeders.ts";
import type { CreateParents } from "./parents.ts";

const create: CreateParents = (rng, spread) => new FallbackSeeders(["a", "b", "c"], rng, spread);

describe("a viewer's seeders to fall back to", () => {
  test("[SW119] none while links may come about, one when there are none; viewers spread over the list", () => {
    const family = new Family(create, 7);
    family.hopeUntil = 2000;
    expect(family.look()).toEqual([]);
    expect(family.pass(1999)).toEqual([]);
    expect(family.pass(1)).toEqual(["up:1 b"]);
  });

  test("[SW119] links to viewers that give make it needless once they have stood for a while", () => {
    const family = new Family(create);
    family.viewers = 9;
    family.look();
    family.pass(1000);
    family.open("up:1");
    for (const name of ["bob", "carol", "dave"]) {
      const peer = aPeer(name, { now: family.now });
      family.peers.set(peer.id, peer);
    }
    expect(family.look()).toEqual([]);
    family.now += 20_000;
    expect(family.look()).toEqual(["leave up:1"]);
    expect(family.parents.linked).toBe(false);
  });

  test("[SW119] a viewer that takes no part calls nobody", () => {
    const family = new Family(create);
    family.mayLink = false;
    family.now = 10_000;
    expect(family.look()).toEqual([]);
    expect(family.parents.wakeAt).toBe(Infinity);
  });
});
