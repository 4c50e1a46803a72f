import { describe, expect, test } from "vitest";
import { Desk, HELLO, HIGHER, LOWER, SELF, messages, type Message } from "../../../testkit/desk.ts";
import { AUDIO, VIDEO, hold, nameOf, trackOf } from "../../../testkit/swarm-parts.ts";
import { trackIdOf } from "../../protocol/ids.ts";
import { CHUNK_BYTES, NOTICE_HOPS_MAX, TRACK_SLOTS_MAX } from "../../protocol/limits.ts";
import type { Peer } from "./peer.ts";
import type { Segment } from "./segment.ts";

describe("[PE2] hello", () => {
  test.each<Message>([
    { type: "track", slot: 0, track: VIDEO, following: true },
    { type: "ping", nonce: 1 },
    { type: "received", bytes: 0 },
  ])("comes first: $type before it breaks the protocol", (message) => {
    const desk = new Desk();
    expect(desk.tell(desk.link("alice"), message).bye).toBe("protocol");
  });

  test("may be answered with bye at once", () => {
    const desk = new Desk();
    expect(desk.tell(desk.link("alice"), { type: "bye", reason: "full" })).toEqual({ actions: [], bye: "left" });
  });

  test("says who it is", () => {
    const desk = new Desk();
    const alice = desk.link("alice");
    expect(desk.tell(alice, { ...HELLO, uplink: 2, seeder: true })).toEqual({ actions: [] });
    expect(alice.identity).toMatchObject({ viewer: HIGHER, uplink: 2, seeder: true });
  });

  test.each([
    ["the same version", 1, 1, true],
    ["a newer peer that still speaks ours", 7, 1, true],
    ["a newer peer that does not", 7, 2, false],
  ])("[PE3] needs a version in common: %s", (_, version, versionMin, welcome) => {
    const desk = new Desk();
    const { bye } = desk.tell(desk.link("alice"), { ...HELLO, version, versionMin });
    expect(bye).toBe(welcome ? undefined : "protocol");
  });

  test("[PE25] from ourselves ends the link", () => {
    const desk = new Desk();
    expect(desk.tell(desk.link("mirror"), { ...HELLO, viewer: SELF }).bye).toBe("duplicate");
  });

  test.each([
    ["lower than ours: it closes, we wait", LOWER, undefined],
    ["higher than ours: we close the newer", HIGHER, "duplicate"],
  ] as const)("[PE25] twice from one viewer, whose id is %s", (_, viewer, bye) => {
    const desk = new Desk();
    expect(desk.tell(desk.link("first"), { ...HELLO, viewer }).bye).toBeUndefined();
    expect(desk.tell(desk.link("second"), { ...HELLO, viewer }).bye).toBe(bye);
  });
});

describe("[PE11] a track", () => {
  test("that a peer follows is told to it as far as we hold it, once", () => {
    const desk = new Desk();
    const alice = desk.link("alice");
    hold(desk.segment(11), [0, 2]);
    desk.tell(alice, HELLO);
    const follow = { type: "track", slot: 5, track: VIDEO, following: true } as const;
    expect(messages(desk.tell(alice, follow))).toMatchObject([
      { type: "have", slot: 0, segments: [{ segment: nameOf(11) }] },
    ]);
    expect(desk.tell(alice, follow).actions).toEqual([]);
    desk.tell(alice, { ...follow, following: false });
    expect(alice.following.size).toBe(0);
    expect(messages(desk.tell(alice, follow))).toHaveLength(1);
  });

  test("[SW52] is not told by whoever must not upload", () => {
    const desk = new Desk(false);
    const alice = desk.link("alice");
    hold(desk.segment(11), [0]);
    desk.tell(alice, HELLO);
    expect(desk.tell(alice, { type: "track", slot: 0, track: VIDEO, following: true }).actions).toEqual([]);
  });

  test("that we do not know is remembered, in case we come to follow it", () => {
    const desk = new Desk();
    const alice = desk.peer("alice");
    desk.tell(alice, { type: "track", slot: 1, track: AUDIO, following: true });
    expect(alice.following.has(AUDIO)).toBe(true);
  });

  test("bound to a slot of another breaks the protocol", () => {
    const desk = new Desk();
    const bye = desk.tell(desk.peer("alice"), { type: "track", slot: 0, track: AUDIO, following: true }).bye;
    expect(bye).toBe("protocol");
  });

  const segment = nameOf(11);
  test.each<Message>([
    { type: "have", slot: 9, segments: [{ segment, byteLength: 1 }] },
    { type: "gone", slot: 9, segments: [segment] },
    { type: "fetching", slot: 9, segment, from: 0, hops: 0 },
    { type: "request", slot: 9, segment, chunks: [0], dueInMs: 1 },
    { type: "cancel", slot: 9, segment, chunks: [0] },
    { type: "reject", slot: 9, segment, chunks: [0], reason: "gone", retryInMs: 0 },
    { type: "position", slot: 9, sequence: 11, ahead: 0, behind: 0 },
  ])("[PE26] that was never bound breaks the protocol in $type", (message) => {
    const desk = new Desk();
    expect(desk.tell(desk.peer("alice"), message).bye).toBe("protocol");
  });
});

