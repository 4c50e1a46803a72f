import { describe, expect, test } from "vitest";
import { UplinkMeter } from "./uplink-meter.ts";

const RATE_ASSUMED = 250_000;

/** `seconds` in which `bytesPerSecond` are acknowledged, ten times a second. Returns when it ends. */
function carry(meter: UplinkMeter, from: number, seconds: number, bytesPerSecond: number, limited: boolean): number {
  for (let i = 1; i <= seconds * 10; i++) {
    if (!limited) meter.spare();
    meter.acknowledged(from + i * 100, bytesPerSecond / 10);
  }
  return from + seconds * 1000;
}

function busy(): UplinkMeter {
  const meter = new UplinkMeter();
  meter.begin(0);
  return meter;
}

describe("[SW43] what an uplink carries", () => {
  test("is a guess until a whole second was busy", () => {
    const meter = busy();
    meter.acknowledged(900, 900_000);
    expect([meter.provenBytesPerSecond, meter.bytesPerSecond]).toEqual([0, RATE_ASSUMED]);
    meter.acknowledged(1000, 100_000);
    expect([meter.provenBytesPerSecond, meter.bytesPerSecond]).toEqual([1e6, 1e6]);
  });

  test("is the most of any second, whether or not the uplink was the limit", () => {
    const meter = busy();
    const now = carry(meter, 0, 2, 600_000, false);
    carry(meter, now, 2, 400_000, false);
    expect(meter.bytesPerSecond).toBe(600_000);
  });

  test("is never lowered by a time in which little was asked of it", () => {
    const meter = busy();
    const now = carry(meter, 0, 4, 600_000, true);
    carry(meter, now, 60, 50_000, false);
    expect(meter.bytesPerSecond).toBe(600_000);
  });

  test("falls, below the guess as well, after eight seconds at the limit", () => {
    const meter = busy();
    let now = carry(meter, 0, 1, 600_000, false);
    now = carry(meter, now, 7, 50_000, true);
    expect(meter.bytesPerSecond).toBe(600_000);
    carry(meter, now, 1, 50_000, true);
    expect(meter.bytesPerSecond).toBe(50_000);
  });

  test("is at least what a burst was sent and acknowledged in, however short", () => {
    const meter = new UplinkMeter();
    meter.begin(0);
    meter.acknowledged(60, 100_000);
    meter.acknowledged(200, 100_000);
    meter.end(200);
    expect(meter.bytesPerSecond).toBe(1e6);
    // The end of a longer one: what is acknowledged now was sent before the sample began.
    meter.begin(1000);
    meter.acknowledged(2000, 500_000);
    meter.acknowledged(2001, 500_000);
    meter.end(2001);
    expect(meter.bytesPerSecond).toBe(1e6);
  });

  test("does not count seconds in which nothing was in flight for a moment", () => {
    const meter = busy();
    for (let now = 0; now < 10_000; now += 500) {
      meter.begin(now);
      meter.acknowledged(now + 400, 1e6);
      meter.end();
    }
    expect(meter.provenBytesPerSecond).toBe(0);
    meter.acknowledged(20_000, 1e6);
    expect(meter.provenBytesPerSecond).toBe(0);
  });
});
