import { describe, expect, test } from "vitest";
import { aPeer, aSegment, hold } from "../../../testkit/swarm-parts.ts";
import { CHUNK_BYTES } from "../../protocol/limits.ts";
import type { SwarmAction } from "./action.ts";
import type { Peer } from "./peer.ts";
import type { Segment } from "./segment.ts";
import { DEFAULT_TUNING } from "./tuning.ts";
import { UploadQueue } from "./upload-queue.ts";

const KIB = 1024;

/** An uploader that holds one segment of 32 chunks. */
function uploader({ allowed = true, tuning = {} } = {}): { uploads: UploadQueue; segment: Segment } {
  const segment = aSegment({ chunks: 32 });
  hold(
    segment,
    Array.from({ length: 32 }, (_, chunk) => chunk),
  );
  return { uploads: new UploadQueue({ ...DEFAULT_TUNING, ...tuning }, allowed), segment };
}

function ask(
  uploads: UploadQueue,
  peer: Peer,
  segment: Segment,
  chunks: readonly number[],
  dueInMs = 10_000,
): string[] {
  return chunks.map((chunk) => uploads.add(0, peer, 0, segment, chunk, dueInMs) ?? "ok");
}

const sent = (actions: readonly SwarmAction[]): string[] =>
  actions.map((action) =>
    action.type === "send-chunk" ? `${action.peer.replaceAll("_", "")}:${String(action.chunk)}` : action.type,
  );

/** The peer has received all that was sent to it. */
const acknowledge = (uploads: UploadQueue, peer: Peer, now: number): boolean =>
  uploads.acknowledged(now, peer, peer.window.sentBytes);

/** Serves until nothing is left, one acknowledgement at a time; returns the order of service. */
function serveAll(uploads: UploadQueue, peers: readonly Peer[]): string[] {
  const order: string[] = [];
  for (let now = 1; now < 200; now++) {
    order.push(...sent(uploads.pump(now)));
    for (const peer of peers) acknowledge(uploads, peer, now);
  }
  return order;
}

describe("the order of service", () => {
  /** One chunk in flight at a time, so that the order shows. */
  const oneByOne = { linkWindowBytes: CHUNK_BYTES, linkWindowBytesMin: CHUNK_BYTES, linkWindowBytesMax: CHUNK_BYTES };
  const serial = { ...oneByOne, uploadWindowBytes: 0, uploadQueueMs: 0 };

  test("[SW40] contributors first", () => {
    const { uploads, segment } = uploader({ tuning: serial });
    const [leech, some, rich] = [aPeer("leech", { uplink: 0 }), aPeer("some"), aPeer("rich", { uplink: 2 })];
    for (const peer of [leech, some, rich]) ask(uploads, peer, segment, [0, 1]);
    expect(serveAll(uploads, [leech, some, rich])).toEqual([
      "rich:0",
      "rich:1",
      "some:0",
      "some:1",
      "leech:0",
      "leech:1",
    ]);
  });

  test("[SW40] among equals whoever got least, then whoever asked first", () => {
    const { uploads, segment } = uploader({ tuning: serial });
    const [alice, bob] = [aPeer("alice"), aPeer("bob")];
    ask(uploads, alice, segment, [0, 1, 2]);
    ask(uploads, bob, segment, [5, 6, 7]);
    expect(serveAll(uploads, [alice, bob])).toEqual(["alice:0", "bob:5", "alice:1", "bob:6", "alice:2", "bob:7"]);
  });

  test("[SW40] whoever has a full window waits, and nobody waits for it", () => {
    const { uploads, segment } = uploader({ tuning: { uploadQueueMs: 260 } });
    const [slow, bob] = [aPeer("slow", { uplink: 2 }), aPeer("bob")];
    ask(uploads, slow, segment, [0, 1, 2, 3]);
    ask(uploads, bob, segment, [0, 1]);
    expect(sent(uploads.pump(1))).toEqual(["slow:0", "slow:1", "bob:0"]);
    acknowledge(uploads, bob, 50);
    expect(sent(uploads.pump(51))).toEqual(["bob:1"]);
  });
});

