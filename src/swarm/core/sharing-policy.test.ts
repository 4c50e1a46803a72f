import { expect, test } from "vitest";
import { createRng } from "../../base/random.ts";
import { CHUNK_BYTES } from "../../protocol/limits.ts";
import {
  DEFAULT_LIMITS,
  memoryBytesMaxFor,
  planSharing,
  RATIO_ALLOWANCE_BYTES,
  uploadBytesMaxFor,
  type Device,
  type SharingLimits,
  type SharingSituation,
} from "./sharing-policy.ts";

const MIB = 1024 * 1024;

/** A laptop at home that plays, in a swarm of a hundred. */
const AT_HOME: SharingSituation = {
  device: {},
  limits: DEFAULT_LIMITS,
  upload: true,
  hiddenMs: 0,
  pausedMs: 0,
  uploadedBytes: 0,
  receivedBytes: 0,
  monthBytes: 0,
  audience: 100,
};

const on = (device: Device, limits: Partial<SharingLimits> = {}): SharingSituation => ({
  ...AT_HOME,
  device,
  limits: { ...DEFAULT_LIMITS, ...limits },
});

const ROWS: readonly (readonly [string, SharingSituation])[] = [
  ["at home", AT_HOME],
  ["upload: false", { ...AT_HOME, upload: false }],
  ["cellular", on({ mobile: true, connection: "cellular" })],
  ["cellular, allowed by the site", on({ mobile: true, connection: "cellular" }, { cellular: "serve" })],
  ["cellular, forbidden by the site", on({ mobile: true, connection: "cellular" }, { cellular: "off" })],
  ["a phone on wifi", on({ mobile: true, connection: "wifi" })],
  ["a phone that does not say", on({ mobile: true })],
  ["a phone that does not say, opted in", on({ mobile: true }, { unknownNetwork: "serve" })],
  ["a laptop that does not say", on({ mobile: false })],
  ["saveData", on({ saveData: true })],
  ["3g", on({ effectiveType: "3g" })],
  ["2g, cellular", on({ effectiveType: "2g", connection: "cellular" })],
  ["4g", on({ effectiveType: "4g" })],
  ["battery at 19 %", on({ batteryLevel: 0.19 })],
  ["battery at 20 %", on({ batteryLevel: 0.2 })],
  ["hidden for 60 s", { ...AT_HOME, hiddenMs: 60_000 }],
  ["hidden for longer", { ...AT_HOME, hiddenMs: 60_001 }],
  ["paused for longer", { ...AT_HOME, pausedMs: 60_001 }],
  ["page gone or frozen", on({ frozen: true })],
  ["frozen on a phone that saves data", on({ frozen: true, mobile: true, saveData: true })],
  ["session used up", { ...on({}, { uploadBytesMax: 5 }), uploadedBytes: 5 }],
  ["month used up", { ...on({}, { monthBytesMax: 9 }), monthBytes: 9 }],
  ["alone", { ...AT_HOME, audience: 1 }],
  ["two tabs", { ...AT_HOME, audience: 2 }],
  ["two of at least ten", { ...on({}, { audienceMin: 10 }), audience: 2 }],
];

test("[PO1] [T17] what a viewer does, and why", () => {
  const table = ROWS.map(([name, situation]) => {
    const { mode, reason } = planSharing(situation);
    return `${name.padEnd(36)}${mode.padEnd(7)}${reason}`.trimEnd();
  });
  expect(`\n${table.join("\n")}\n`).toMatchInlineSnapshot(`
    "
    at home                             serve
    upload: false                       fetch  upload-off
    cellular                            fetch  cellular
    cellular, allowed by the site       serve
    cellular, forbidden by the site     off    cellular
    a phone on wifi                     serve
    a phone that does not say           fetch  unknown-network
    a phone that does not say, opted in serve
    a laptop that does not say          serve
    saveData                            fetch  save-data
    3g                                  off    slow-network
    2g, cellular                        off    slow-network
    4g                                  serve
    battery at 19 %                     fetch  battery
    battery at 20 %                     serve
    hidden for 60 s                     serve
    hidden for longer                   fetch  hidden
    paused for longer                   fetch  paused
    page gone or frozen                 off    frozen
    frozen on a phone that saves data   off    frozen
    session used up                     fetch  session-cap
    month used up                       fetch  month-cap
    alone                               off    audience
    two tabs                            serve
    two of at least ten                 off    audience
    "
  `);
});

test("[PO10] what may have been uploaded by now", () => {
  const max = (situation: Partial<SharingSituation>, limits: Partial<SharingLimits> = {}): number =>
    uploadBytesMaxFor({ ...on({}, limits), ...situation }) / MIB;
  const allowance = RATIO_ALLOWANCE_BYTES / MIB;
  expect(max({})).toBe(allowance);
  expect(max({ receivedBytes: 100 * MIB })).toBe(100 + allowance);
  expect(max({ receivedBytes: 100 * MIB }, { uploadRatioMax: 0.5 })).toBe(50 + allowance / 2);
  expect(max({ receivedBytes: 100 * MIB }, { uploadRatioMax: Infinity })).toBe(Infinity);
  expect(max({ receivedBytes: 100 * MIB }, { uploadRatioMax: 0 })).toBe(0);
  expect(max({ receivedBytes: 100 * MIB }, { uploadBytesMax: 30 * MIB })).toBe(30);
  // 70 MiB this month, of which 20 in this session: 10 more.
  const month = { receivedBytes: 100 * MIB, uploadedBytes: 20 * MIB, monthBytes: 70 * MIB };
  expect(max(month, { monthBytesMax: 80 * MIB })).toBe(30);
});

