import { mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { SILENT } from "../base/logger.ts";
import { SegmentShelf, type SegmentShelfOptions } from "./segment-shelf.ts";

let folder: string;
let lost: string[];
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "shelf-"));
  lost = [];
});
afterEach(async () => {
  vi.useRealTimers();
  await rm(folder, { recursive: true, force: true });
});

const open = (options: Partial<SegmentShelfOptions> = {}): Promise<SegmentShelf> =>
  SegmentShelf.open({
    folder,
    diskBytesMax: 1000,
    inMemory: 1,
    graceMs: 60_000,
    lost: (name) => lost.push(name),
    logger: SILENT,
    ...options,
  });

/** A hundred bytes that say which segment they are. */
const segment = (number: number): Uint8Array => new Uint8Array(100).fill(number);
const isOnDisk = (name: string): Promise<boolean> =>
  stat(path.join(folder, name)).then(
    () => true,
    () => false,
  );

async function add(shelf: SegmentShelf, ...numbers: readonly number[]): Promise<void> {
  for (const number of numbers) {
    shelf.add(`a/${number}`, segment(number));
    await shelf.settled();
  }
}

/** What of it there is, wherever it is. */
async function read(shelf: SegmentShelf, number: number): Promise<number | undefined> {
  const found = shelf.find(`a/${number}`);
  if (!found) return undefined;
  const bytes = "path" in found ? await readFile(found.path) : found;
  expect(bytes).toHaveLength(100);
  return bytes[0];
}

test("[LI52] the newest are in memory, the others in files, and all are what they were", async () => {
  const shelf = await open();
  await add(shelf, 1, 2, 3);
  expect(shelf.find("a/3")).toBeInstanceOf(Uint8Array);
  expect(shelf.find("a/2")).toEqual({ path: path.join(folder, "a/2"), byteLength: 100 });
  expect(await Promise.all([1, 2, 3, 4].map((number) => read(shelf, number)))).toEqual([1, 2, 3, undefined]);
  expect(shelf.bytesOnDisk).toBe(300);
});

test("[LI53] above the limit the oldest go", async () => {
  const shelf = await open({ diskBytesMax: 250 });
  await add(shelf, 1, 2, 3, 4);
  expect(lost).toEqual(["a/1", "a/2"]);
  expect(await Promise.all([1, 2, 3, 4].map((number) => read(shelf, number)))).toEqual([undefined, undefined, 3, 4]);
  expect([await isOnDisk("a/1"), await isOnDisk("a/2")]).toEqual([false, false]);
  expect(shelf.bytesOnDisk).toBe(200);
});

test("[LI53] a full disk gets room from the oldest", async () => {
  const shelf = await open();
  await add(shelf, 1, 2);
  // Whatever is written there meets a full disk, until it has been tidied away.
  await symlink("/dev/full", path.join(folder, "a/3"));
  await add(shelf, 3, 4);
  expect(lost).toEqual(["a/1"]);
  expect(await Promise.all([1, 2, 3, 4].map((number) => read(shelf, number)))).toEqual([undefined, 2, 3, 4]);
  expect(shelf.bytesOnDisk).toBe(300);
});

test("[LI53] a disk that takes nothing at all leaves the newest in memory", async () => {
  const shelf = await open({ inMemory: 2 });
  await writeFile(path.join(folder, "a"), "no folder");
  await add(shelf, 1, 2, 3);
  expect(lost).toEqual(["a/1"]);
  expect(await Promise.all([1, 2, 3].map((number) => read(shelf, number)))).toEqual([undefined, 2, 3]);
  expect(shelf.bytesOnDisk).toBe(0);
});

test("[LI52] who is slow to ask still gets what has just left the playlist, and the disk gets it back", async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  const shelf = await open();
  await add(shelf, 1, 2);
  shelf.drop("a/1");
  vi.setSystemTime(Date.now() + 59_000);
  await add(shelf, 3);
  expect(await read(shelf, 1)).toBe(1);
  vi.setSystemTime(Date.now() + 2000);
  await add(shelf, 4);
  expect([await read(shelf, 1), await isOnDisk("a/1")]).toEqual([undefined, false]);
  expect(lost).toEqual([]);
});

test("[LI51] a shelf leaves nothing behind, and what another left goes when it opens", async () => {
  await mkdir(path.join(folder, "a"));
  await writeFile(path.join(folder, "a/1"), "of a process that died");
  const shelf = await open();
  expect(await isOnDisk("a/1")).toBe(false);
  shelf.add("a/2", segment(2));
  await shelf.close();
  shelf.add("a/3", segment(3));
  expect(await isOnDisk("")).toBe(false);
});
