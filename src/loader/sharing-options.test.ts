import { expect, test } from "vitest";
import { OptionError } from "../base/option-error.ts";
import { MonthMeter } from "./month-meter.ts";
import { limitsOf, type MonthCount, type SharingOptions } from "./sharing-options.ts";
import { createSwarm } from "./swarm.ts";

/** As a page would keep it, for all of its tabs. */
class Ledger implements MonthCount {
  bytes = 0;
  read(): number {
    return this.bytes;
  }
  add(bytes: number): void {
    this.bytes += bytes;
  }
}

test("[PO30] what may be set passes, and the month's counter goes to whoever counts", () => {
  const limits = { cellular: "serve", uploadRatioMax: Infinity, monthBytesMax: 1e9, batteryMin: 0 } as const;
  expect(limitsOf({ ...limits, month: new Ledger() })).toEqual(limits);
  expect(limitsOf()).toEqual({});
});

/** As from JavaScript, where nobody checks types. */
const untyped = (options: object): SharingOptions => options;

test.each<[SharingOptions, string]>([
  [untyped({ cellular: true }), "sharing.cellular must be serve, fetch, off, not true"],
  [untyped({ uploadRatioMx: 0.5 }), "there is no sharing.uploadRatioMx"],
  [{ uploadRatioMax: -1 }, "sharing.uploadRatioMax must be a number, at least 0, not -1"],
  [{ uploadBytesMax: NaN }, "sharing.uploadBytesMax must be a number, at least 0, not NaN"],
  [untyped({ linksMax: "8" }), "sharing.linksMax must be a number, at least 0, not 8"],
  [{ batteryMin: 20 }, "sharing.batteryMin must be a number from 0 to 1, not 20"],
  [{ monthBytesMax: 1e9 }, "sharing.month must count the month where there is a sharing.monthBytesMax"],
])("[PO30] %j is refused by name", (sharing, message) => {
  expect(() => createSwarm({ tracker: "wss://tracker.test", sharing })).toThrow(new OptionError(message));
});

test("[PO31] the month is counted once, whatever other tabs add to it", () => {
  const ledger = new Ledger();
  const [here, there] = [new MonthMeter(ledger), new MonthMeter(ledger)];
  expect([here.count(0), here.count(500), there.count(300), here.count(500), here.count(600)]).toEqual([
    0, 500, 800, 800, 900,
  ]);
});

test("[PO31] what the site cannot count is not uploaded", () => {
  const forbidden = (): never => {
    throw new Error("storage is forbidden");
  };
  expect(new MonthMeter({ read: forbidden, add: forbidden }).count(0)).toBe(Number.MAX_VALUE);
  expect(new MonthMeter({ read: () => NaN, add: () => undefined }).count(0)).toBe(Number.MAX_VALUE);
});
