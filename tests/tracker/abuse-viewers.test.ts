import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { PeerId } from "../../src/protocol/ids.ts";
import { startTracker, type RunningTracker } from "../../src/tracker-server/index.ts";
import { OTHER_SWARM } from "../../testkit/tracker-stage.ts";
import { TestViewer } from "./test-viewer.ts";

/* Viewers that speak the protocol well and mean ill: they guess, replay, pester, and reach for other swarms. */

const MANY = { burst: 5_000, perSecond: 5_000 };
let tracker: RunningTracker;

beforeAll(async () => {
  tracker = await startTracker({ port: 0, upgradesPerAddress: MANY, mistakes: MANY, floodPenaltyMs: 1 });
});
afterAll(() => tracker.close());

const signalTo = (viewer: TestViewer, to: PeerId, signal = "an offer"): void => {
  viewer.send({ type: "signal", to, signal });
};

describe("whom a signal reaches", () => {
  test("nobody by a guessed id, by one's own, or one of another swarm", async () => {
    const alice = await TestViewer.join(tracker, { peersWanted: 0 });
    const mallory = await TestViewer.join(tracker, { peersWanted: 0 });
    const foreigner = await TestViewer.join(tracker, { swarm: OTHER_SWARM });
    for (const to of ["AAAAAAAAAA" as PeerId, mallory.id, alice.id, foreigner.id]) {
      signalTo(mallory, to);
      expect(await mallory.next("error")).toMatchObject({ code: "not-introduced" });
    }
    await Promise.all([alice.settled(), foreigner.settled()]);
    expect([...alice.unread, ...foreigner.unread]).toEqual([]);
    await Promise.all([alice, mallory, foreigner].map((viewer) => viewer.leave()));
  });

  test("a hundred may pester one, and one who never reads costs nobody else", async () => {
    const victim = await TestViewer.join(tracker, { swarm: "a-swarm-of-pesterers", peersWanted: 0 });
    victim.ws.pause();
    const pesterers = await Promise.all(
      Array.from({ length: 100 }, () => TestViewer.join(tracker, { swarm: "a-swarm-of-pesterers", peersWanted: 16 })),
    );
    const introduced = pesterers.filter((viewer) => viewer.joined.peers.some(({ peer }) => peer === victim.id));
    expect(introduced.length).toBeGreaterThan(0);
    for (const viewer of introduced) for (let n = 0; n < 100; n++) viewer.signal(victim, "x".repeat(500));
    await Promise.all(pesterers.map((viewer) => viewer.settled()));
    expect(pesterers.every((viewer) => viewer.ws.readyState === viewer.ws.OPEN)).toBe(true);
    await Promise.all([victim, ...pesterers].map((viewer) => viewer.drop()));
  });

  test("nobody once the sender has left, and the sender of the last word learns who is gone", async () => {
    const swarm = "a-swarm-that-parts";
    const alice = await TestViewer.join(tracker, { swarm });
    const bob = await TestViewer.join(tracker, { swarm });
    bob.send({ type: "leave" });
    bob.signal(alice, "after leaving");
    expect((await bob.closed).code).toBe(1000);
    await alice.next("gone");
    alice.signal(bob, "too late");
    expect(await alice.next("gone")).toEqual({ type: "gone", peer: bob.id });
    expect(alice.unread).toEqual([]);
    await alice.leave();
  });
});

describe("a resume token", () => {
  test("takes the viewer over from a socket that lives, once for each time it is shown", async () => {
    const first = await TestViewer.join(tracker);
    const { resume } = first.joined;
    const second = await TestViewer.join(tracker, { resume });
    expect((await first.closed).code).toBe(4001);
    const third = await TestViewer.join(tracker, { resume });
    expect((await second.closed).code).toBe(4001);
    expect(third.id).toBe(first.id);
    await third.leave();
  });

  test("is worth nothing in another swarm, or made up", async () => {
    const alice = await TestViewer.join(tracker);
    const { resume } = alice.joined;
    const elsewhere = await TestViewer.join(tracker, { resume, swarm: OTHER_SWARM });
    expect(elsewhere.id).not.toBe(alice.id);
    expect(alice.ws.readyState).toBe(alice.ws.OPEN);
    const madeUp = await TestViewer.join(tracker, { resume: "x".repeat(24) });
    expect(madeUp.id).not.toBe(alice.id);
    await Promise.all([alice, elsewhere, madeUp].map((viewer) => viewer.leave()));
  });
});

/** The sockets that are closed are gone. */
const settled = (): Promise<void> =>
  vi.waitFor(() => {
    const { connections, viewers } = tracker.stats();
    expect(connections).toBe(viewers);
  });

test("churn: a thousand viewers come and go while others stay, and no map keeps any of them", async () => {
  const stay = await Promise.all(
    Array.from({ length: 20 }, () => TestViewer.join(tracker, { swarm: "a-swarm-to-stay-in" })),
  );
  await settled();
  const { swarmCount, held } = tracker.stats();
  for (let wave = 0; wave < 10; wave++) {
    const swarm = `a-swarm-of-wave-${String(wave)}`;
    const viewers = await Promise.all(Array.from({ length: 100 }, () => TestViewer.join(tracker, { swarm })));
    await Promise.all(viewers.map((viewer) => viewer.leave()));
  }
  await settled();
  expect(tracker.stats()).toMatchObject({ swarmCount, held, viewers: 20 });
  await Promise.all(stay.map((viewer) => viewer.leave()));
});