describe("[SW45] where viewers are at different places, or have little time,", () => {
  test.each([
    ["video on demand", false, 10_000],
    ["live with little slack, and due within 3 s", true, 1000],
  ])("the most urgent goes first among equals: %s", (_, live, dueInMs) => {
    const uploads = new UploadQueue({ ...DEFAULT_TUNING, uploadWindowBytes: 0, uploadQueueMs: 0 }, true);
    const segment = aSegment({ chunks: 2, live });
    hold(segment, [0, 1]);
    const [early, late, leech] = [aPeer("early"), aPeer("late"), aPeer("leech", { uplink: 0 })];
    ask(uploads, late, segment, [0], dueInMs + 500);
    ask(uploads, early, segment, [0, 1], dueInMs);
    ask(uploads, leech, segment, [0], dueInMs - 500);
    expect(serveAll(uploads, [late, early, leech])).toEqual(["early:0", "early:1", "late:0", "leech:0"]);
  });

  test("but not what is due later: whoever plays a little ahead would always be first", () => {
    const uploads = new UploadQueue({ ...DEFAULT_TUNING, uploadWindowBytes: 0, uploadQueueMs: 0 }, true);
    const segment = aSegment({ chunks: 2, live: true });
    hold(segment, [0, 1]);
    const [early, late] = [aPeer("early"), aPeer("late")];
    ask(uploads, early, segment, [0, 1], 4000);
    ask(uploads, late, segment, [0], 4500);
    expect(serveAll(uploads, [late, early])).toEqual(["early:0", "late:0", "early:1"]);
  });
});

