import { describe, expect, test } from "vitest";
import type { PeerId } from "../../protocol/ids.ts";
import { witnessKeyOf } from "../core/network.ts";
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

describe("[TK71] who is a witness of its own", () => {
  /** What is known of a viewer at `address`, whose socket comes from there or through a proxy. */
  async function witness(remoteAddress: string, forwardedFor?: string): Promise<string> {
    const locator = await Locator.open({}, trusted, SILENT);
    const headers = forwardedFor === undefined ? {} : { "x-forwarded-for": forwardedFor };
    const network = locator.networkOf(clientAddressOf(remoteAddress, forwardedFor, trusted), remoteAddress, headers);
    return witnessKeyOf({ network, peer: "peer-00001" as PeerId });
  }

  test.each([
    ["203.0.113.7", "203.0.113.0/24"],
    ["2001:db8:1:2::1", "2001:db8:1::/48"],
    ["100.64.0.9", "100.64.0.0/24"], // of a carrier, which is no private network
    ["192.168.1.5", "192.168.1.5"],
    ["::ffff:172.16.3.4", "172.16.3.4"],
    ["fd00::5", "fd00::5"],
    ["127.0.0.1", "peer-00001"],
    ["::1", "peer-00001"],
  ])("a viewer at %s counts as %s", async (address, key) => {
    expect(await witness(address)).toBe(key);
  });

  test("behind a trusted proxy its own address counts", async () => {
    expect(await witness(PROXY, "203.0.113.7")).toBe("203.0.113.0/24");
    expect(await witness(PROXY, "192.168.1.5")).toBe("192.168.1.5");
  });

  test("a proxy that is not trusted, or does not say for whom it calls, stands for all behind it", async () => {
    expect(await witness("127.0.0.1", "203.0.113.7")).toBe("127.0.0.0/24");
    expect(await witness("192.168.1.5", "203.0.113.7")).toBe("192.168.1.0/24");
    expect(await witness(PROXY)).toBe("10.0.0.0/24");
  });
});
