import { describe, expect, test } from "vitest";
import { aPeer, aSegment, hold, pictureOf } from "../../../testkit/swarm-parts.ts";
import { CHUNK_BYTES } from "../../protocol/limits.ts";
import type { PeerId } from "../../protocol/ids.ts";
import type { SwarmAction } from "./action.ts";
import type { Peer } from "./peer.ts";
import { RequestTable } from "./request-table.ts";
import type { Segment } from "./segment.ts";
import { DEFAULT_TUNING } from "./tuning.ts";

function table(...peers: readonly Peer[]): RequestTable {
  return new RequestTable(new Map<PeerId, Peer>(peers.map((peer) => [peer.id, peer])), DEFAULT_TUNING);
}

const ask = (requests: RequestTable, peer: Peer, segment: Segment, chunks: number[], now = 0): SwarmAction =>
  requests.ask(now, { peer, segment, dueAt: now + 5000, chunks }, now + 4000);

/** `cancel alice 0,1` */
const print = (actions: readonly SwarmAction[]): string[] =>
  actions.map((action) =>
    action.type === "send" && (action.message.type === "cancel" || action.message.type === "request")
      ? `${action.message.type} ${action.peers.join().replaceAll("_", "")} ${action.message.chunks.join()}`
      : action.type,
  );

describe("a request", () => {
  test("[PE15] names chunks and how long the answer is of use", () => {
    const [alice, segment] = [aPeer("alice"), aSegment({ chunks: 4 })];
    const action = table(alice).ask(1000, { peer: alice, segment, dueAt: 3000.5, chunks: [1, 3] }, 2000.5);
    expect(action).toEqual({
      type: "send",
      peers: [alice.id],
      message: { type: "request", slot: 0, segment: segment.name, chunks: [1, 3], dueInMs: 1001 },
    });
    expect([pictureOf(segment), alice.requests.length]).toEqual([".?.?", 2]);
  });

  test("[PE15] is of use for a second more when it is late anyhow", () => {
    const [alice, segment] = [aPeer("alice"), aSegment({ chunks: 4 })];
    const action = table(alice).ask(1000, { peer: alice, segment, dueAt: 1500, chunks: [1] }, 700);
    expect(action.type === "send" && action.message).toMatchObject({ dueInMs: 1000 });
  });

  test("is answered: the chunk waits to be held, the peer has room again", () => {
    const [alice, segment] = [aPeer("alice"), aSegment({ chunks: 2 })];
    const requests = table(alice);
    ask(requests, alice, segment, [0, 1]);
    expect(requests.answered(80, alice, segment, 0)?.chunk).toBe(0);
    expect([alice.requests.length, segment.requests.size, pictureOf(segment)]).toEqual([1, 1, ".?"]);
    expect(requests.answered(90, alice, segment, 0)).toBeUndefined();
  });

  test("[SW11] teaches how long a chunk takes: since the one before, or since the request was there", () => {
    const [alice, segment] = [aPeer("alice"), aSegment({ chunks: 3 })];
    const requests = table(alice);
    ask(requests, alice, segment, [0, 1], 1000);
    requests.answered(1200, alice, segment, 0);
    expect(alice.serviceMs).toBe(160);
    requests.answered(1230, alice, segment, 1);
    expect(alice.serviceMs).toBeCloseTo(160 - 0.2 * 130);
  });

  test("is expected by its place among what the peer owes, at its pace", () => {
    const [alice, segment] = [aPeer("alice", { roundTripMs: 100 }), aSegment({ chunks: 3 })];
    const requests = table(alice);
    ask(requests, alice, segment, [0, 1, 2], 1000);
    const expected = (): number[] => [...segment.requests.values()].map(({ expectedAt }) => expectedAt);
    expect(expected()).toEqual([1150, 1200, 1250]);
    requests.answered(1300, alice, segment, 0);
    expect(alice.serviceMs).toBe(200);
    expect(expected()).toEqual([1500, 1700]);
  });
});

