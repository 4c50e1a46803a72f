import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openRedisBus, startTracker, type Bus, type RunningTracker } from "../../src/tracker-server/index.ts";
import { startRedis, type TestRedis } from "../../testkit/redis.ts";
import { SWARM, TestViewer } from "./test-viewer.ts";

/* Two trackers on a real Redis, and viewers on both. */

let redis: TestRedis;
let buses: [Bus, Bus];
let one: RunningTracker;
let two: RunningTracker;
beforeEach(async () => {
  redis = await startRedis();
  buses = await Promise.all([openRedisBus(redis.url), openRedisBus(redis.url)]);
  one = await startTracker({ port: 0, bus: buses[0] });
  two = await startTracker({ port: 0, bus: buses[1] });
  await knowEachOther();
});
afterEach(async () => {
  await Promise.all([one.close(), two.close()]);
  await Promise.all(buses.map((bus) => bus.close()));
  await redis.close();
});

const knowEachOther = (): Promise<void> =>
  expect
    .poll(() => [one, two].map((tracker) => tracker.stats().cluster), { timeout: 30_000, interval: 50 })
    .toMatchObject([
      { nodes: 2, busUp: true },
      { nodes: 2, busUp: true },
    ]);

/** Resolves once so many trackers hear what is said on a channel. */
const followed = (channel: string, times: number): Promise<void> =>
  expect
    .poll(async () => (await redis.command("PUBSUB", "NUMSUB", `hls-swarm:${channel}`)).trim().split("\n")[1])
    .toBe(String(times));

describe("two trackers on one Redis", () => {
  test("[TK31] viewers of both are introduced and signal each other", async () => {
    const alice = await TestViewer.join(one);
    await followed(`q:${SWARM}`, 1);
    const bob = await TestViewer.join(two);
    expect(bob.joined.peers).toEqual([]);
    expect(await bob.next("peers")).toEqual({ type: "peers", viewers: 2, peers: [{ peer: alice.id, uplink: 2 }] });
    const offer = `{"sdp":"v=0\\r\\n"} \u2028 😀 "}`;
    bob.signal(alice, offer);
    expect(await alice.next("signal")).toEqual({ type: "signal", from: bob.id, signal: offer });
    alice.signal(bob, "answer");
    expect(await bob.next("signal")).toEqual({ type: "signal", from: alice.id, signal: "answer" });
    await alice.drop();
    expect(await bob.next("gone")).toEqual({ type: "gone", peer: alice.id });
    bob.signal(alice, "are you there?");
    expect(await bob.next("gone")).toEqual({ type: "gone", peer: alice.id });
  });

  test("[TK32] a viewer of the other tracker is no easier to pester", async () => {
    const alice = await TestViewer.join(one);
    const stranger = await TestViewer.join(two, { peersWanted: 0 });
    stranger.signal(alice, "offer");
    expect(await stranger.next("error")).toMatchObject({ code: "not-introduced" });
    await alice.settled();
    expect(alice.unread).toEqual([]);
  });

  test("[TK39] garbage on the bus is dropped and counted, whatever channel it comes on", async () => {
    const alice = await TestViewer.join(one);
    const { node } = one.nodes()[0]!;
    const channels = [`n:${node}`, `q:${SWARM}`, "presence"];
    const garbage = ["", "x", "\0\0\0\0", "\u00ff\u00ff\u00ff\u00ff", "\0\0\0\u0009AA{[[[[[[", "\0\0\0\u0005AA{{}"];
    for (const channel of channels)
      for (const text of garbage) await buses[1].publish(channel, Buffer.from(text, "latin1"));
    // An empty message is an empty list; all others are wrong.
    await expect.poll(() => one.stats().cluster.dropped).toBe(channels.length * (garbage.length - 1));
    expect(alice.unread).toEqual([]);
    await followed(`q:${SWARM}`, 1);
    const bob = await TestViewer.join(two);
    expect((await bob.next("peers")).peers).toHaveLength(1);
  });

  test("[TK36] Redis dies and comes back: each goes on with its own, then they are one again", async () => {
    const alice = await TestViewer.join(one);
    await redis.kill();
    const bob = await TestViewer.join(one);
    expect(bob.joined.peers).toEqual([{ peer: alice.id, uplink: 2 }]);
    await redis.restart();
    await knowEachOther();
    await expect
      .poll(
        async () => {
          const carol = await TestViewer.join(two);
          await carol.settled();
          const { peers } = await Promise.race([
            carol.next("peers"),
            new Promise<{ peers: [] }>((resolve) => setTimeout(resolve, 400, { peers: [] })),
          ]);
          await carol.leave();
          return peers.map(({ peer }) => peer).sort();
        },
        { timeout: 15_000, interval: 100 },
      )
      .toEqual([alice.id, bob.id].sort());
  });

  test("[TK38] subscriptions that are cut come back by themselves", async () => {
    const alice = await TestViewer.join(one);
    await redis.command("CLIENT", "KILL", "TYPE", "pubsub");
    await followed("presence", 2);
    await followed(`q:${SWARM}`, 1);
    const bob = await TestViewer.join(two);
    expect((await bob.next("peers")).peers).toEqual([{ peer: alice.id, uplink: 2 }]);
  });
});
