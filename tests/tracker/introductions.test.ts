import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { startTracker, type RunningTracker } from "../../src/tracker-server/index.ts";
import { SIGNAL_CHARS_MAX } from "../../src/protocol/limits.ts";
import { SWARM, TestViewer } from "./test-viewer.ts";

let tracker: RunningTracker;
beforeEach(async () => {
  tracker = await startTracker({ port: 0 });
});
afterEach(() => tracker.close());

describe("viewers over real sockets", () => {
  test("join, are introduced, signal both ways, and nobody else hears it", async () => {
    const alice = await TestViewer.join(tracker);
    const bob = await TestViewer.join(tracker, { uplink: 1 });
    const carol = await TestViewer.join(tracker);
    expect(alice.joined).toMatchObject({ viewers: 1, peers: [], version: 1 });
    expect(bob.joined).toMatchObject({ viewers: 2, peers: [{ peer: alice.id, uplink: 2 }] });
    expect(new Set(carol.joined.peers.map(({ peer }) => peer))).toEqual(new Set([alice.id, bob.id]));

    // Opaque: whatever the text, it arrives as it was sent.
    const offer = `{"sdp":"v=0\\r\\n"} \u2028 😀 "}`;
    carol.signal(bob, offer);
    expect(await bob.next("signal")).toEqual({ type: "signal", from: carol.id, signal: offer });
    bob.signal(carol, "answer");
    expect(await carol.next("signal")).toEqual({ type: "signal", from: bob.id, signal: "answer" });
    await alice.settled();
    expect(alice.unread).toEqual([]);
    expect(tracker.stats().counters).toMatchObject({ joins: 3, introductions: 3, relays: 2 });
  });

  test("[TR10] relay signals of the largest size, and not one byte more", async () => {
    const alice = await TestViewer.join(tracker);
    const bob = await TestViewer.join(tracker);
    bob.signal(alice, "é".repeat(SIGNAL_CHARS_MAX / 2));
    expect((await alice.next("signal")).signal).toHaveLength(SIGNAL_CHARS_MAX / 2);
    bob.signal(alice, "x".repeat(SIGNAL_CHARS_MAX));
    expect((await alice.next("signal")).signal).toHaveLength(SIGNAL_CHARS_MAX);
    bob.signal(alice, "x".repeat(SIGNAL_CHARS_MAX + 1));
    expect(await bob.next("error")).toMatchObject({ code: "bad-message", field: "signal" });
  });

  test("cannot signal whom they were not introduced to", async () => {
    const alice = await TestViewer.join(tracker);
    const stranger = await TestViewer.join(tracker, { peersWanted: 0 });
    stranger.signal(alice, "offer");
    expect(await stranger.next("error")).toMatchObject({ code: "not-introduced", field: "to" });
    await alice.settled();
    expect(alice.unread).toEqual([]);
  });

  test("are told when a neighbour leaves or drops", async () => {
    const alice = await TestViewer.join(tracker);
    const bob = await TestViewer.join(tracker);
    const carol = await TestViewer.join(tracker);
    await bob.leave();
    expect(await alice.next("gone")).toEqual({ type: "gone", peer: bob.id });
    await carol.drop();
    expect(await alice.next("gone")).toEqual({ type: "gone", peer: carol.id });
    expect(tracker.stats()).toMatchObject({ viewers: 1, held: 1, counters: { leaves: 1, drops: 1 } });
  });

  test("keep their id over a dropped socket", async () => {
    const alice = await TestViewer.join(tracker);
    const bob = await TestViewer.join(tracker);
    await bob.drop();
    await alice.next("gone");
    const back = await TestViewer.join(tracker, { resume: bob.joined.resume, peersWanted: 0 });
    expect(back.joined).toMatchObject({ peer: bob.id, viewers: 2, peers: [] });
    alice.signal(back, "are you there?");
    expect(await back.next("signal")).toMatchObject({ from: alice.id });
    expect(alice.unread).toEqual([]);
  });

  test("may come back on a new socket while the old one still looks alive", async () => {
    const alice = await TestViewer.join(tracker);
    const back = await TestViewer.join(tracker, { resume: alice.joined.resume });
    expect(back.id).toBe(alice.id);
    expect((await alice.closed).code).toBe(4001);
    expect(tracker.stats()).toMatchObject({ viewers: 1, held: 0 });
  });

  test("ask for more", async () => {
    const alice = await TestViewer.join(tracker);
    const bob = await TestViewer.join(tracker);
    alice.send({ type: "need", peersWanted: 3, connected: 0 });
    // Bob was introduced to her a moment ago: his offer is on its way.
    expect(await alice.next("peers")).toEqual({ type: "peers", viewers: 2, peers: [] });
    const carol = await TestViewer.join(tracker, { peersWanted: 0 });
    bob.send({ type: "need", peersWanted: 3, connected: 0 });
    expect(await bob.next("peers")).toMatchObject({ viewers: 3, peers: [{ peer: carol.id }] });
    bob.send({ type: "need", peersWanted: 3, connected: 0 });
    expect(await bob.next("error")).toMatchObject({ code: "rate-limited" });
  });
});

test("after a restart viewers join anew, with a token of the former process or without", async () => {
  const alice = await TestViewer.join(tracker);
  await tracker.close();
  await alice.closed;
  tracker = await startTracker({ port: tracker.port });
  const back = await TestViewer.join(tracker, { resume: alice.joined.resume });
  const bob = await TestViewer.join(tracker);
  expect(back.id).not.toBe(alice.id);
  expect(bob.joined.peers).toEqual([{ peer: back.id, uplink: 2 }]);
});

test("both paths and the subprotocol are spoken, other paths and protocols are not", async () => {
  const viewer = await TestViewer.open({ url: `${tracker.url}/v1?from=a+page` });
  expect(viewer.ws.protocol).toBe("hls-swarm.1");
  expect((await new TestViewer(`${tracker.url}/announce`).closed).code).toBe(1006);
  expect(tracker.stats().connections).toBe(1);
});

test("the swarm id on the page is not enough to join", async () => {
  await TestViewer.join(tracker);
  const [shown] = tracker.stats().swarms;
  expect(shown?.swarm).toBe(SWARM.slice(0, 8));
  const guess = await TestViewer.open(tracker);
  guess.sendRaw(
    JSON.stringify({ type: "join", version: 1, versionMin: 1, swarm: shown?.swarm, peersWanted: 8, uplink: 2 }),
  );
  expect(await guess.next("error")).toMatchObject({ code: "bad-message", field: "swarm" });
});
