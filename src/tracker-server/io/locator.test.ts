import { expect, test } from "vitest";
import { clientAddressOf, parseTrustList } from "./client-address.ts";
import { Locator } from "./locator.ts";
import { SILENT } from "./logger.ts";

const PROXY = "10.0.0.1";
const trusted = parseTrustList([PROXY]);

/** Where somebody is whose socket comes from `remoteAddress`, with that in the region header. */
async function regionOf(remoteAddress: string, header: string | undefined): Promise<string | undefined> {
  const locator = await Locator.open({ regionHeader: "CF-IPCountry" }, trusted, SILENT);
  const client = clientAddressOf(remoteAddress, "203.0.113.7", trusted);
  return locator.networkOf(client, remoteAddress, { "cf-ipcountry": header }).region;
}

test.each([
  ["DE", "DE"],
  [" us-east-1 ", "us-east-1"],
  ["XX", undefined],
  ["", undefined],
  [undefined, undefined],
  ["<script>", undefined],
  ["DE, FR", undefined],
  ["x".repeat(33), undefined],
])("[TK25] a trusted proxy that writes %s is understood as %s", async (header, region) => {
  expect(await regionOf(PROXY, header)).toBe(region);
  expect(await regionOf(`::ffff:${PROXY}`, header)).toBe(region);
});

test("[TK25] anybody else may write what he likes", async () => {
  expect(await regionOf("198.51.100.1", "DE")).toBeUndefined();
});

test("without a header and a database viewers have their prefix and no more", async () => {
  const locator = await Locator.open({}, trusted, SILENT);
  const client = clientAddressOf(PROXY, "203.0.113.7", trusted);
  expect(locator.networkOf(client, PROXY, { "cf-ipcountry": "DE" })).toEqual({ prefixKey: "203.0.113.0/24" });
});

test.each(["", "cf ipcountry", "region:"])('"%s" is no name of a header', async (regionHeader) => {
  await expect(Locator.open({ regionHeader }, trusted, SILENT)).rejects.toThrow("regionHeader must be the name");
});