test("[PO13] memory by device", () => {
  const megabytes = (device: Device): number => memoryBytesMaxFor(device) / MIB;
  expect(megabytes({})).toBe(128);
  expect(megabytes({ mobile: true })).toBe(64);
  expect(megabytes({ mobile: true, memoryGigabytes: 8 })).toBe(128);
  expect(megabytes({ memoryGigabytes: 1 })).toBe(32);
});

/** What each fact may be, the better first. Order matters only between neighbours that are comparable. */
const LADDERS: readonly (readonly Partial<SharingSituation>[])[] = [
  [{ upload: true }, { upload: false }],
  [{ hiddenMs: 0 }, { hiddenMs: 60_000 }, { hiddenMs: 61_000 }],
  [{ pausedMs: 0 }, { pausedMs: 60_000 }, { pausedMs: 61_000 }],
  [{ uploadedBytes: 0 }, { uploadedBytes: 1000 }, { uploadedBytes: 1001 }],
  [{ monthBytes: 0 }, { monthBytes: 5000 }, { monthBytes: 5001 }],
  [{ audience: 9 }, { audience: 2 }, { audience: 1 }],
  [{ receivedBytes: 9_000_000 }, { receivedBytes: 10 }, { receivedBytes: 0 }],
];
const DEVICES: readonly (readonly Device[])[] = [
  [{ connection: "wifi" }, { connection: undefined }],
  [{ connection: "wifi" }, { connection: "cellular" }],
  [{ mobile: false }, { mobile: true }],
  [{ effectiveType: "4g" }, { effectiveType: "3g" }, { effectiveType: "2g" }],
  [{ saveData: false }, { saveData: true }],
  [{ batteryLevel: undefined }, { batteryLevel: 0.5 }, { batteryLevel: 0.1 }],
  [{ frozen: false }, { frozen: true }],
];
const LIMITS: readonly (readonly Partial<SharingLimits>[])[] = [
  [{ cellular: "serve" }, { cellular: "fetch" }, { cellular: "off" }],
  [{ unknownNetwork: "serve" }, { unknownNetwork: "fetch" }, { unknownNetwork: "off" }],
  [{ uploadBytesMax: Infinity }, { uploadBytesMax: CHUNK_BYTES + 1000 }, { uploadBytesMax: 0 }],
  [{ monthBytesMax: Infinity }, { monthBytesMax: CHUNK_BYTES + 5000 }, { monthBytesMax: 0 }],
  [{ uploadRatioMax: Infinity }, { uploadRatioMax: 1 }, { uploadRatioMax: 0 }],
  [{ idleSecondsMax: Infinity }, { idleSecondsMax: 60 }, { idleSecondsMax: 0 }],
  [{ batteryMin: 0 }, { batteryMin: 0.2 }, { batteryMin: 1 }],
  [{ audienceMin: 0 }, { audienceMin: 2 }, { audienceMin: 10 }],
];
const AXES = [
  ...LADDERS.map((steps) => steps.map((step) => (situation: SharingSituation) => ({ ...situation, ...step }))),
  ...DEVICES.map((steps) => steps.map((step) => (s: SharingSituation) => ({ ...s, device: { ...s.device, ...step } }))),
  ...LIMITS.map((steps) => steps.map((step) => (s: SharingSituation) => ({ ...s, limits: { ...s.limits, ...step } }))),
];

const forbidsServing = ({ device, limits, ...s }: SharingSituation): boolean =>
  !s.upload ||
  [device.frozen, device.saveData].includes(true) ||
  ["slow-2g", "2g", "3g"].includes(device.effectiveType ?? "") ||
  (device.connection === "cellular" && limits.cellular !== "serve") ||
  (device.mobile === true && device.connection === undefined && limits.unknownNetwork !== "serve") ||
  (device.batteryLevel ?? 1) < limits.batteryMin ||
  Math.max(s.hiddenMs, s.pausedMs) > limits.idleSecondsMax * 1000 ||
  s.uploadedBytes + CHUNK_BYTES > limits.uploadBytesMax ||
  s.monthBytes + CHUNK_BYTES > limits.monthBytesMax ||
  s.audience < limits.audienceMin;

test("[PO2] [T17] nobody serves whom anything forbids it, and nothing that gets worse ever gives more", () => {
  const seed = 17;
  const rng = createRng(seed);
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(rng.next() * items.length)]!;
  const rank = { off: 0, fetch: 1, serve: 2 };
  const served = { yes: 0, no: 0 };
  for (let run = 0; run < 5_000; run++) {
    let situation = AT_HOME;
    for (const axis of AXES) situation = (rng.next() < 0.7 ? axis[0]! : pick(axis))(situation);
    const { mode, reason } = planSharing(situation);
    const forbidden = forbidsServing(situation);
    expect(mode === "serve", `seed ${String(seed)}, ${JSON.stringify(situation)}`).toBe(!forbidden);
    expect(reason === "").toBe(mode === "serve");
    served[forbidden ? "no" : "yes"]++;

    const axis = pick(AXES);
    const at = Math.floor(rng.next() * (axis.length - 1));
    const [better, worse] = [axis[at]!(situation), axis[at + 1]!(situation)];
    const why = `seed ${String(seed)}, from ${JSON.stringify(better)} to ${JSON.stringify(worse)}`;
    expect(rank[planSharing(worse).mode], why).toBeLessThanOrEqual(rank[planSharing(better).mode]);
    if (better.uploadedBytes === worse.uploadedBytes)
      expect(uploadBytesMaxFor(worse), why).toBeLessThanOrEqual(uploadBytesMaxFor(better));
  }
  // Both happen often enough to mean something.
  expect(Math.min(served.yes, served.no)).toBeGreaterThan(100);
});
