import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { OptionError } from "../base/option-error.ts";
import { flagNameOf, keyOf, namesOf, rowOf, variableOf } from "../settings/names.ts";
import { printSettings, readSettings, standardOf } from "../settings/read.ts";
import { playlistUrl, SEEDER_SETTINGS as TABLE } from "./settings.ts";

const from = (flag: string, ...texts: string[]) =>
  readSettings(TABLE, { flags: new Map([[flag, texts]]), environment: {}, file: undefined });

describe("the public address", () => {
  test.each([
    ["203.0.113.7", "203.0.113.7", undefined],
    ["203.0.113.7:5000", "203.0.113.7", 5000],
    ["2001:db8::7", "2001:db8::7", undefined],
    ["[2001:db8::7]", "2001:db8::7", undefined],
    ["[2001:db8::7]:5000", "2001:db8::7", 5000],
  ])("[SE50] %s", (text, address, port) => {
    const settings = from("public-address", text);
    expect(settings).toEqual({ publicAddress: { address, port } });
    const printed = /"publicAddress": "(.*)"/.exec(printSettings(TABLE, settings))?.[1] ?? "";
    expect(from("public-address", printed)).toEqual(settings);
  });

  test.each(["seeder.example.com", "203.0.113.7:0", "203.0.113.7:65536", ":5000", "", "203.0.113"])(
    "%j is none",
    (text) => {
      expect(() => from("public-address", text)).toThrow("--public-address must be an address like 203.0.113.7");
      expect(() => from("public-address", text)).toThrow(OptionError);
    },
  );
});

test("a playlist is an address of the web, commas and all", () => {
  expect(playlistUrl.read(["https://cdn.example/a,b/index.m3u8"])).toBe("https://cdn.example/a,b/index.m3u8");
  expect(() => playlistUrl.read(["/var/www/index.m3u8"])).toThrow("must be a http:// or https:// URL");
});

test("a ticket is told by a variable alone, and not printed", () => {
  const given = readSettings(TABLE, {
    flags: new Map(),
    environment: { HLS_SWARM_TICKET: "eyJ-hush" },
    file: undefined,
  });
  expect(given).toEqual({ ticket: "eyJ-hush" });
  expect(printSettings(TABLE, given)).not.toContain("hush");
});

test("no two settings share a name", () => {
  const keys = namesOf(TABLE).map((name) => keyOf(TABLE, name));
  expect(new Set(keys).size).toBe(keys.length);
});

test("the table in docs/seeders.md lists every setting with its default and its help", () => {
  const page = readFileSync(new URL("../../docs/seeders.md", import.meta.url), "utf8");
  const rows = page.split("\n").map((line) =>
    line
      .replaceAll("\\|", "/")
      .split("|")
      .map((cell) => cell.trim()),
  );
  for (const name of namesOf(TABLE)) {
    const shown = rowOf(TABLE, name).isSecret ? variableOf(TABLE, name) : `--${flagNameOf(TABLE, name)}`;
    const row = rows.find(([, first]) => first === `\`${shown}\``);
    expect([shown, row?.[2], row?.[3]]).toEqual([shown, standardOf(TABLE, name), rowOf(TABLE, name).help]);
  }
});
