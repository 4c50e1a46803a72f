import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { OptionError } from "../../base/option-error.ts";
import { flagNameOf, keyOf, namesOf, nearest, rowOf, variableOf } from "../../settings/names.ts";
import { printSettings, readSettings, standardOf } from "../../settings/read.ts";
import { TRACKER_LIMITS } from "../core/options.ts";
import { TRACKER_SETTINGS as TABLE } from "./table.ts";

const KEYS = namesOf(TABLE).map((name) => keyOf(TABLE, name));
const folder = mkdtempSync(path.join(tmpdir(), "hls-swarm-settings-"));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const fileOf = (content: unknown): string => {
  const file = path.join(folder, "tracker.json");
  writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
  return file;
};
const fromFlag = (flag: string, ...texts: string[]) =>
  readSettings(TABLE, { flags: new Map([[flag, texts]]), environment: {}, file: undefined });
const fromFile = (content: unknown) =>
  readSettings(TABLE, { flags: new Map(), environment: {}, file: fileOf(content) });
const fromEnvironment = (environment: Record<string, string>) =>
  readSettings(TABLE, { flags: new Map(), environment, file: undefined });

test("a flag counts more than a variable, a variable more than the file", () => {
  const flags = new Map([["port", ["1"]]]);
  const environment = { HLS_SWARM_PORT: "2", HLS_SWARM_HOST: "::", HLS_SWARM_REGION: "" };
  const file = fileOf({ port: 3, host: "127.0.0.1", region: "eu", swarmsMax: 4 });
  expect(readSettings(TABLE, { flags, environment, file })).toEqual({
    port: 1,
    host: "::",
    region: "eu",
    swarmsMax: 4,
  });
});

test("nothing said is nothing set: defaults stay where they are", () => {
  expect(readSettings(TABLE, { flags: new Map(), environment: {}, file: undefined })).toEqual({});
});

describe("each kind of value", () => {
  test.each([
    ["messages", "100:2.5", { messages: { burst: 100, perSecond: 2.5 } }],
    ["hold-out", "5%", { holdOutShare: 0.05 }],
    ["hold-out", "0.1", { holdOutShare: 0.1 }],
    ["price-per-gb", "0.02", { pricePerGb: 0.02 }],
    ["debug", "false", { debug: false }],
    ["log-format", "text", { logFormat: "text" }],
    ["redis", "redis-cluster://a:1,b:2", { redis: "redis-cluster://a:1,b:2" }],
    ["public-url", "wss://t.example", { publicUrl: "wss://t.example" }],
  ])("--%s %s", (flag, text, expected) => {
    expect(fromFlag(flag, text)).toEqual(expected);
  });

  test("lists are repeated, have commas, or are lists of the file", () => {
    const trustProxy = ["10.0.0.0/8", "loopback"];
    expect(fromFlag("trust-proxy", "10.0.0.0/8", "loopback")).toEqual({ trustProxy });
    expect(fromEnvironment({ HLS_SWARM_TRUST_PROXY: "10.0.0.0/8, loopback" })).toEqual({ trustProxy });
    expect(fromFile({ trustProxy })).toEqual({ trustProxy });
  });

  test("another tracker comes with or without its region", () => {
    expect(fromFlag("other-tracker", "wss://a.example/?a=b", "eu=wss://b.example")).toEqual({
      otherTrackers: [{ url: "wss://a.example/?a=b" }, { url: "wss://b.example", region: "eu" }],
    });
  });
});

