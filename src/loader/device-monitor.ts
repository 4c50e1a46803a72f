/**
 * Tells the swarm what the browser says of the device, its network and the page. Every source is optional: Safari and
 * Firefox say nothing of network and battery. Asks the user for nothing, and keeps nothing.
 */
import type { Device } from "../swarm/core/sharing-policy.ts";

/** What some browsers add to a navigator. */
interface Hints {
  readonly userAgent: string;
  readonly maxTouchPoints: number;
  readonly deviceMemory?: number;
  readonly connection?: EventTarget & {
    readonly type?: string;
    readonly effectiveType?: string;
    readonly saveData?: boolean;
  };
  getBattery?(): Promise<Battery>;
}

type Battery = EventTarget & { readonly level: number; readonly charging: boolean };

export interface DeviceMonitorOptions {
  tell(device: Device): void;
  /** The page goes away, and may not come back: told before the device is. */
  leaving(): void;
}

/** What is known at once, and does not change. */
export function readDevice(): Pick<Device, "mobile" | "memoryGigabytes"> {
  const { userAgent, maxTouchPoints, deviceMemory } = hints();
  // An iPad calls itself a Macintosh, of which none has a touch screen.
  const mobile = /Mobi|Android/.test(userAgent) || (/Macintosh/.test(userAgent) && maxTouchPoints > 1);
  return { mobile, memoryGigabytes: deviceMemory };
}

export class DeviceMonitor {
  readonly #options: DeviceMonitorOptions;
  readonly #stops: (() => void)[] = [];
  #battery: Battery | undefined;
  #reducedData: MediaQueryList | undefined;
  #isFrozen = false;
  #isClosed = false;

  constructor(options: DeviceMonitorOptions) {
    this.#options = options;
  }

  start(): void {
    const { connection } = hints();
    if (typeof matchMedia === "function") this.#reducedData = matchMedia("(prefers-reduced-data: reduce)");
    this.#listen(globalThis, ["pagehide", "pageshow"]);
    if (typeof document !== "undefined") this.#listen(document, ["visibilitychange", "freeze", "resume"]);
    if (connection) this.#listen(connection, ["change"]);
    if (this.#reducedData) this.#listen(this.#reducedData, ["change"]);
    void this.#watchBattery();
    this.#tell();
  }

  close(): void {
    this.#isClosed = true;
    for (const stop of this.#stops) stop();
  }

  /** A page's permissions policy may forbid it. */
  async #watchBattery(): Promise<void> {
    this.#battery = await hints()
      .getBattery?.()
      .catch(() => undefined);
    if (!this.#battery || this.#isClosed) return;
    this.#listen(this.#battery, ["levelchange", "chargingchange"]);
    this.#tell();
  }

  #listen(target: EventTarget, names: readonly string[]): void {
    const listener = ({ type }: Event): void => {
      const isFrozen = FREEZES.get(type) ?? this.#isFrozen;
      if (isFrozen && !this.#isFrozen) this.#options.leaving();
      this.#isFrozen = isFrozen;
      this.#tell();
    };
    for (const name of names) {
      target.addEventListener(name, listener);
      this.#stops.push(() => {
        target.removeEventListener(name, listener);
      });
    }
  }

  #tell(): void {
    const { type, effectiveType, saveData = false } = hints().connection ?? {};
    this.#options.tell({
      ...readDevice(),
      connection: type === "unknown" ? undefined : type,
      effectiveType,
      saveData: saveData || (this.#reducedData?.matches ?? false),
      batteryLevel: this.#battery?.charging === false ? this.#battery.level : undefined,
      hidden: typeof document !== "undefined" && document.visibilityState === "hidden",
      frozen: this.#isFrozen,
    });
  }
}

/** A server has none. */
const hints = (): Hints => (typeof navigator === "undefined" ? NOTHING : navigator);

const NOTHING: Hints = { userAgent: "", maxTouchPoints: 0 };

/** Whether the page stops, by what happens to it. */
const FREEZES: ReadonlyMap<string, boolean> = new Map([
  ["pagehide", true],
  ["freeze", true],
  ["pageshow", false],
  ["resume", false],
]);
