import { describe, expect, test } from "vitest";
import { Desk, type Message } from "../../../testkit/desk.ts";
import { VIDEO, nameOf } from "../../../testkit/swarm-parts.ts";
import { CHUNK_BYTES, NOTICE_HOPS_MAX } from "../../protocol/limits.ts";
import type { Peer } from "./peer.ts";

describe("[SW36] a segment ahead of our playlist", () => {
  const listed = (sequence: number, hops = 3): Message => ({
    type: "listed",
    slot: 0,
    segment: nameOf(sequence),
    hops,
  });

  /** Three neighbours that follow the track. */
  function three(): { desk: Desk; alice: Peer; bob: Peer } {
    const desk = new Desk();
    const [alice, bob] = [desk.peer("alice"), desk.peer("bob")];
    desk.peer("carol");
    return { desk, alice, bob };
  }

  const have: Message = { type: "have", slot: 0, segments: [{ segment: nameOf(14), byteLength: 2 * CHUNK_BYTES }] };

  test.each<[string, Message, number]>([
    ["listed", listed(14), 2],
    ["have", have, NOTICE_HOPS_MAX - 1],
  ])("that a peer tells of by %s is looked for, and passed on to all others", (_, message, hops) => {
    const { desk, alice, bob } = three();
    const { actions } = desk.tell(alice, message);
    const segment = desk.segment(14);
    expect(actions).toEqual([
      { type: "locate-segment", segment: segment.id, track: VIDEO, name: nameOf(14) },
      { type: "send", peers: ["bob_______", "carol_____"], message: { ...listed(14), hops } },
    ]);
    // Only the first word of it is news.
    expect(desk.tell(bob, listed(14)).actions).toEqual([]);
    expect([segment.listed, segment.located, segment.fetchable]).toEqual([false, false, false]);
  });

  test("that a peer fetches is looked for, and the notice itself tells the others", () => {
    const { desk, alice } = three();
    const { actions } = desk.tell(alice, { type: "fetching", slot: 0, segment: nameOf(14), from: 0, to: 3, hops: 3 });
    expect(actions.map((action) => (action.type === "send" ? action.message.type : action.type))).toEqual([
      "locate-segment",
      "fetching",
    ]);
  });

  test("that our playlist lists already is no news", () => {
    const { desk, alice } = three();
    expect(desk.tell(alice, listed(13)).actions).toEqual([]);
  });

  test("is not passed on after its last hop", () => {
    const { desk, alice } = three();
    expect(desk.tell(alice, listed(14, 0)).actions).toMatchObject([{ type: "locate-segment" }]);
  });

  test("is let go when it cannot be one of the next two, or the track is not followed", () => {
    const { desk, alice } = three();
    expect(desk.tell(alice, listed(16)).actions).toEqual([]);
    desk.track.following = false;
    expect(desk.tell(alice, listed(14)).actions).toEqual([]);
  });

  test("[PE26] in a slot that was never bound breaks the protocol", () => {
    const { desk, alice } = three();
    expect(desk.tell(alice, { ...listed(14), slot: 7 } as Message)).toEqual({ actions: [], bye: "protocol" });
  });
});