describe("[PE12] have", () => {
  const have = (sequence: number, byteLength: number, bitmap?: Uint8Array): Message => ({
    type: "have",
    slot: 0,
    segments: [{ segment: nameOf(sequence), byteLength, ...(bitmap && { bitmap }) }],
  });

  test("tells what a peer holds, and the size until the origin says otherwise", () => {
    const desk = new Desk();
    const alice = desk.peer("alice");
    desk.tell(alice, have(11, 3 * CHUNK_BYTES, Uint8Array.of(0b101)));
    expect([0, 1, 2].map((chunk) => alice.has(desk.segment(11), chunk))).toEqual([true, false, true]);
    expect([desk.segment(11).chunkCount, desk.segment(11).sizeProven]).toEqual([3, false]);
    expect(desk.track.estimateChunks(4)).toBe(3);
  });

  test("[ID4] of another size is another segment", () => {
    const desk = new Desk();
    const [alice, bob] = [desk.peer("alice"), desk.peer("bob")];
    desk.tell(alice, have(11, 3 * CHUNK_BYTES));
    desk.tell(bob, have(11, 4 * CHUNK_BYTES));
    expect([alice.has(desk.segment(11), 0), bob.has(desk.segment(11), 0)]).toEqual([true, false]);
    expect(desk.segment(11).chunkCount).toBe(3);
  });

  test("[ID3] of another tag is another segment", () => {
    const desk = new Desk();
    const alice = desk.peer("alice");
    desk.tell(alice, { type: "have", slot: 0, segments: [{ segment: nameOf(11, 5), byteLength: 1 }] });
    expect([alice.has(desk.segment(11), 0), desk.segment(11).byteLength]).toEqual([false, undefined]);
  });

  test("[SW51] of the next live segment makes it known before our playlist lists it", () => {
    const desk = new Desk();
    const alice = desk.peer("alice");
    desk.tell(alice, have(14, 2 * CHUNK_BYTES));
    expect(alice.has(desk.segment(14), 1)).toBe(true);
    desk.track.following = false;
    desk.tell(alice, have(15, 2 * CHUNK_BYTES));
    expect(desk.track.bySequence.has(15)).toBe(false);
  });

  test("that came before our playlist tells the size once the playlist has come", () => {
    const desk = new Desk();
    desk.tell(desk.peer("alice"), have(17, 2 * CHUNK_BYTES));
    trackOf(desk.table, 14, 20);
    desk.learnSizes();
    expect([desk.segment(17).chunkCount, desk.segment(18).chunkCount]).toEqual([2, undefined]);
  });

  test("gone takes it back, and what it owed of it", () => {
    const desk = new Desk();
    const alice = desk.peer("alice");
    for (const sequence of [11, 12]) {
      desk.tell(alice, have(sequence, 2 * CHUNK_BYTES));
      desk.requests.ask(0, { peer: alice, segment: desk.segment(sequence), dueAt: 9000, chunks: [0, 1] }, 9000);
    }
    desk.tell(alice, { type: "gone", slot: 0, segments: [nameOf(11), nameOf(99)] });
    expect([alice.has(desk.segment(11), 0), alice.has(desk.segment(12), 0)]).toEqual([false, true]);
    expect(alice.requests.map(({ segment }) => segment.name.sequence)).toEqual([12, 12]);
  });
});

