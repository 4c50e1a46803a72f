import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { mmdbOf, type MmdbValue } from "../../../testkit/mmdb.ts";
import { OptionError } from "../../base/option-error.ts";
import { GeoIp } from "./geoip.ts";
import { SILENT, type TrackerLogger } from "./logger.ts";

const directory = mkdtempSync(path.join(tmpdir(), "geoip-"));
let opened: GeoIp | undefined;
afterEach(() => opened?.close());
afterAll(() => {
  rmSync(directory, { recursive: true });
});

function fileOf(name: string, content: Buffer | string): string {
  const file = path.join(directory, name);
  writeFileSync(file, content);
  return file;
}
const databaseFile = (name: string, records: Readonly<Record<string, MmdbValue>>): string =>
  fileOf(name, mmdbOf(name, records));

const country = (code: string): MmdbValue => ({ country: { iso_code: code, names: { en: `The country ${code}` } } });
const system = (number: number): MmdbValue => ({ autonomous_system_number: number });

const COUNTRIES = databaseFile("countries.mmdb", {
  "203.0.113.0/24": country("DE"),
  "198.51.100.128/25": country("JP"),
  "192.0.2.0/24": { registered_country: { iso_code: "BR" } },
  "2001:db8::/32": country("FR"),
});
const SYSTEMS = databaseFile("systems.mmdb", { "203.0.113.0/25": system(3320), "2001:db8:1::/48": system(64_500) });

describe("databases of countries and of autonomous systems", () => {
  test.each([
    ["203.0.113.7", { region: "DE", asn: 3320 }],
    ["203.0.113.200", { region: "DE", asn: undefined }],
    ["198.51.100.200", { region: "JP", asn: undefined }],
    ["198.51.100.7", { region: undefined, asn: undefined }],
    ["192.0.2.1", { region: "BR", asn: undefined }],
    ["2001:db8:1:2::7", { region: "FR", asn: 64_500 }],
    ["2001:db9::1", { region: undefined, asn: undefined }],
    ["::1", { region: undefined, asn: undefined }],
    ["", { region: undefined, asn: undefined }],
  ])("[TK25] %s", async (address, location) => {
    opened = await GeoIp.open([COUNTRIES, SYSTEMS], SILENT);
    expect(opened.locate(address)).toEqual(location);
  });

  test("[TK25] say nothing of records that are of another shape", async () => {
    const odd = databaseFile("odd.mmdb", {
      "203.0.113.0/25": { country: "DE", autonomous_system_number: "AS3320" },
      "203.0.113.128/25": { country: { iso_code: 49 } },
    });
    opened = await GeoIp.open([odd], SILENT);
    for (const address of ["203.0.113.1", "203.0.113.129"])
      expect(opened.locate(address)).toEqual({ region: undefined, asn: undefined });
  });
});

describe("a file that is no database", () => {
  test.each([
    ["is not there", path.join(directory, "missing.mmdb"), "ENOENT"],
    ["is text", fileOf("text.mmdb", "no database at all"), "text.mmdb"],
    ["is empty", fileOf("empty.mmdb", ""), "empty.mmdb"],
  ])("[TK25] is refused by name: it %s", async (_, file, named) => {
    const attempt = GeoIp.open([COUNTRIES, file], SILENT);
    await expect(attempt).rejects.toThrow(OptionError);
    await expect(attempt).rejects.toThrow(named);
  });
});

test("[TK25] without the package that reads them the tracker says what to install", async () => {
  // As it is run by somebody who installed the library alone: beside no node_modules.
  const outfile = path.join(directory, "geoip.mjs");
  const entry = path.join(import.meta.dirname, "geoip.ts");
  await build({ entryPoints: [entry], outfile, bundle: true, packages: "external", platform: "node", format: "esm" });
  const script = `import { GeoIp } from ${JSON.stringify(pathToFileURL(outfile).href)};
    await GeoIp.open([${JSON.stringify(COUNTRIES)}]).catch(({ name, message }) => console.log(name, message));`;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", script]);
  expect(stdout.trim()).toBe("OptionError geoip needs a package that is not installed: npm install maxmind");
});

describe("a file that is replaced", () => {
  test("[TK25] is read anew; one that cannot be read changes nothing", async () => {
    const file = databaseFile("replaced.mmdb", { "203.0.113.0/24": country("DE") });
    let hear: (text: string) => void = () => undefined;
    const told = (text: string): void => {
      hear(text);
    };
    const logger: TrackerLogger = { info: told, warn: told, error: told };
    const heard = (): Promise<string> => new Promise((resolve) => (hear = resolve));
    const geoip = (opened = await GeoIp.open([file], logger, LOOK_EVERY_MS));

    let next = heard();
    writeFileSync(file, "half a file");
    expect(await next).toContain("going on with what was in it");
    expect(geoip.locate("203.0.113.7").region).toBe("DE");

    next = heard();
    databaseFile("replaced.mmdb", { "203.0.113.0/24": country("AT") });
    expect(await next).toContain("anew");
    expect(geoip.locate("203.0.113.7").region).toBe("AT");
  });
});

const LOOK_EVERY_MS = 20;
