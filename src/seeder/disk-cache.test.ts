/** The disk cache on a real disk, alone and between a swarm's store and an origin. */
import { mkdtemp, readdir, rm, truncate, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createOrigin } from "../../testkit/origin/origin.mjs";
import { SILENT } from "../base/logger.ts";
import { openStream, type PlaylistUpdate } from "../headless/stream-follower.ts";
import { segmentIdOf, swarmIdOf, trackIdOf, type SegmentId } from "../protocol/ids.ts";
import { CHUNK_BYTES } from "../protocol/limits.ts";
import { createMemoryStore } from "../swarm/io/memory-store.ts";
import type { Origin, OriginOutcome } from "../swarm/io/origin.ts";
import { withDiskCache } from "./cached-stream.ts";
import { openDiskCache, type CachedSegment, type DiskCache } from "./disk-cache.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "cache-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const segment = (n: number): SegmentId => segmentIdOf(trackIdOf("hd"), { sequence: n, tag: n });
const bytesOf = (n: number, length = 1000): Buffer => Buffer.alloc(length, n);
const anyVersion = (): boolean => true;
const open = (bytesMax = 10_000): Promise<DiskCache> => openDiskCache({ folder, bytesMax, logger: SILENT });

async function read(found: CachedSegment | undefined): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of found!.read(0, found!.byteLength)) pieces.push(piece);
  return Buffer.concat(pieces);
}

describe("segments on disk", () => {
  test("[SE37] are there after a restart", async () => {
    const cache = await open();
    cache.put(segment(1), "vod", bytesOf(1));
    cache.put(segment(2), "vod", bytesOf(2));
    await cache.settled();
    const restarted = await open();
    expect(restarted.state()).toMatchObject({ segments: 2, bytes: 2000 });
    expect(await read(restarted.find(segment(2), anyVersion))).toEqual(bytesOf(2));
    expect(restarted.find(segment(3), anyVersion)).toBeUndefined();
    expect(restarted.state()).toMatchObject({ hits: 1, misses: 1, failures: 0 });
  });

  test("[SE37] make room, those used longest ago first", async () => {
    const cache = await open(2500);
    cache.put(segment(1), "vod", bytesOf(1));
    cache.put(segment(2), "vod", bytesOf(2));
    await cache.settled();
    await read(cache.find(segment(1), anyVersion));
    cache.put(segment(3), "vod", bytesOf(3));
    cache.put(segment(4), "vod", bytesOf(4, 2501)); // more than there is
    await cache.settled();
    expect([1, 2, 3, 4].filter((n) => cache.has(segment(n)))).toEqual([1, 3]);
    expect(await readdir(folder)).toHaveLength(2);
  });

  test("[SE38] that were truncated, of another version or not ours are never given", async () => {
    const cache = await open();
    for (const n of [1, 2, 3]) cache.put(segment(n), "d1700000000", bytesOf(n));
    await cache.settled();
    const names = await readdir(folder);
    await writeFile(path.join(folder, "notes.txt"), "mine");
    await writeFile(path.join(folder, ".unfinished"), "half of");
    await truncate(
      path.join(
        folder,
        names.find((name) => name.includes("_1_"))!,
      ),
      500,
    );
    const restarted = await open();
    expect(restarted.find(segment(1), anyVersion)).toBeUndefined();
    expect(restarted.find(segment(2), (version) => version === "d1800000000")).toBeUndefined();
    await truncate(
      path.join(
        folder,
        names.find((name) => name.includes("_3_"))!,
      ),
      500,
    ); // while it runs
    await expect(read(restarted.find(segment(3), anyVersion))).rejects.toThrow("not as long");
    expect(restarted.state()).toMatchObject({ segments: 0, bytes: 0, failures: 1 });
    expect(await readdir(folder)).toEqual(["notes.txt"]);
  });

  test("[SE39] cost nothing but the cache when the disk fails", async () => {
    const cache = await open();
    await rm(folder, { recursive: true });
    cache.put(segment(1), "vod", bytesOf(1));
    cache.put(segment(2), "vod", bytesOf(2));
    await cache.settled();
    expect(cache.state()).toMatchObject({ segments: 0, bytes: 0, failures: 1 }); // not one for each that waited
    cache.put(segment(3), "vod", bytesOf(3)); // it rests now
    await cache.settled();
    expect(cache.find(segment(3), anyVersion)).toBeUndefined();
  });

  test("[SE39] a folder that cannot be is told at once", async () => {
    await writeFile(path.join(folder, "file"), "");
    const opening = openDiskCache({ folder: path.join(folder, "file"), bytesMax: 1, logger: SILENT });
    await expect(opening).rejects.toThrow("the cache cannot be kept in");
  });

  test.each(["/proc/cache/of/a/seeder", "/proc/self"])(
    "[SE39] where nothing can be written, as in %s, too",
    async (place) => {
      const opening = openDiskCache({ folder: place, bytesMax: 1, logger: SILENT });
      await expect(opening).rejects.toThrow(`the cache cannot be kept in ${place}: `);
    },
  );

  test("[SE37] folders that are missing are made", async () => {
    const deep = path.join(folder, "a", "b", "c");
    await openDiskCache({ folder: deep, bytesMax: 1, logger: SILENT });
    expect(await readdir(deep)).toEqual([]);
  });
});