describe("what is in flight", () => {
  /** Serves `peers` from an uplink of this rate for a while: everything is acknowledged when it has gone through. */
  function drain(uploads: UploadQueue, segment: Segment, peers: readonly Peer[], bytesPerMs: number): number {
    const line: { readonly peer: Peer; readonly bytes: number; readonly at: number }[] = [];
    let freeAt = 0;
    let most = 0;
    for (let now = 0; now < 20_000; now++) {
      for (const peer of peers) ask(uploads, peer, segment, [now % 32], 1e6);
      for (const action of uploads.pump(now)) {
        const peer = peers.find(({ id }) => action.type === "send-chunk" && id === action.peer);
        freeAt = Math.max(freeAt, now) + CHUNK_BYTES / bytesPerMs;
        if (peer) line.push({ peer, bytes: peer.window.sentBytes, at: freeAt + 40 });
      }
      for (; line[0] && line[0].at <= now; line.shift()) uploads.acknowledged(now, line[0].peer, line[0].bytes);
      most = now > 10_000 ? Math.max(most, freeAt - now) : 0;
    }
    return most;
  }

  test.each([40, 300, 3000])("[SW41] an uplink of %i KB/s is measured, used to the full, and queues little", (rate) => {
    const { uploads, segment } = uploader();
    const peers = Array.from({ length: 12 }, (_, i) => aPeer(`peer${String(i)}`));
    const queuedMs = drain(uploads, segment, peers, rate);
    expect(uploads.bytesPerSecond / rate / 1000).toBeGreaterThan(0.9);
    expect(uploads.bytesPerSecond / rate / 1000).toBeLessThan(1.3);
    expect(uploads.uploadedBytes / rate / 20_000).toBeGreaterThan(0.8);
    // Two chunks of a slow uplink take longer than any bound.
    expect(queuedMs).toBeLessThan(Math.max(300, (2.1 * CHUNK_BYTES) / rate));
  });

  test("[SW41] what is stuck on some links leaves room for the others; what is late on most of them does not", () => {
    const { uploads, segment } = uploader();
    const peers = Array.from({ length: 5 }, (_, i) => aPeer(`peer${String(i)}`));
    for (const peer of peers) ask(uploads, peer, segment, [0, 1]);
    expect(sent(uploads.pump(0))).toEqual(["peer0:0", "peer1:0", "peer2:0"]);
    for (const peer of peers.slice(1, 3)) acknowledge(uploads, peer, 100);
    expect(sent(uploads.pump(100))).toEqual(["peer3:0"]);
    // At nine tenths of the 2 Mbit/s that are assumed four chunks take 580 ms: then the uplink is idle, and gets one more.
    expect(sent(uploads.pump(580))).toEqual([]);
    expect(sent(uploads.pump(590))).toEqual(["peer4:0"]);
    // A full window takes 370 ms: what is out for twice as long has left our uplink.
    expect(sent(uploads.pump(740))).toEqual([]);
    expect(sent(uploads.pump(760))).toEqual(["peer0:1"]);
    expect(sent(uploads.pump(900))).toEqual([]);
  });

  test("[SW41] an uplink that must have sent all it was given gets one chunk more than the window, and no second", () => {
    const { uploads, segment } = uploader({ tuning: { uploadWindowBytes: CHUNK_BYTES, uploadQueueMs: 0 } });
    const peers = ["alice", "bob", "carol"].map((name) => aPeer(name));
    for (const peer of peers) ask(uploads, peer, segment, [0]);
    expect(sent(uploads.pump(0))).toEqual(["alice:0"]);
    expect(sent(uploads.pump(140))).toEqual([]);
    expect(sent(uploads.pump(150))).toEqual(["bob:0"]);
    expect(sent(uploads.pump(350))).toEqual([]);
  });

  test("[SW43] an uplink is told to carry the stream once it has been seen to, and until it clearly does not", () => {
    const { uploads, segment } = uploader();
    const peers = Array.from({ length: 12 }, (_, i) => aPeer(`peer${String(i)}`));
    expect(uploads.uplinkClass(1, 200_000)).toBe(1);
    drain(uploads, segment, peers, 300);
    expect([250_000, 340_000, 1_000_000].map((rate) => uploads.uplinkClass(1, rate))).toEqual([2, 1, 1]);
    expect([250_000, 340_000, 1_000_000].map((rate) => uploads.uplinkClass(2, rate))).toEqual([2, 2, 1]);
    expect(uploads.uplinkClass(1, 0)).toBe(1);
    expect(uploader({ allowed: false }).uploads.uplinkClass(0, 1)).toBe(0);
  });

  test("[SW44] whoever can feed many may be linked to many", () => {
    const { uploads, segment } = uploader();
    expect(uploads.peersMax(50_000)).toBe(18);
    drain(
      uploads,
      segment,
      Array.from({ length: 12 }, (_, i) => aPeer(`peer${String(i)}`)),
      300,
    );
    expect([200_000, 40_000, 1000].map((rate) => uploads.peersMax(rate))).toEqual([18, 21, 60]);
  });

  test("[SW41] of a peer that goes is free for the others", () => {
    const { uploads, segment } = uploader({ tuning: { uploadQueueMs: 300 } });
    const [gone, alice, bob] = [aPeer("gone"), aPeer("alice"), aPeer("bob")];
    for (const peer of [gone, alice]) ask(uploads, peer, segment, [0, 1]);
    expect(uploads.pump(1)).toHaveLength(4);
    ask(uploads, bob, segment, [0, 1]);
    expect(uploads.pump(2)).toEqual([]);
    uploads.dropPeer(gone);
    expect(sent(uploads.pump(3))).toEqual(["bob:0", "bob:1"]);
  });

  test("[PE26] cannot be acknowledged beyond what was sent", () => {
    const { uploads, segment } = uploader();
    const alice = aPeer("alice");
    ask(uploads, alice, segment, [0]);
    uploads.pump(1);
    expect(uploads.acknowledged(2, alice, CHUNK_BYTES + 1)).toBe(false);
    expect(uploads.acknowledged(2, alice, CHUNK_BYTES)).toBe(true);
  });

  test("the short last chunk counts as short", () => {
    const { uploads, segment } = uploader();
    const short = aSegment({ sequence: 11 });
    short.hold(0, "origin", 10 * KIB);
    const alice = aPeer("alice");
    ask(uploads, alice, short, [0]);
    ask(uploads, alice, segment, [0]);
    uploads.pump(1);
    expect(alice.window.inFlightBytes).toBe(42 * KIB);
  });
});