describe("taking back", () => {
  test("cancels what is no longer wanted, each peer once", () => {
    const [alice, bob, segment] = [aPeer("alice"), aPeer("bob"), aSegment({ chunks: 6 })];
    const requests = table(alice, bob);
    ask(requests, alice, segment, [4, 0, 2]);
    ask(requests, bob, segment, [1, 5]);
    expect(print(requests.cancel(segment, (chunk) => chunk === 5))).toEqual(["cancel alice 0,2,4", "cancel bob 1"]);
    expect([pictureOf(segment), alice.requests.length, bob.requests.length]).toEqual([".....?", 0, 1]);
    expect(requests.cancel(segment, () => true)).toEqual([]);
  });

  test("a cancelled chunk that comes after all answers nothing", () => {
    const [alice, segment] = [aPeer("alice"), aSegment({ chunks: 2 })];
    const requests = table(alice);
    ask(requests, alice, segment, [0]);
    requests.cancel(segment, () => false);
    expect(requests.answered(50, alice, segment, 0)).toBeUndefined();
    expect(alice.lastChunkAt).toBe(50);
  });

  test("[PE31] what a peer rejects is missing again, and only what was asked of it", () => {
    const [alice, bob, segment] = [aPeer("alice"), aPeer("bob"), aSegment({ chunks: 4 })];
    const requests = table(alice, bob);
    ask(requests, alice, segment, [0, 1]);
    ask(requests, bob, segment, [2]);
    requests.rejected(alice, segment, [1, 2, 3]);
    expect(pictureOf(segment)).toBe("?.?.");
  });

  test("what a closed link owes is missing again", () => {
    const [alice, bob, segment] = [aPeer("alice"), aPeer("bob"), aSegment({ chunks: 4 })];
    const requests = table(alice, bob);
    ask(requests, alice, segment, [0, 1]);
    ask(requests, bob, segment, [2]);
    requests.dropPeer(alice);
    expect([pictureOf(segment), alice.requests, segment.requests.size]).toEqual(["..?.", [], 1]);
  });

  test("of a chunk that is held meanwhile does not touch it", () => {
    const [alice, segment] = [aPeer("alice"), aSegment({ chunks: 2 })];
    const requests = table(alice);
    ask(requests, alice, segment, [0]);
    hold(segment, [0]);
    requests.dropPeer(alice);
    expect(pictureOf(segment)).toBe("#.");
  });

  test("an old request of a closed link does not take a newer one with it", () => {
    const [alice, bob, segment] = [aPeer("alice"), aPeer("bob"), aSegment()];
    const requests = table(alice, bob);
    ask(requests, alice, segment, [5]);
    // A peer's word on the size cut the chunk off, the origin's brought it back.
    segment.learnSize(3 * CHUNK_BYTES, false);
    segment.learnSize(6 * CHUNK_BYTES, true);
    ask(requests, bob, segment, [5]);
    requests.dropPeer(alice);
    expect(pictureOf(segment)).toBe(".....?");
  });
});

describe("[SW14] a peer that owes chunks and sends none", () => {
  test("loses the requests after 4 s and is not asked for 5 s if it never sent any", () => {
    const [alice, segment, other] = [aPeer("alice"), aSegment({ chunks: 4 }), aSegment({ sequence: 11, chunks: 4 })];
    const requests = table(alice);
    ask(requests, alice, segment, [2, 0], 1000);
    ask(requests, alice, other, [1], 1000);
    expect(requests.expire(4999)).toEqual([]);
    expect(print(requests.expire(5000))).toEqual(["cancel alice 0,2", "cancel alice 1"]);
    expect([pictureOf(segment), pictureOf(other)]).toEqual(["....", "...."]);
    expect([9999, 10_000].map((now) => alice.slotsFree(now, DEFAULT_TUNING) > 0)).toEqual([false, true]);
  });

  test("is not asked for 1 s if it has sent some", () => {
    const [alice, segment] = [aPeer("alice"), aSegment({ chunks: 4 })];
    const requests = table(alice);
    ask(requests, alice, segment, [0, 1]);
    requests.answered(2000, alice, segment, 0);
    expect(requests.expire(5999)).toEqual([]);
    expect(print(requests.expire(6000))).toEqual(["cancel alice 1"]);
    expect([6999, 7000].map((now) => alice.slotsFree(now, DEFAULT_TUNING) > 0)).toEqual([false, true]);
  });

  test("is left alone while it sends, however slowly, and while it owes nothing", () => {
    const [alice, idle, segment] = [aPeer("alice"), aPeer("idle"), aSegment({ chunks: 10 })];
    const requests = table(alice, idle);
    ask(requests, alice, segment, [0, 1, 2, 3, 4]);
    for (let chunk = 0; chunk < 4; chunk++) {
      requests.answered(3900 * (chunk + 1), alice, segment, chunk);
      expect(requests.expire(3900 * (chunk + 2) - 1)).toEqual([]);
    }
    expect([alice.suspendedUntil, idle.suspendedUntil]).toEqual([0, 0]);
  });
});
