/**
 * Whether this viewer gives to others, only takes from them, or stays with the origin, and why (PO rules). Two pure
 * functions of what the browser says, what was counted and what the site allows. Whoever acts on it is in `sharing.ts`.
 */
import type { Bytes, Millis, Seconds } from "../../base/time.ts";
import { CHUNK_BYTES } from "../../protocol/limits.ts";

/** `serve` gives and takes, `fetch` only takes, `off` has no links at all. */
export type SharingMode = "serve" | "fetch" | "off";

/** What keeps a viewer from serving. */
export type SharingReason =
  | "upload-off"
  | "cellular"
  | "unknown-network"
  | "save-data"
  | "slow-network"
  | "battery"
  | "hidden"
  | "paused"
  | "frozen"
  | "session-cap"
  | "month-cap"
  | "audience";

export interface SharingPlan {
  readonly mode: SharingMode;
  /** Empty while it serves. */
  readonly reason: SharingReason | "";
}

/** What the browser says of the device, its network and the page. Absent: it does not say. */
export interface Device {
  /** A phone or a tablet. */
  readonly mobile?: boolean | undefined;
  /** `type` and `effectiveType` of the Network Information API, which Safari and Firefox lack. */
  readonly connection?: string | undefined;
  readonly effectiveType?: string | undefined;
  /** The user asked for little data: `saveData`, or `prefers-reduced-data`. */
  readonly saveData?: boolean | undefined;
  /** Of the battery that is being emptied, from 0 to 1; absent while it charges. */
  readonly batteryLevel?: number | undefined;
  readonly hidden?: boolean | undefined;
  /** Left, perhaps to come back, or stopped by the browser. */
  readonly frozen?: boolean | undefined;
  readonly memoryGigabytes?: number | undefined;
}

/** What the site allows. */
export interface SharingLimits {
  /** On mobile data, and on mobile devices that do not say what network they are on. */
  readonly cellular: SharingMode;
  readonly unknownNetwork: SharingMode;
  /** A battery that is being emptied must have more than this, from 0 to 1. */
  readonly batteryMin: number;
  /** A viewer serves for so long after it was hidden, or paused. */
  readonly idleSecondsMax: Seconds;
  /** What may be uploaded, as a multiple of what was received, from peers and the origin. */
  readonly uploadRatioMax: number;
  /** ... in one session, and in one month, in bytes. */
  readonly uploadBytesMax: Bytes;
  readonly monthBytesMax: Bytes;
  /** How fast: as a share of what the uplink was measured to carry, and at most. */
  readonly uplinkShare: number;
  readonly uploadBitsPerSecondMax: number;
  readonly linksMax: number;
  /** Fewer viewers than this have nothing from each other. */
  readonly audienceMin: number;
}

export interface SharingSituation {
  readonly device: Device;
  readonly limits: SharingLimits;
  /** The plain switch. */
  readonly upload: boolean;
  /** For how long it has been so; 0 when it is not. */
  readonly hiddenMs: Millis;
  readonly pausedMs: Millis;
  readonly uploadedBytes: Bytes;
  readonly receivedBytes: Bytes;
  /** Uploaded this month, this session included. */
  readonly monthBytes: Bytes;
  /** Viewers there are to share with, this one included. */
  readonly audience: number;
}

/** As long as nobody says otherwise; see docs/policy.md. */
export const DEFAULT_LIMITS: SharingLimits = {
  cellular: "fetch",
  unknownNetwork: "fetch",
  batteryMin: 0.2,
  idleSecondsMax: 60,
  uploadRatioMax: 1,
  uploadBytesMax: Infinity,
  monthBytesMax: Infinity,
  uplinkShare: 0.9,
  uploadBitsPerSecondMax: Infinity,
  linksMax: 60,
  audienceMin: 2,
};

/** What must not be at all comes first, then what must not be given. */
export function planSharing(situation: SharingSituation): SharingPlan {
  const { device, limits, hiddenMs, pausedMs } = situation;
  const { mobile, connection, effectiveType, batteryLevel = 1 } = device;
  const cellular = connection === "cellular";
  const metered: SharingMode = cellular
    ? limits.cellular
    : mobile && connection === undefined
      ? limits.unknownNetwork
      : "serve";
  const network = cellular ? "cellular" : "unknown-network";
  const idleMsMax = limits.idleSecondsMax * 1000;

  if (device.frozen) return off("frozen");
  if (effectiveType !== undefined && SLOW.includes(effectiveType)) return off("slow-network");
  if (metered === "off") return off(network);
  if (situation.audience < limits.audienceMin) return off("audience");
  if (!situation.upload) return fetch("upload-off");
  if (metered === "fetch") return fetch(network);
  if (device.saveData) return fetch("save-data");
  if (batteryLevel < limits.batteryMin) return fetch("battery");
  if (hiddenMs > idleMsMax) return fetch("hidden");
  if (pausedMs > idleMsMax) return fetch("paused");
  if (situation.uploadedBytes + CHUNK_BYTES > limits.uploadBytesMax) return fetch("session-cap");
  if (situation.monthBytes + CHUNK_BYTES > limits.monthBytesMax) return fetch("month-cap");
  return { mode: "serve", reason: "" };
}

/** How much may have been uploaded by now. Never less than before while nothing else uploads this month. */
export const uploadBytesMaxFor = (situation: SharingSituation): Bytes =>
  Math.min(
    situation.limits.uploadRatioMax * (situation.receivedBytes + RATIO_ALLOWANCE_BYTES),
    situation.limits.uploadBytesMax,
    situation.limits.monthBytesMax - situation.monthBytes + situation.uploadedBytes,
  );

/** What a device may hold: phones and machines with little memory lose the whole tab when it holds too much. */
export function memoryBytesMaxFor({ mobile, memoryGigabytes }: Device): Bytes {
  const gigabytes = memoryGigabytes ?? (mobile ? MOBILE_GIGABYTES : Infinity);
  return Math.min(MEMORY_BYTES_MAX, gigabytes * BYTES_PER_GIGABYTE);
}

const off = (reason: SharingReason): SharingPlan => ({ mode: "off", reason });
const fetch = (reason: SharingReason): SharingPlan => ({ mode: "fetch", reason });

/** Who is asked a little more than others just now must not run dry: without, 16 equal viewers cost 2.2 copies. */
export const RATIO_ALLOWANCE_BYTES: Bytes = 4 * 1024 * 1024;

const SLOW: readonly string[] = ["slow-2g", "2g", "3g"];

/** A few minutes of HD; mobile browsers kill a tab at several times that. */
const MEMORY_BYTES_MAX: Bytes = 128 * 1024 * 1024;
/** So that it is less from 2 GB down. */
const BYTES_PER_GIGABYTE: Bytes = 32 * 1024 * 1024;
/** Safari and Firefox do not say how much a phone has. */
const MOBILE_GIGABYTES = 2;
