import { describe, expect, test } from "vitest";
import { LinkWindow } from "./link-window.ts";
import { DEFAULT_TUNING } from "./tuning.ts";

const KIB = 1024;
const CHUNK = 32 * KIB;

/** A link over a path of `delayMs`: as much is sent as the window allows, all of it acknowledged one delay later. */
function rounds(window: LinkWindow, count: number, delayMs: (round: number) => number, from = 0): number {
  let now = from;
  for (let round = 0; round < count; round++) {
    const sentAt = now;
    while (window.maySend(CHUNK)) window.sent(sentAt, CHUNK);
    now = sentAt + delayMs(round);
    window.acknowledged(now, window.sentBytes % 2 ** 32);
  }
  return now;
}

describe("a link's window", () => {
  test("[SW41] starts at 64 KiB: two chunks, and no third before an acknowledgement", () => {
    const window = new LinkWindow(DEFAULT_TUNING);
    window.sent(0, CHUNK);
    expect(window.maySend(CHUNK)).toBe(true);
    window.sent(0, CHUNK);
    expect([window.inFlightBytes, window.maySend(CHUNK), window.maySend(1)]).toEqual([64 * KIB, false, false]);
    expect(window.acknowledged(40, CHUNK)).toBe(CHUNK);
    expect(window.maySend(CHUNK)).toBe(true);
  });

  test("[SW41] grows while it is full and delay stays low, up to its maximum", () => {
    const window = new LinkWindow(DEFAULT_TUNING);
    const sizes: number[] = [];
    for (let now = 0; now < 2000; now = rounds(window, 1, () => 40, now)) sizes.push(window.windowBytes);
    expect(sizes).toEqual([...sizes].sort((a, b) => a - b));
    expect([sizes[0], sizes[1], sizes.at(-1)]).toEqual([64 * KIB, 96 * KIB, 256 * KIB]);
  });

  test("[SW41] does not grow while it is not filled: an idle link has proved nothing", () => {
    const window = new LinkWindow(DEFAULT_TUNING);
    for (let now = 0, total = 0; now < 5000; now += 50) {
      window.sent(now, CHUNK);
      window.acknowledged(now + 40, (total += CHUNK));
    }
    expect(window.windowBytes).toBe(64 * KIB);
  });

  test("[SW41] shrinks when chunks wait somewhere, once per round trip, never below its minimum", () => {
    const window = new LinkWindow(DEFAULT_TUNING);
    const now = rounds(window, 3, () => 40);
    const grown = window.windowBytes;
    window.sent(now, CHUNK);
    window.sent(now, CHUNK);
    window.acknowledged(now + 200, window.sentBytes - CHUNK);
    const shrunk = window.windowBytes;
    expect(shrunk).toBeCloseTo(grown * 0.8);
    window.acknowledged(now + 201, window.sentBytes);
    expect(window.windowBytes).toBe(shrunk);
    rounds(window, 30, () => 300, now + 300);
    expect(window.windowBytes).toBe(32 * KIB);
  });

  test("[SW41] a path that became longer is believed in the end, not taken for a queue for ever", () => {
    const window = new LinkWindow(DEFAULT_TUNING);
    const now = rounds(window, 20, () => 20);
    const settled = rounds(window, 100, () => 250, now);
    rounds(window, 40, () => 250, settled);
    expect(window.windowBytes).toBe(256 * KIB);
    expect(window.delayMsMin).toBe(250);
  });

  test("one chunk may always be in flight, whatever the window", () => {
    const window = new LinkWindow({ ...DEFAULT_TUNING, linkWindowBytes: 1000, linkWindowBytesMin: 1000 });
    expect(window.maySend(CHUNK)).toBe(true);
    window.sent(0, CHUNK);
    expect(window.maySend(1)).toBe(false);
  });
});

describe("acknowledgements", () => {
  test("[PE33] count modulo 2^32", () => {
    const window = new LinkWindow({ ...DEFAULT_TUNING, linkWindowBytesMax: 2 ** 30 });
    const step = 2 ** 30;
    for (let sent = 0; sent < 2 ** 32; sent += step) {
      window.sent(sent, step);
      expect(window.acknowledged(sent + 1, (sent + step) % 2 ** 32)).toBe(step);
    }
    window.sent(0, CHUNK);
    expect(window.acknowledged(1, CHUNK)).toBe(CHUNK);
    expect(window.inFlightBytes).toBe(0);
  });

  test("[PE33] that are lost are made good by the next", () => {
    const window = new LinkWindow(DEFAULT_TUNING);
    window.sent(0, CHUNK);
    window.sent(0, CHUNK);
    expect(window.acknowledged(50, 2 * CHUNK)).toBe(2 * CHUNK);
  });

  test.each([
    ["of more than was sent", CHUNK + 1],
    ["that go back", CHUNK - 1],
    ["of bytes never sent", 2 ** 32 - 1],
  ])("[PE26] %s are refused, and change nothing", (_, total) => {
    const window = new LinkWindow(DEFAULT_TUNING);
    window.sent(0, CHUNK);
    window.acknowledged(40, CHUNK);
    expect(window.acknowledged(50, total)).toBeUndefined();
    expect(window.inFlightBytes).toBe(0);
    expect(window.acknowledged(60, CHUNK)).toBe(0);
  });

  test("[PE33] of a part of a chunk move the window, and wait for the rest to tell of delay", () => {
    const window = new LinkWindow(DEFAULT_TUNING);
    window.sent(0, CHUNK);
    window.acknowledged(30, 1000);
    expect([window.inFlightBytes, window.delayMsMin]).toEqual([CHUNK - 1000, undefined]);
    window.acknowledged(45, CHUNK);
    expect([window.inFlightBytes, window.delayMsMin]).toEqual([0, 45]);
  });
});