describe("[PE29] a notice", () => {
  const notice = (from: number, to: number | undefined, hops = 3): Message => ({
    type: "fetching",
    slot: 0,
    segment: nameOf(11),
    from,
    ...(to === undefined ? {} : { to }),
    hops,
  });

  test("is passed on to all others that follow the track, one hop less, in our own slot", () => {
    const desk = new Desk();
    const [alice, bob, carol, deaf] = ["alice", "bob", "carol", "deaf"].map((name) => desk.peer(name));
    deaf?.following.clear();
    if (!alice || !bob || !carol) throw new Error("nobody");
    alice.tracks.set(4, VIDEO);
    const { actions } = desk.tell(alice, { ...notice(2, 5, NOTICE_HOPS_MAX), slot: 4 } as Message);
    expect(actions).toEqual([
      { type: "send", peers: [bob.id, carol.id], message: { ...notice(2, 5, NOTICE_HOPS_MAX - 1), slot: 0 } },
    ]);
    expect([...desk.segment(11).noticedAt]).toEqual([-Infinity, -Infinity, 1000, 1000, 1000]);
  });

  test("is passed on only while it is news, whoever tells it", () => {
    const desk = new Desk();
    const [alice, bob] = [desk.peer("alice"), desk.peer("bob")];
    const passes = (peer: Peer, message: Message): number => desk.tell(peer, message).actions.length;
    expect(passes(alice, notice(0, 4))).toBe(1);
    desk.now += 100;
    expect(passes(bob, notice(0, 4))).toBe(0);
    expect(passes(bob, notice(3, 5))).toBe(1);
    expect(desk.segment(11).noticedAt[0]).toBe(1000);
  });

  test("is news again once the notice before may have run out, or a takeover would silence nobody", () => {
    const desk = new Desk();
    const [alice] = [desk.peer("alice"), desk.peer("bob")];
    desk.tell(alice, notice(0, 4));
    desk.now += desk.segment(11).noticeMs;
    expect(desk.tell(alice, notice(0, 4)).actions).toHaveLength(1);
    expect(desk.segment(11).noticedAt[0]).toBe(desk.now);
  });

  test("is not passed on after its last hop, nor back to the only one who follows", () => {
    const desk = new Desk();
    const alice = desk.peer("alice");
    expect(desk.tell(alice, notice(0, 4)).actions).toEqual([]);
    desk.peer("bob");
    expect(desk.tell(alice, notice(4, 8, 0)).actions).toEqual([]);
    expect(desk.segment(11).noticedAt[7]).toBe(1000);
  });

  test("to the end covers chunks that turn out to exist later", () => {
    const desk = new Desk();
    const alice = desk.peer("alice");
    desk.tell(alice, notice(1, undefined));
    desk.segment(11).learnSize(4 * CHUNK_BYTES, true);
    expect([...desk.segment(11).noticedAt]).toEqual([-Infinity, 1000, 1000, 1000]);
  });

  test("of chunks past the known end is no news: it would be passed on for ever", () => {
    const desk = new Desk();
    const [alice] = [desk.peer("alice"), desk.peer("bob")];
    desk.segment(11).learnSize(3 * CHUNK_BYTES, true);
    expect(desk.tell(alice, notice(2, 9)).actions).toHaveLength(1);
    expect(desk.tell(alice, notice(2, 9)).actions).toEqual([]);
    expect(desk.tell(alice, notice(3, 9)).actions).toEqual([]);
    expect(desk.tell(alice, notice(5, undefined)).actions).toEqual([]);
  });

  test("that claims far more chunks than anybody expects changes nothing of what we expect", () => {
    const desk = new Desk();
    desk.tell(desk.peer("liar"), notice(0, 4096));
    expect(desk.segment(11).expectedChunks).toBe(0);
  });

  test("of a segment that nobody here knows is let go", () => {
    const desk = new Desk();
    const [alice] = [desk.peer("alice"), desk.peer("bob")];
    expect(desk.tell(alice, { ...notice(0, 4), segment: nameOf(99) } as Message)).toEqual({ actions: [] });
  });
});

