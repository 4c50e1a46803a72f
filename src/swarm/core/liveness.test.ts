import { expect, test } from "vitest";
import { aPeer } from "../../../testkit/swarm-parts.ts";
import { CHUNK_BYTES } from "../../protocol/limits.ts";
import { Liveness } from "./liveness.ts";
import type { Peer } from "./peer.ts";
import { DEFAULT_TUNING } from "./tuning.ts";

/** Looks at the links as often as it asks to; tells what it does, and when. */
function watch(liveness: Liveness, peers: readonly Peer[], untilMs: number, answers = false): string[] {
  const seen: string[] = [];
  for (let now = 0; now <= untilMs; now += 100) {
    if (now < liveness.checkAt) continue;
    const { actions, dead } = liveness.check(now, peers);
    for (const action of actions) {
      if (action.type !== "send" || action.message.type !== "ping") continue;
      seen.push(`ping ${action.peers.join()} at ${String(now)}`);
      if (!answers) continue;
      for (const peer of peers) {
        liveness.pong(now + 30, peer, action.message.nonce);
        peer.lastInboundAt = now + 30;
      }
    }
    seen.push(...dead.map((peer) => `${peer.id} dead at ${String(now)}`));
    if (dead.length > 0) break;
  }
  return seen;
}

test("[SW82] a silent link is pinged after 2 s, again every 2 s, and dead after 6 s", () => {
  expect(watch(new Liveness(DEFAULT_TUNING), [aPeer("alice")], 20_000)).toEqual([
    "ping alice_____ at 2000",
    "ping alice_____ at 4000",
    "alice_____ dead at 6000",
  ]);
});

test("[SW82] a link that answers lives, and tells its round trip", () => {
  const alice = aPeer("alice", { roundTripMs: 200 });
  const seen = watch(new Liveness(DEFAULT_TUNING), [alice], 20_000, true);
  expect(seen.length).toBeGreaterThan(5);
  expect(seen.join()).not.toContain("dead");
  expect(alice.roundTripMs).toBe(30);
});

test("[SW82] a link with traffic is not pinged", () => {
  const alice = aPeer("alice");
  const liveness = new Liveness(DEFAULT_TUNING);
  for (let now = 0; now < 10_000; now += 500) {
    alice.lastInboundAt = now;
    expect(liveness.check(now, [alice])).toEqual({ actions: [], dead: [] });
  }
});

test("[SW82] a peer that the tracker lost is pinged at once and has 1.5 s to answer", () => {
  const liveness = new Liveness(DEFAULT_TUNING);
  const [gone, alive] = [aPeer("gone"), aPeer("alive")];
  for (const peer of [gone, alive]) {
    peer.lastInboundAt = 9900;
    expect(liveness.doubt(10_000, peer)).toMatchObject({ peers: [peer.id], message: { type: "ping" } });
  }
  alive.lastInboundAt = 10_040;
  expect(liveness.check(11_400, [gone, alive]).dead).toEqual([]);
  expect(liveness.check(11_900, [gone, alive]).dead).toEqual([gone]);
});

test("[SW82] [T15] a link on which a chunk waits 6 s to be acknowledged is dead, whatever else is said on it", () => {
  const liveness = new Liveness(DEFAULT_TUNING);
  const [slow, honest] = [aPeer("slow"), aPeer("honest")];
  for (const peer of [slow, honest]) {
    peer.window.sent(1000, 2 * CHUNK_BYTES);
    peer.window.acknowledged(1500, CHUNK_BYTES);
    peer.lastInboundAt = 7000;
  }
  expect(liveness.check(6900, [slow, honest]).dead).toEqual([]);
  honest.window.acknowledged(6950, 2 * CHUNK_BYTES);
  expect(liveness.check(7400, [slow, honest]).dead).toEqual([slow]);
});

test("[SW82] doubting a peer that has been silent for long does not prolong its life", () => {
  const liveness = new Liveness(DEFAULT_TUNING);
  const gone = aPeer("gone");
  liveness.doubt(5800, gone);
  expect(liveness.check(6000, [gone]).dead).toEqual([gone]);
});

test("[PE21] a late answer to an earlier ping does not make the path look short", () => {
  const liveness = new Liveness(DEFAULT_TUNING);
  const alice = aPeer("alice", { roundTripMs: 2500 });
  const nonceOf = (action: ReturnType<Liveness["ping"]>): number =>
    action.type === "send" && action.message.type === "ping" ? action.message.nonce : -1;
  const first = nonceOf(liveness.ping(0, alice));
  const second = nonceOf(liveness.ping(2000, alice));
  liveness.pong(2010, alice, first);
  expect(alice.roundTripMs).toBe(2500);
  liveness.pong(4010, alice, second);
  expect(alice.roundTripMs).toBe(2010);
  liveness.pong(4011, alice, second);
  expect(alice.roundTripMs).toBe(2010);
});
