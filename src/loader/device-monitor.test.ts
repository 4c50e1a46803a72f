import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Device } from "../swarm/core/sharing-policy.ts";
import { DeviceMonitor } from "./device-monitor.ts";

/** A page in a browser that says all there is to say. */
class Page {
  readonly window = new EventTarget();
  readonly connection = Object.assign(new EventTarget(), { type: "wifi", effectiveType: "4g", saveData: false });
  readonly battery = Object.assign(new EventTarget(), { level: 0.1, charging: true });
  readonly document = Object.assign(new EventTarget(), { visibilityState: "visible" });
  readonly reducedData = Object.assign(new EventTarget(), { matches: false });
  readonly told: (Device | "leaving")[] = [];
  readonly monitor = new DeviceMonitor({
    tell: (device) => this.told.push(device),
    leaving: () => this.told.push("leaving"),
  });

  get last(): Device | "leaving" | undefined {
    return this.told.at(-1);
  }
  async start(): Promise<void> {
    vi.stubGlobal("addEventListener", this.window.addEventListener.bind(this.window));
    vi.stubGlobal("removeEventListener", this.window.removeEventListener.bind(this.window));
    vi.stubGlobal("document", this.document);
    vi.stubGlobal("matchMedia", () => this.reducedData);
    this.monitor.start();
    await vi.waitFor(() => {
      expect(this.told.length).toBeGreaterThan(0);
    });
  }
}

const PHONE = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140 Mobile Safari/537.36";
const IPAD = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Safari/605.1.15";

const say = (target: EventTarget, name: string): void => {
  target.dispatchEvent(new Event(name));
};

let page: Page;
beforeEach(() => {
  page = new Page();
});
afterEach(() => {
  page.monitor.close();
  vi.unstubAllGlobals();
});

test("[PO20] a browser that says all is read at once, and again whenever it speaks", async () => {
  const { connection, battery, document, reducedData } = page;
  vi.stubGlobal("navigator", {
    ...{ userAgent: PHONE, maxTouchPoints: 5, deviceMemory: 2, connection },
    getBattery: () => Promise.resolve(battery),
  });
  await page.start();
  const first = { mobile: true, memoryGigabytes: 2, connection: "wifi", effectiveType: "4g", saveData: false };
  expect(page.last).toEqual({ ...first, batteryLevel: undefined, hidden: false, frozen: false });
  connection.type = "cellular";
  say(connection, "change");
  expect(page.last).toMatchObject({ connection: "cellular" });
  await vi.waitFor(() => {
    battery.charging = false;
    say(battery, "chargingchange");
    expect(page.last).toMatchObject({ batteryLevel: 0.1 });
  });
  document.visibilityState = "hidden";
  say(document, "visibilitychange");
  expect(page.last).toMatchObject({ hidden: true });
  reducedData.matches = true;
  say(reducedData, "change");
  expect(page.last).toMatchObject({ saveData: true });
});

test("[PO20] what Safari and Firefox do not say is left out", async () => {
  vi.stubGlobal("navigator", { userAgent: IPAD, maxTouchPoints: 5 });
  await page.start();
  expect(page.last).toMatchObject({ mobile: true, connection: undefined, effectiveType: undefined, saveData: false });
  vi.stubGlobal("navigator", { userAgent: IPAD, maxTouchPoints: 0 });
  say(page.document, "resume");
  expect(page.last).toMatchObject({ mobile: false });
});

test("[PO20] a network of unknown type and a battery that must not be read are as if not there", async () => {
  page.connection.type = "unknown";
  vi.stubGlobal("navigator", {
    ...{ userAgent: PHONE, maxTouchPoints: 5, connection: page.connection },
    getBattery: () => Promise.reject(new Error("permissions policy")),
  });
  await page.start();
  expect(page.last).toMatchObject({ connection: undefined, batteryLevel: undefined });
});

test.each([
  ["pagehide", "pageshow"],
  ["freeze", "resume"],
])("[TR43] [PO21] a page that goes away (%s) says so first, and comes back (%s)", async (gone, back) => {
  vi.stubGlobal("navigator", { userAgent: "", maxTouchPoints: 0 });
  await page.start();
  const target = gone === "freeze" ? page.document : page.window;
  page.told.length = 0;
  say(target, gone);
  expect(page.told).toEqual(["leaving", expect.objectContaining({ frozen: true })]);
  say(target, back);
  expect(page.last).toMatchObject({ frozen: false });
  page.monitor.close();
  const before = page.told.length;
  say(target, gone);
  expect(page.told).toHaveLength(before);
});
