import { describe, expect, test } from "vitest";
import { segmentIdOf, trackIdOf, type PeerId, type ViewerId } from "../../protocol/ids.ts";
import { CHUNK_BYTES } from "../../protocol/limits.ts";
import type { UplinkClass } from "../../protocol/peer-message.ts";
import { Peer } from "./peer.ts";
import { SegmentTable } from "./segment-table.ts";
import type { Segment } from "./segment.ts";
import { DEFAULT_TUNING } from "./tuning.ts";
import { UploadQueue } from "./upload-queue.ts";

function heldSegment(chunks: number): Segment {
  const table = new SegmentTable();
  const track = table.track(trackIdOf("video"));
  const name = { sequence: 7, tag: 1 };
  table.list(0, track, [{ id: segmentIdOf(track.id, name), name, start: 0, duration: 4 }]);
  const segment = track.bySequence.get(7);
  if (!segment) throw new Error("not listed");
  segment.learnSize(chunks * CHUNK_BYTES, true);
  for (let chunk = 0; chunk < chunks; chunk++) segment.hold(chunk, "origin", CHUNK_BYTES);
  return segment;
}

function peer(name: string, uplink: UplinkClass): Peer {
  const made = new Peer(name as PeerId, 0, DEFAULT_TUNING);
  made.introduce(name as ViewerId, uplink, false);
  return made;
}

/** Asks for chunks, serves everything chunk by chunk, returns who got what in order. */
function serveAll(queue: UploadQueue, peers: readonly Peer[]): string[] {
  const served: string[] = [];
  for (let now = 1; now < 1000; now++) {
    const actions = queue.pump(now);
    for (const action of actions)
      if (action.type === "send-chunk") served.push(`${action.peer}:${String(action.chunk)}`);
    for (const each of peers) if (each.window.inFlightBytes > 0) queue.acknowledged(now, each, each.window.sentBytes);
  }
  return served;
}

describe("serving", () => {
  test("[SW40] contributors first, then whoever got least, then whoever asked first", () => {
    const queue = new UploadQueue(DEFAULT_TUNING, true);
    const segment = heldSegment(40);
    const [leech, giver, strong] = [peer("leech", 0), peer("giver", 1), peer("strong", 2)];
    for (const [who, chunks] of [
      [leech, [0, 1]],
      [giver, [2, 3]],
      [strong, [4, 5]],
    ] as const)
      for (const chunk of chunks) expect(queue.add(0, who, 0, segment, chunk, 5000)).toBeUndefined();
    const order = serveAll(queue, [leech, giver, strong]);
    expect(order.filter((each) => each.startsWith("strong"))).toEqual(order.slice(0, 2));
    expect(order.slice(4)).toEqual(["leech:0", "leech:1"]);

    for (let chunk = 10; chunk < 14; chunk++) queue.add(1000, giver, 0, segment, chunk, 5000);
    const other = peer("other", 1);
    queue.add(1000, other, 0, segment, 20, 5000);
    expect(serveAll(queue, [giver, other])[0]).toBe("other:20");
  });

  test("[SW41] keeps little in flight in all, however many ask", () => {
    const queue = new UploadQueue(DEFAULT_TUNING, true);
    const segment = heldSegment(64);
    const peers = Array.from({ length: 12 }, (_, i) => peer(`p${String(i)}`, 1));
    for (const [i, each] of peers.entries())
      for (let chunk = 0; chunk < 4; chunk++) queue.add(0, each, 0, segment, i * 4 + chunk, 5000);
    const sent = queue.pump(1).length;
    expect(sent).toBeGreaterThan(1);
    expect(sent * CHUNK_BYTES).toBeLessThanOrEqual(DEFAULT_TUNING.uploadWindowBytes);
    expect(queue.pump(2)).toEqual([]);
  });

  test("[SW41] a peer that goes frees what it had in flight", () => {
    const queue = new UploadQueue(DEFAULT_TUNING, true);
    const segment = heldSegment(16);
    const [gone, next] = [peer("gone", 1), peer("next", 1)];
    for (let chunk = 0; chunk < 8; chunk++) queue.add(0, gone, 0, segment, chunk, 5000);
    queue.pump(1);
    queue.dropPeer(gone);
    queue.add(2, next, 0, segment, 9, 5000);
    expect(queue.pump(3)).toMatchObject([{ peer: "next", chunk: 9 }]);
  });

  test("[SW42] says why not: gone, off, busy", () => {
    const segment = heldSegment(4);
    const asker = peer("asker", 1);
    expect(new UploadQueue(DEFAULT_TUNING, false).add(0, asker, 0, segment, 0, 5000)).toBe("off");
    const queue = new UploadQueue(DEFAULT_TUNING, true);
    expect(queue.add(0, asker, 0, segment, 99, 5000)).toBe("gone");
    expect(queue.add(0, asker, 0, undefined, 0, 5000)).toBe("gone");
    const large = heldSegment(100);
    for (let chunk = 0; chunk < 90; chunk++) queue.add(0, asker, 0, large, chunk, 60_000);
    expect(queue.add(0, peer("leech", 0), 0, large, 95, 60_000)).toBe("busy");
    expect(queue.add(0, peer("giver", 1), 0, large, 95, 60_000)).toBeUndefined();
  });

  test("[SW42] what is cancelled or past its due time is not sent", () => {
    const queue = new UploadQueue(DEFAULT_TUNING, true);
    const segment = heldSegment(8);
    const asker = peer("asker", 1);
    queue.add(0, asker, 0, segment, 1, 5000);
    queue.add(0, asker, 0, segment, 2, 5000);
    queue.add(0, asker, 0, segment, 3, 100);
    queue.cancel(asker, segment, [1]);
    expect(queue.pump(200)).toMatchObject([{ chunk: 2 }]);
  });

  test("a request made twice is served once", () => {
    const queue = new UploadQueue(DEFAULT_TUNING, true);
    const segment = heldSegment(8);
    const asker = peer("asker", 1);
    queue.add(0, asker, 0, segment, 1, 5000);
    queue.add(0, asker, 0, segment, 1, 5000);
    expect(serveAll(queue, [asker])).toEqual(["asker:1"]);
  });
});
