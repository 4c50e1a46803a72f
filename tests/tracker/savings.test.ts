/** What streams save, asked of a real tracker over HTTP, as reported by viewers over real sockets. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { OptionError, startTracker, type RunningTracker } from "../../src/tracker-server/index.ts";
import { SWARM, TestViewer } from "./test-viewer.ts";

let tracker: RunningTracker;
let base: string;
beforeEach(async () => {
  tracker = await startTracker({ port: 0, holdOutShare: 0.5, pricePerGb: 0.02, currency: "EUR" });
  base = tracker.url.replace("ws:", "http:");
});
afterEach(() => tracker.close());

const statsOf = (swarm: string): Promise<Response> => fetch(`${base}/v1/streams/${swarm}/stats`);

/** Viewers of both groups: comes back once there are two of each. */
async function joinBothGroups(): Promise<{ sharing: TestViewer[]; heldOut: TestViewer[] }> {
  const groups = { sharing: [] as TestViewer[], heldOut: [] as TestViewer[] };
  while (groups.sharing.length < 2 || groups.heldOut.length < 2) {
    const viewer = await TestViewer.join(tracker);
    (viewer.joined.holdOut ? groups.heldOut : groups.sharing).push(viewer);
  }
  return groups;
}

test("[TK50] [TK56] two groups report, and the figures of both can be had", async () => {
  const { sharing, heldOut } = await joinBothGroups();
  for (const viewer of sharing) {
    for (const { peer } of viewer.joined.peers) expect(heldOut.map(({ id }) => id)).not.toContain(peer);
    expect(viewer.joined.viewers).toBeLessThanOrEqual(sharing.length);
    viewer.send({ type: "report", ...BYTES, peerBytes: 800_000, playedMs: 900, startUpMs: 400 });
  }
  for (const viewer of heldOut) {
    expect(viewer.joined.peers).toEqual([]);
    viewer.send({ type: "report", ...BYTES, peers: 0, playedMs: 900, stalls: 1, stalledMs: 50 });
  }
  await Promise.all([...sharing, ...heldOut].map((viewer) => viewer.settled()));

  const response = await statsOf(SWARM);
  expect(response.status).toBe(200);
  expect(response.headers.get("access-control-allow-origin")).toBe("*");
  expect(response.headers.get("cache-control")).toBe("public, max-age=1");
  const text = await response.text();
  const sessions = sharing.length + heldOut.length;
  const saved = sharing.length * 800_000;
  expect(JSON.parse(text)).toMatchObject({
    ...{ selfReported: true, sessions, viewers: sharing.length, heldOut: heldOut.length, peak: sharing.length },
    totals: { peerBytes: saved, originBytes: sessions * 200_000, stalls: heldOut.length },
    savedBytes: { origin: saved, seeders: 0 },
    offload: 0.8,
    money: {
      ...{ currency: "EUR", pricePerGb: 0.02 },
      spent: expect.closeTo((sessions * 200_000 * 0.02) / 1e9, 12) as number,
      spentWithoutSwarm: expect.closeTo(((sessions * 200_000 + saved) * 0.02) / 1e9, 12) as number,
    },
    comparison: expect.arrayContaining([
      expect.objectContaining({ figure: "stallsPerHour", verdict: "too few sessions" }),
    ]) as unknown,
  });
  for (const viewer of [...sharing, ...heldOut])
    for (const secret of [viewer.id, viewer.joined.resume, "127.0.0.1"]) expect(text).not.toContain(secret);
});

test("[TK50] streams that are unknown, names that cannot be, and other paths are not found", async () => {
  for (const name of ["a-swarm-of-nobody-at-all", "short", "..%2F..%2Fdebug.json", "x".repeat(65)]) {
    const response = await statsOf(name);
    expect(response.status).toBe(404);
    expect(response.headers.get("access-control-allow-origin")).toBe("*");
  }
  expect((await fetch(`${base}/v1/streams/${SWARM}`)).status).toBe(404);
});

test("[TK51] without a price there is no money in it", async () => {
  const plain = await startTracker({ port: 0 });
  const viewer = await TestViewer.join(plain);
  const answer = await fetch(`${plain.url.replace("ws:", "http:")}/v1/streams/${SWARM}/stats`);
  expect(await answer.json()).not.toHaveProperty("money");
  await viewer.leave();
  await plain.close();
});

test.each([{ holdOutShare: 0.6 }, { holdOutShare: -0.1 }, { pricePerGb: -1 }, { pricePerGb: NaN }])(
  "wrong options are named: %j",
  async (options) => {
    await expect(startTracker({ port: 0, ...options })).rejects.toThrow(OptionError);
  },
);

const BYTES = { peerBytes: 0, originBytes: 200_000, uploadedBytes: 0, wastedBytes: 0, peers: 1 };
