import { describe, expect, test } from "vitest";
import { aPeer } from "../../../testkit/swarm-parts.ts";
import { createRng } from "../../base/random.ts";
import type { PeerId } from "../../protocol/ids.ts";
import { Parents, type ParentsOptions } from "./parents.ts";
import { Peer } from "./peer.ts";
import { DEFAULT_TUNING } from "./tuning.ts";

/** A list of parents, and what comes of it as time goes by. */
class Family {
  now = 0;
  mayLink = true;
  hopeUntil = 0;
  viewers = 1;
  readonly peers = new Map<PeerId, Peer>();
  readonly parents: Parents;

  constructor(when: ParentsOptions["when"], urls = ["a", "b", "c"], spread = 0) {
    this.parents = new Parents({ urls, when }, createRng(1), spread);
  }

  /** Looks now; what is dialed comes as text, and whom to let go. */
  look(): string[] {
    const { actions, useless } = this.parents.evaluate(this.now, this);
    for (const { id } of useless) this.peers.delete(id);
    return [
      ...actions.map((action) => (action.type === "open-peer" ? `${action.peer} ${action.url ?? ""}` : action.type)),
      ...useless.map(({ id }) => `leave ${id}`),
    ];
  }

  open(peer: string): Peer {
    const made = new Peer(peer as PeerId, this.now, DEFAULT_TUNING);
    this.peers.set(made.id, made);
    this.parents.opened(this.now, made.id);
    return made;
  }

  fail(peer: string): void {
    this.parents.closed(this.now, peer as PeerId);
  }

  /** Looks whenever the list wants it, for so long. */
  pass(ms: number): string[] {
    const seen: string[] = [];
    const end = this.now + ms;
    for (; this.parents.wakeAt <= end; seen.push(...this.look())) this.now = Math.max(this.now, this.parents.wakeAt);
    this.now = end;
    return seen;
  }
}

describe("a seeder's parents", () => {
  test("[SW118] the first of the list is dialed, then the next at once; after the last comes a pause", () => {
    const family = new Family("always");
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
    const family = new Family("always");
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
    const family = new Family("always", ["a", "b"]);
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
    const family = new Family("always", ["a", "b"]);
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
    const family = new Family("always", ["a"]);
    const tracks = [{ id: aPeer("x").following.values().next().value, slot: 0, following: true }].flatMap(
      ({ id, ...track }) => (id ? [{ id, ...track }] : []),
    );
    family.look();
    expect(family.parents.subscribe(tracks)).toEqual([]);
    family.open("up:1");
    const message = { type: "subscribe", slot: 0, on: true };
    expect(family.parents.subscribe(tracks)).toEqual([{ type: "send", peers: ["up:1"], message }]);
    expect(family.parents.subscribe(tracks)).toEqual([]);
  });
});

describe("a viewer's seeders to fall back to", () => {
  test("[SW119] none while links may come about, one when there are none; viewers spread over the list", () => {
    const family = new Family("fallback", ["a", "b", "c"], 7);
    family.hopeUntil = 2000;
    expect(family.look()).toEqual([]);
    expect(family.pass(1999)).toEqual([]);
    expect(family.pass(1)).toEqual(["up:1 b"]);
  });

  test("[SW119] links to viewers that give make it needless once they have stood for a while", () => {
    const family = new Family("fallback");
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
    const family = new Family("fallback");
    family.mayLink = false;
    family.now = 10_000;
    expect(family.look()).toEqual([]);
    expect(family.parents.wakeAt).toBe(Infinity);
  });
});
