import { describe, expect, test } from "vitest";
import { Family } from "../../../testkit/family.ts";
import { VIDEO } from "../../../testkit/swarm-parts.ts";
import type { PeerId } from "../../protocol/ids.ts";
import { SegmentTable } from "../../swarm/core/segment-table.ts";
import { ChainParents } from "./chain-parents.ts";

describe("a seeder's parents", () => {
  test("[SW118] the first of the list is dialed, then the next at once; after the last comes a pause", () => {
    const family = new Family((rng) => new ChainParents(["a", "b", "c"], rng));
    expect(family.look()).toEqual(["up:1 a"]);
    family.fail("up:1");
    expect(family.look()).toEqual(["up:2 b"]);
    family.fail("up:2");
    expect(family.look()).toEqual(["up:3 c"]);
    family.fail("up:3");
    expect(family.look()).toEqual([]);
    expect(family.parents.wakeAt).toBeGreaterThanOrEqual(250);
    expect(family.pass(500)).toEqual(["up:4 a"]);
  });

  test("[SW118] one that is gone is replaced at once, one that brings nothing too", () => {
    const family = new Family((rng) => new ChainParents(["a", "b", "c"], rng));
    family.look();
    const first = family.open("up:1");
    expect(family.look()).toEqual([]);
    family.now = 30_000;
    first.suspendedUntil = 31_000;
    expect(family.look()).toEqual(["up:2 b", "leave up:1"]);
    family.open("up:2");
    family.look();
    family.now = 60_000;
    family.peers.delete("up:2" as PeerId);
    expect(family.look()).toEqual(["up:3 c"]);
  });

  test("[SW118] a better one that is back takes over, and the other is left only then", () => {
    const family = new Family((rng) => new ChainParents(["a", "b"], rng));
    family.look();
    family.fail("up:1");
    family.look();
    family.open("up:2");
    expect(family.look()).toEqual([]);
    expect(family.pass(80_000)).toEqual(["up:3 a"]);
    family.open("up:3");
    expect(family.look()).toEqual(["leave up:2"]);
    expect(family.parents.wakeAt).toBe(Infinity);
  });

  test("[SW118] a forger is not called again", () => {
    const family = new Family((rng) => new ChainParents(["a", "b"], rng));
    family.look();
    family.open("up:1");
    family.parents.ban("up:1" as PeerId);
    family.peers.clear();
    expect(family.look()).toEqual(["up:2 b"]);
    family.fail("up:2");
    family.look();
    expect(family.pass(60_000)).toEqual(["up:3 b"]);
  });

  test("[SW120] what is followed is subscribed to, once on each link", () => {
    const family = new Family((rng) => new ChainParents(["a"], rng));
    family.look();
    const track = new SegmentTable(family.peers).track(VIDEO);
    track.follow(0, true);
    family.tracks = [track];
    family.open("up:1");
    const message = { type: "subscribe", slot: 0, on: true };
    expect(family.parents.evaluate(0, family).actions).toEqual([{ type: "send", peers: ["up:1"], message }]);
    expect(family.look()).toEqual([]);
  });
});