describe("what is wrong is named, with its place and what it should be", () => {
  test.each([
    ["port", "65536", '--port must be a whole number from 0 to 65535, not "65536"'],
    ["port", "", '--port must be a whole number from 0 to 65535, not ""'],
    ["connections-max", "1.5", "--connections-max must be a whole number from 1"],
    ["messages", "300", "--messages must be two numbers like 300:50"],
    ["messages", "300:0", "--messages must be two numbers like 300:50"],
    ["hold-out", "51%", "--hold-out must be a share like 5%, from 0 to 50%"],
    ["debug", "maybe", "--debug must be true or false"],
    ["redis", "http://x", "--redis must be like redis://host:6379"],
    ["other-tracker", "b.example", "--other-tracker must be like wss://b.example"],
    ["trust-proxy", "nginx", "--trust-proxy: a trusted proxy must be"],
    ["allow-origin", "example.com", "--allow-origin: an allowed origin must look like https://example.com"],
    ["log-format", "xml", "--log-format must be json or text"],
  ])("--%s %s", (flag, text, message) => {
    expect(() => fromFlag(flag, text)).toThrow(message);
    expect(() => fromFlag(flag, text)).toThrow(OptionError);
  });

  test("a variable and a key of the file by their own names", () => {
    expect(() => fromEnvironment({ HLS_SWARM_HEARTBEAT_MS: "soon" })).toThrow(/^HLS_SWARM_HEARTBEAT_MS must be/);
    expect(() => fromFile({ heartbeatMs: "soon" })).toThrow(/^"heartbeatMs" in .*tracker\.json must be/);
    expect(() => fromFlag("port", "1", "2")).toThrow("--port must be given once");
  });

  test("an unknown key of the file, with the one that was meant", () => {
    expect(() => fromFile({ prot: 1 })).toThrow(/^"prot" in .*tracker\.json is no setting: did you mean "port"\?$/);
    expect(() => fromFile({ maxConnections: 1 })).toThrow("--help lists all");
    expect(() => fromFile({ holdOutShare: 0.1 })).toThrow("is no setting");
  });

  test.each(["[]", "null", "8080"])("a file that holds %s", (content) => {
    expect(() => fromFile(content)).toThrow('must hold an object like { "port": 8080 }');
  });

  test("a file that is no JSON, without quoting it: it may hold a secret", () => {
    expect(() => fromFile('{ "secret": hush }')).toThrow(/tracker\.json is not JSON$/);
    expect(() => fromFile({ port: null })).toThrow('"port" in');
    expect(() => fromFile({ allowOrigin: [{}] })).toThrow("must be a text, a number, true, false, or a list");
  });
});

test("what is printed is a file that reads back as the same, but for the secrets", () => {
  const given = fromFile({
    messages: "10:2",
    otherTracker: ["eu=wss://b.example"],
    holdOut: "5%",
    redis: "redis://user:hush@r.example:6379",
    secret: "a secret that nobody is to see, ever",
  });
  const printed = printSettings(TABLE, given);
  expect(printed).not.toMatch(/hush|nobody/);
  expect(fromFile(printed)).toMatchObject({
    messages: { burst: 10, perSecond: 2 },
    mistakes: TRACKER_LIMITS.mistakes,
    otherTrackers: [{ url: "wss://b.example", region: "eu" }],
    holdOutShare: 0.05,
    debug: true,
    redis: "redis://user:hidden@r.example:6379",
  });
});

test("every name is one word in three spellings, and no two settings share one", () => {
  expect([flagNameOf(TABLE, "regionHeader"), variableOf(TABLE, "regionHeader"), keyOf(TABLE, "regionHeader")]).toEqual([
    "region-header",
    "HLS_SWARM_REGION_HEADER",
    "regionHeader",
  ]);
  expect(new Set(KEYS).size).toBe(KEYS.length);
});

test.each([
  ["prot", "port"],
  ["alloworigins", "allowOrigin"],
  ["connectionMax", "connectionsMax"],
  ["colour", undefined],
])("who writes %s means %s", (wrong, right) => {
  expect(nearest(wrong, KEYS)).toBe(right);
});

test("the table in docs/tracker-operations.md lists every setting with its default and its help", () => {
  const page = readFileSync(new URL("../../../docs/tracker-operations.md", import.meta.url), "utf8");
  const rows = page.split("\n").map((line) => line.split("|").map((cell) => cell.trim()));
  for (const name of namesOf(TABLE)) {
    const shown = rowOf(TABLE, name).isSecret ? variableOf(TABLE, name) : `--${flagNameOf(TABLE, name)}`;
    const row = rows.find(([, first]) => first === `\`${shown}\``);
    expect([shown, row?.[2], row?.[3]]).toEqual([shown, standardOf(TABLE, name), rowOf(TABLE, name).help]);
  }
});