describe("[PE30] a request", () => {
  const request = (sequence: number, chunks: readonly number[]): Message => ({
    type: "request",
    slot: 0,
    segment: nameOf(sequence),
    chunks,
    dueInMs: 5000,
  });

  test("is queued for what we hold, and the rest is rejected with its reason", () => {
    const desk = new Desk();
    const alice = desk.peer("alice");
    hold(desk.segment(11), [0, 1]);
    expect(messages(desk.tell(alice, request(11, [0, 1, 2, 7])))).toEqual([
      { type: "reject", slot: 0, segment: nameOf(11), chunks: [2, 7], reason: "gone", retryInMs: 0 },
    ]);
    expect(desk.uploads.pump(desk.now)).toMatchObject([{ chunk: 0 }, { chunk: 1 }]);
  });

  test("for a segment that we do not know is rejected as gone", () => {
    const desk = new Desk();
    expect(messages(desk.tell(desk.peer("alice"), request(99, [3])))).toMatchObject([{ reason: "gone", chunks: [3] }]);
  });

  test("to whoever must not upload is rejected as off", () => {
    const desk = new Desk(false);
    hold(desk.segment(11), [0]);
    expect(messages(desk.tell(desk.peer("alice"), request(11, [0])))).toMatchObject([{ reason: "off" }]);
  });

  test("beyond what the queue takes is rejected as busy, for a while", () => {
    const desk = new Desk();
    const all = Array.from({ length: 100 }, (_, chunk) => chunk);
    hold(desk.segment(11), all);
    const [reply] = messages(desk.tell(desk.peer("alice"), request(11, all)));
    expect(reply).toMatchObject({ type: "reject", reason: "busy", retryInMs: 500 });
    expect(reply?.type === "reject" && reply.chunks.length).toBe(36);
  });

  test("of a track beyond the slots of the wire gets no answer, since none can name it", () => {
    const desk = new Desk();
    for (let i = 1; i < TRACK_SLOTS_MAX; i++) desk.table.track(trackIdOf(`rendition ${String(i)}`));
    const far = trackOf(desk.table, 10, 14, { id: AUDIO });
    expect(far.slot).toBe(TRACK_SLOTS_MAX);
    const alice = desk.peer("alice");
    desk.tell(alice, { type: "track", slot: 1, track: AUDIO, following: true });
    expect(desk.tell(alice, { ...request(11, [0]), slot: 1 } as Message)).toEqual({ actions: [] });
  });

  test("is cancelled", () => {
    const desk = new Desk();
    const alice = desk.peer("alice");
    hold(desk.segment(11), [0, 1]);
    desk.tell(alice, request(11, [0, 1]));
    desk.tell(alice, { type: "cancel", slot: 0, segment: nameOf(11), chunks: [0] });
    expect(desk.uploads.pump(desk.now)).toMatchObject([{ chunk: 1 }]);
  });
});

describe("[PE31] a rejection", () => {
  function asked(): { desk: Desk; alice: Peer; segment: Segment } {
    const desk = new Desk();
    const alice = desk.peer("alice");
    const segment = desk.segment(11);
    desk.tell(alice, { type: "have", slot: 0, segments: [{ segment: nameOf(11), byteLength: 4 * CHUNK_BYTES }] });
    desk.requests.ask(desk.now, { peer: alice, segment, dueAt: 9000, chunks: [0, 1] }, 9000);
    return { desk, alice, segment };
  }
  const reject = (reason: "busy" | "gone" | "off", retryInMs = 0): Message => ({
    type: "reject",
    slot: 0,
    segment: nameOf(11),
    chunks: [0],
    reason,
    retryInMs,
  });

  test.each(["gone", "off"] as const)("as %s takes back what was announced", (reason) => {
    const { desk, alice, segment } = asked();
    desk.tell(alice, reject(reason));
    expect([alice.has(segment, 1), alice.requests.length, alice.suspendedUntil]).toEqual([false, 1, 0]);
  });

  test("as busy keeps us away for as long as it says, but not for ever", () => {
    const { desk, alice, segment } = asked();
    desk.tell(alice, reject("busy", 700));
    expect([alice.has(segment, 1), alice.suspendedUntil]).toEqual([true, 1700]);
    desk.tell(alice, reject("busy", 3_600_000));
    expect(alice.suspendedUntil).toBe(6000);
  });
});

describe("the rest", () => {
  test("[PE21] a ping is answered with its own nonce", () => {
    const desk = new Desk();
    const alice = desk.peer("alice");
    expect(desk.tell(alice, { type: "ping", nonce: 77 }).actions).toEqual([
      { type: "send", peers: [alice.id], message: { type: "pong", nonce: 77 } },
    ]);
  });

  test("[PE26] an acknowledgement of more than was sent breaks the protocol", () => {
    const desk = new Desk();
    expect(desk.tell(desk.peer("alice"), { type: "received", bytes: 1 }).bye).toBe("protocol");
  });
});

test("[PE36] a peer's uplink class is what it said last", () => {
  const desk = new Desk();
  const alice = desk.peer("alice");
  const { viewer } = alice.identity ?? {};
  desk.tell(alice, { type: "uplink", uplink: 2 });
  expect(alice.identity).toMatchObject({ viewer, uplink: 2 });
});

test("[PE36] a peer that serves nothing any more is taken at its word: what it owes is asked of others", () => {
  const desk = new Desk();
  const alice = desk.peer("alice");
  const segment = desk.segment(12);
  desk.tell(alice, { type: "have", slot: 0, segments: [{ segment: segment.name, byteLength: 3 * CHUNK_BYTES }] });
  desk.requests.ask(desk.now, { peer: alice, segment, chunks: [0, 1], dueAt: desk.now + 9000 }, desk.now + 8000);
  expect([alice.has(segment, 2), alice.requests.length]).toEqual([true, 2]);
  desk.tell(alice, { type: "uplink", uplink: 0 });
  expect([alice.has(segment, 2), alice.requests.length, segment.requests.size]).toEqual([false, 0, 0]);
});
