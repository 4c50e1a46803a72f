import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { chunkBytesOf, LiveOrigin, VirtualSeeder, type Pipe } from "../../../testkit/virtual-chain.ts";
import { VIDEO, nameOf } from "../../../testkit/swarm-parts.ts";
import { segmentIdOf } from "../../protocol/ids.ts";
import { CHUNK_BYTES } from "../../protocol/limits.ts";

/** 20 Mbit/s and 40 ms there and back: a chunk takes 13 ms. */
const PIPE: Pipe = { latencyMs: 20, bytesPerMs: 2500 };
const ROUND_TRIP_MS = 2 * PIPE.latencyMs;
const CHUNK_MS = CHUNK_BYTES / PIPE.bytesPerMs;
/** Of each segment, one in 100 ms: 2.6 Mbit/s. */
const CHUNKS = 20;

let origin: LiveOrigin;
let byUrl: Map<string, VirtualSeeder>;

beforeEach(() => {
  vi.useFakeTimers();
  origin = new LiveOrigin();
  byUrl = new Map();
});

afterEach(() => {
  for (const { driver } of byUrl.values()) driver.close();
  vi.useRealTimers();
});

/** A seeder by a name, below others. */
function seeder(name: string, ...above: string[]): VirtualSeeder {
  const urls = above.map((each) => `wss://${each}`);
  const made = new VirtualSeeder(name, origin, byUrl, urls, PIPE);
  byUrl.set(name, made);
  return made;
}

/** The origin makes a segment, and the top of the chain fetches it meanwhile. */
async function broadcast(top: VirtualSeeder, sequence: number): Promise<void> {
  top.list(`${String(sequence - 1)}-${String(sequence + 1)}`);
  want(top, sequence);
  for (let chunk = 0; chunk < CHUNKS; chunk++) {
    await vi.advanceTimersByTimeAsync(100);
    origin.make(sequence);
  }
  origin.end(sequence);
}

/** Somebody who is served by a seeder waits for a segment. */
const want = ({ driver }: VirtualSeeder, sequence: number): void =>
  void driver.want(segmentIdOf(VIDEO, nameOf(sequence)), { complete: () => undefined, failed: () => undefined });

const chunksOf = ({ store }: VirtualSeeder, sequence: number): number[] =>
  Array.from({ length: CHUNKS }, (_, chunk) => chunk).filter((chunk) => {
    const bytes = store.get(segmentIdOf(VIDEO, nameOf(sequence)), chunk);
    return bytes !== undefined && Buffer.compare(bytes, chunkBytesOf(sequence, chunk)) === 0;
  });

const ALL = Array.from({ length: CHUNKS }, (_, chunk) => chunk);

/** How much later than the seeder above it each chunk of a segment was there, the latest of all. */
function delayMs(above: VirtualSeeder, below: VirtualSeeder, sequence: number): number {
  const at = (each: VirtualSeeder, chunk: number): number =>
    each.keptAt.get(`${segmentIdOf(VIDEO, nameOf(sequence))} ${String(chunk)}`) ?? Infinity;
  return Math.max(...ALL.map((chunk) => at(below, chunk) - at(above, chunk)));
}

describe("a chain of four", () => {
  test("[SW120] [PE46] each hop adds a chunk's time and half a round trip; the origin is asked once", async () => {
    const ingress = seeder("ingress");
    const first = seeder("first", "ingress");
    const second = seeder("second", "first");
    const edge = seeder("edge", "second");
    await vi.advanceTimersByTimeAsync(1000);
    for (let sequence = 10; sequence < 14; sequence++) await broadcast(ingress, sequence);
    await vi.advanceTimersByTimeAsync(500);
    for (let sequence = 10; sequence < 14; sequence++) {
      expect(chunksOf(edge, sequence)).toEqual(ALL);
      for (const [above, below] of [
        [ingress, first],
        [first, second],
        [second, edge],
      ] as const) {
        expect(delayMs(above, below, sequence)).toBeLessThanOrEqual(CHUNK_MS + ROUND_TRIP_MS);
      }
    }
    expect(origin.requests).toBe(4);
    // Nothing came twice, and nothing was asked for.
    expect(edge.driver.stats().peerReceivedBytes).toBe(4 * CHUNKS * CHUNK_BYTES);
    expect(edge.driver.stats().originReceivedBytes).toBe(0);
    // Nobody but the first loads playlists.
    expect(edge.playlists.at(-1)).toBe("12-14");
  });

  test("[SW118] the middle loses its power in mid-stream: the next parent of the list brings the rest", async () => {
    const ingress = seeder("ingress");
    const middle = seeder("middle", "ingress");
    const other = seeder("other", "ingress");
    const edge = seeder("edge", "middle", "other");
    await vi.advanceTimersByTimeAsync(1000);
    await broadcast(ingress, 10);
    // With its last chunk on the way.
    const cutAt = Date.now();
    middle.cut();
    want(edge, 10);
    for (let sequence = 11; sequence < 17; sequence++) await broadcast(ingress, sequence);
    await vi.advanceTimersByTimeAsync(1000);
    expect(edge.driver.stats().peers.map(({ peer }) => peer)).toEqual(["up:2"]);
    expect(chunksOf(edge, 10)).toEqual(ALL);
    const back = Math.min(...[...edge.keptAt.values()].filter((at) => at > cutAt + 2 * CHUNK_MS)) - cutAt;
    // A link that says nothing is dead after 6 s (SW82), and looked at every half second.
    expect(back).toBeLessThanOrEqual(6500 + 4 * ROUND_TRIP_MS);
    expect(other.driver.stats().uploadedBytes).toBeGreaterThan(0);
  });

  test("[SW118] a middle that closes its links is replaced within a few round trips", async () => {
    const ingress = seeder("ingress");
    const middle = seeder("middle", "ingress");
    seeder("other", "ingress");
    const edge = seeder("edge", "middle", "other");
    await vi.advanceTimersByTimeAsync(1000);
    await broadcast(ingress, 10);
    const closedAt = Date.now();
    middle.driver.close();
    want(edge, 10);
    for (const sequence of [11, 12]) await broadcast(ingress, sequence);
    await vi.advanceTimersByTimeAsync(1000);
    const back = Math.min(...[...edge.keptAt.values()].filter((at) => at > closedAt + 2 * CHUNK_MS)) - closedAt;
    expect(back).toBeLessThanOrEqual(8 * ROUND_TRIP_MS);
    for (let sequence = 10; sequence < 13; sequence++) expect(chunksOf(edge, sequence)).toEqual(ALL);
    // What it missed meanwhile it asked its new parent for; of the origin the one chunk that was on its way.
    expect(origin.requests).toBe(4);
  });
});