describe("a request", () => {
  test("[SW42] is refused with its reason", () => {
    const { uploads, segment } = uploader();
    const alice = aPeer("alice");
    expect(ask(uploads, alice, segment, [3, 32])).toEqual(["ok", "gone"]);
    expect(uploads.add(0, alice, 0, undefined, 0, 1000)).toBe("gone");
    expect(ask(uploader({ allowed: false }).uploads, alice, segment, [3])).toEqual(["off"]);
  });

  test("[SW42] of a viewer without uplink is refused when it would wait more than 2 s, of others it is not", () => {
    const { uploads, segment } = uploader();
    const [leech, alice] = [aPeer("leech", { uplink: 0 }), aPeer("alice")];
    // 2 Mbit/s until measured: 2 s are 15.3 chunks.
    const all = Array.from({ length: 20 }, (_, chunk) => chunk);
    expect(ask(uploads, leech, segment, all).filter((answer) => answer === "ok")).toHaveLength(16);
    expect(ask(uploads, alice, segment, all)).not.toContain("busy");
  });

  test("nobody fills the queue alone", () => {
    const { uploads, segment } = uploader();
    const [greedy, alice] = [aPeer("greedy"), aPeer("alice")];
    const more = aSegment({ sequence: 11, chunks: 600 });
    hold(
      more,
      Array.from({ length: 600 }, (_, chunk) => chunk),
    );
    const answers = Array.from({ length: 600 }, (_, chunk) => uploads.add(0, greedy, 0, more, chunk, 10_000) ?? "ok");
    expect(answers.indexOf("busy")).toBe(64);
    expect(ask(uploads, alice, segment, [0])).toEqual(["ok"]);
  });

  test("asked twice is served once, and is not refused for it", () => {
    const { uploads, segment } = uploader();
    const alice = aPeer("alice");
    expect(ask(uploads, alice, segment, [4, 4])).toEqual(["ok", "ok"]);
    expect(sent(uploads.pump(1))).toEqual(["alice:4"]);
  });

  test("[SW42] that is past its due time, cancelled, or no longer held is dropped without a word", () => {
    const { uploads, segment } = uploader();
    const alice = aPeer("alice");
    const evicted = aSegment({ sequence: 11, chunks: 2 });
    hold(evicted, [0]);
    ask(uploads, alice, segment, [0], 100);
    ask(uploads, alice, segment, [1, 2]);
    ask(uploads, alice, evicted, [0]);
    uploads.cancel(alice, segment, [1]);
    evicted.reset();
    expect(sent(uploads.pump(100))).toEqual(["alice:2"]);
  });

  test("of a segment that is dropped, or of a peer that goes, is forgotten", () => {
    const { uploads, segment } = uploader();
    const [alice, bob] = [aPeer("alice"), aPeer("bob")];
    const other = aSegment({ sequence: 11, chunks: 1 });
    hold(other, [0]);
    for (const peer of [alice, bob]) ask(uploads, peer, segment, [0]);
    ask(uploads, bob, other, [0]);
    uploads.dropPeer(alice);
    uploads.dropSegment(segment);
    expect(sent(uploads.pump(1))).toEqual(["bob:0"]);
    expect(bob.servedBytes).toBe(CHUNK_BYTES);
  });

  test("cancels only what that peer asked", () => {
    const { uploads, segment } = uploader();
    const [alice, bob] = [aPeer("alice"), aPeer("bob")];
    for (const peer of [alice, bob]) ask(uploads, peer, segment, [0]);
    uploads.cancel(alice, segment, [0]);
    expect(sent(uploads.pump(1))).toEqual(["bob:0"]);
  });
});