describe("between the swarm and its origin", () => {
  const listed = (n: number, startedAtSeconds?: number) => ({
    ...{ id: segment(n), name: { sequence: n, tag: n }, start: n, duration: 1 },
    ...(startedAtSeconds === undefined ? {} : { startedAtSeconds }),
  });
  const update = (live: boolean, ...segments: PlaylistUpdate["segments"]): PlaylistUpdate => ({
    ...{ track: trackIdOf("hd"), live, targetDuration: 1, segments },
  });

  /** A stream whose playlist the test tells, and whose origin has 40,000 bytes of each segment, told of in `asked`. */
  function stage(cache: DiskCache, suspect = false) {
    const asked: SegmentId[] = [];
    const body = bytesOf(7, 40_000);
    const origin: Origin = {
      locate: () => false,
      hashes: () => Promise.resolve(undefined),
      fetch: ({ segment: id, from }, sink) => {
        asked.push(id);
        queueMicrotask(() => {
          sink.opened({ firstByte: from, byteLength: body.length, ranged: true, suspect });
          sink.data(body.subarray(from));
          sink.closed({ outcome: "complete", status: 200 });
        });
        return { abort: () => undefined };
      },
    };
    let tell: (update: PlaylistUpdate) => void = () => undefined;
    const { follower, store } = withDiskCache(
      {
        ...{ swarm: swarmIdOf("stream"), renditions: [], origin, close: () => undefined },
        start: ({ playlist }) => {
          tell = (told) => {
            playlist(told, "");
          };
        },
      },
      createMemoryStore(),
      cache,
    );
    follower.start({ playlist: () => undefined, ended: () => undefined });
    /** As a driver reads an answer into its store. */
    const load = (id: SegmentId, from = 0, to?: number): Promise<{ bytes: Buffer; outcome: OriginOutcome }> =>
      new Promise((resolve) => {
        const pieces: Uint8Array[] = [];
        follower.origin.fetch(
          { segment: id, from, to },
          {
            opened: () => undefined,
            data: (piece) => pieces.push(piece),
            closed: (outcome) => {
              const bytes = Buffer.concat(pieces);
              for (let at = 0; at < bytes.length; at += CHUNK_BYTES)
                store.put(id, (from + at) / CHUNK_BYTES, bytes.subarray(at, at + CHUNK_BYTES));
              resolve({ bytes, outcome });
            },
          },
        );
      });
    return {
      asked,
      store,
      body,
      load,
      tell: (told: PlaylistUpdate) => {
        tell(told);
      },
    };
  }

  test("[SE37] what is complete in the store is kept, and comes from disk the next time", async () => {
    const before = await open(100_000);
    const first = stage(before);
    first.tell(update(false, listed(1), listed(2)));
    await first.load(segment(1));
    await first.load(segment(2), CHUNK_BYTES); // not all of it
    await before.settled();
    const cache = await open(100_000);
    const { tell, load, asked, body } = stage(cache);
    tell(update(false, listed(1), listed(2)));
    expect(await load(segment(1))).toMatchObject({ outcome: { outcome: "complete", byteLength: 40_000 } });
    expect((await load(segment(1), CHUNK_BYTES, CHUNK_BYTES + 9)).bytes).toEqual(body.subarray(0, 9));
    expect((await load(segment(1), 40_000)).outcome).toEqual({ outcome: "void", status: 416, byteLength: 40_000 });
    expect(asked).toEqual([]);
    await load(segment(2));
    expect(asked).toEqual([segment(2)]);
    await cache.settled();
  });

  test("[SE38] what a live stream names again is another segment", async () => {
    const cache = await open(100_000);
    const { tell, load, asked } = stage(cache);
    tell(update(true, listed(1, 1_700_000_000)));
    await load(segment(1));
    await cache.settled();
    tell(update(true, listed(1, 1_700_000_002))); // the date drifts a little
    await load(segment(1));
    expect(asked).toHaveLength(1);
    tell(update(true, listed(1, 1_700_000_060)));
    await load(segment(1));
    expect(asked).toHaveLength(2);
  });

  test("[SE38] what may be something else, or is not what its root says, is not kept", async () => {
    const cache = await open(100_000);
    const suspect = stage(cache, true);
    suspect.tell(update(false, listed(1)));
    await suspect.load(segment(1));
    const signed = stage(cache);
    signed.tell(update(false, { ...listed(2), root: { hash: "0".repeat(32), byteLength: 40_000, label: "x" } }));
    await signed.load(segment(2));
    await cache.settled();
    expect(cache.state()).toMatchObject({ segments: 0, failures: 0 });
  });

  test("[SE39] a file that vanishes is fetched again", async () => {
    const cache = await open(100_000);
    const { tell, load, asked, body } = stage(cache);
    tell(update(false, listed(1)));
    await load(segment(1));
    await cache.settled();
    await rm(path.join(folder, (await readdir(folder))[0]!));
    expect((await load(segment(1))).bytes).toEqual(body);
    expect(asked).toHaveLength(2);
  });

  test("[SE37] what peers brought before the playlist lists it is kept then", async () => {
    const cache = await open(100_000);
    const { tell, load } = stage(cache);
    await load(segment(1));
    expect(cache.state().segments).toBe(0);
    tell(update(false, listed(1)));
    await cache.settled();
    expect(cache.state().segments).toBe(1);
  });

  test("[SE38] a signed segment of the sample stream is kept, since it is what its root says", async () => {
    const origin = await createOrigin({ pictures: "light", vodSeconds: 4, signed: true });
    const follower = await openStream({ urls: [origin.vodUrl], logger: SILENT });
    const cache = await open(1_000_000);
    const cached = withDiskCache(follower, createMemoryStore(), cache);
    const [first] = await new Promise<PlaylistUpdate["segments"]>((resolve) => {
      cached.follower.start({
        playlist: ({ segments }) => {
          resolve(segments);
        },
        ended: () => undefined,
      });
    });
    const whole = origin.segment(0);
    for (let at = 0; at < whole.length; at += CHUNK_BYTES)
      cached.store.put(first!.id, at / CHUNK_BYTES, whole.subarray(at, at + CHUNK_BYTES));
    await cache.settled();
    expect(await readdir(folder)).toEqual([expect.stringContaining(`_r${first!.root!.hash}_${whole.length}`)]);
    cached.follower.close();
    await origin.close();
  });
});