describe("what the policy allows", () => {
  test("[PO10] nothing is taken in that could not be sent within the budget", () => {
    const { uploads, segment } = uploader();
    uploads.uploadedBytesMax = 3 * CHUNK_BYTES;
    const alice = aPeer("alice");
    expect(ask(uploads, alice, segment, [0, 1, 2, 3])).toEqual(["ok", "ok", "ok", "busy"]);
    serveAll(uploads, [alice]);
    expect(uploads.uploadedBytes).toBe(3 * CHUNK_BYTES);
    expect(ask(uploads, alice, segment, [3])).toEqual(["busy"]);
  });

  test("[PO10] [T16] the last 2 MiB of the budget are for those who pass on what they get", () => {
    const { uploads, segment } = uploader();
    uploads.uploadedBytesMax = 65 * CHUNK_BYTES;
    const [leech, alice] = [aPeer("leech", { uplink: 0 }), aPeer("alice")];
    expect(ask(uploads, leech, segment, [0, 1])).toEqual(["ok", "busy"]);
    expect(ask(uploads, alice, segment, [0, 1])).toEqual(["ok", "ok"]);
  });

  test("[PO3] whoever stops serving drops what waits, and takes nothing in", () => {
    const { uploads, segment } = uploader();
    const alice = aPeer("alice");
    ask(uploads, alice, segment, [0, 1]);
    uploads.allowed = false;
    expect(sent(uploads.pump(1))).toEqual([]);
    expect(ask(uploads, alice, segment, [2])).toEqual(["off"]);
    uploads.allowed = true;
    expect(ask(uploads, alice, segment, [2])).toEqual(["ok"]);
    expect(sent(uploads.pump(2))).toEqual(["alice:2"]);
  });

  /** What goes out in ten seconds over an uplink that carries a chunk in 20 ms, to four who ask for more than that. */
  function bytesIn10Seconds(to: ReturnType<typeof uploader>): number {
    serveFor(10_000, to, () => 20);
    return to.uploads.uploadedBytes;
  }

  /** Serves them over an uplink that carries a chunk in so many ms. Returns how long what was sent last waits, by second. */
  function serveFor(
    ms: number,
    { uploads, segment }: ReturnType<typeof uploader>,
    chunkMsAt: (now: number) => number,
  ): number[] {
    const peers = ["alice", "bob", "carol", "dave"].map((name) => aPeer(name));
    const onTheWay: { readonly at: number; readonly peer: Peer; readonly total: number }[] = [];
    const sentTo = new Map<Peer, number>();
    const waits: number[] = [];
    let lineFreeAt = 0;
    for (let now = 0; now < ms; now++) {
      for (const peer of peers) uploads.add(now, peer, 0, segment, now % 32, 1e6);
      for (let first = onTheWay[0]; first && first.at <= now; first = onTheWay[0]) {
        uploads.acknowledged(now, first.peer, first.total);
        onTheWay.shift();
      }
      for (const action of uploads.pump(now)) {
        const peer = peers.find(({ id }) => action.type === "send-chunk" && id === action.peer);
        if (!peer) continue;
        lineFreeAt = Math.max(lineFreeAt, now) + chunkMsAt(now);
        const total = (sentTo.get(peer) ?? 0) + CHUNK_BYTES;
        sentTo.set(peer, total);
        onTheWay.push({ at: lineFreeAt + 10, peer, total });
      }
      const second = Math.floor(now / 1000);
      waits[second] = Math.max(waits[second] ?? 0, lineFreeAt - now);
    }
    return waits;
  }
  const CARRIES = 500 * CHUNK_BYTES;

  test("[PO11] an upload is no faster than the site wants it", () => {
    expect(bytesIn10Seconds(uploader()) / CARRIES).toBeGreaterThan(0.95);
    const slow = uploader();
    slow.uploads.bytesPerSecondMax = CARRIES / 100;
    const share = bytesIn10Seconds(slow) / CARRIES;
    expect(share).toBeGreaterThan(0.085);
    expect(share).toBeLessThanOrEqual(0.105);
  });

  test("[PO11] once it is known what an uplink carries, a share of it is left to others", () => {
    const half = uploader({ tuning: { uploadWindowBytes: 0, uploadQueueMs: 20 } });
    half.uploads.uplinkShare = 0.5;
    // Four to five seconds at the limit to find out, then half.
    const share = bytesIn10Seconds(half) / CARRIES;
    expect(share).toBeGreaterThan(0.6);
    expect(share).toBeLessThan(0.8);
  });

  test("[PO14] what waits in the home router stays short, and below a second where the uplink shrank to a tenth", () => {
    const waits = serveFor(30_000, uploader(), (now) => (now < 10_000 ? 20 : 200));
    expect(Math.max(...waits.slice(1, 9))).toBeLessThan(200);
    expect(Math.max(...waits.slice(20))).toBeLessThan(900);
  });
});
