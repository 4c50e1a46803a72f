import { describe, expect, test } from "vitest";
import { clientAddressOf, parseTrustList } from "./client-address.ts";

const NOBODY = parseTrustList([]);

describe("without a proxy", () => {
  test.each([
    ["203.0.113.7", "203.0.113.7", "203.0.113.0/24"],
    ["::ffff:203.0.113.7", "203.0.113.7", "203.0.113.0/24"],
    ["::ffff:cb00:7107", "203.0.113.7", "203.0.113.0/24"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64", "2001:db8:1::/48"],
    ["2001:0DB8:0001:0002::1", "2001:db8:1:2::/64", "2001:db8:1::/48"],
    ["2001:db8::1", "2001:db8:0:0::/64", "2001:db8:0::/48"],
    ["fe80::1%eth0", "fe80:0:0:0::/64", "fe80:0:0::/48"],
    ["::1", "0:0:0:0::/64", "0:0:0::/48"],
    ["64:ff9b::192.0.2.1", "64:ff9b:0:0::/64", "64:ff9b:0::/48"],
  ])("%s is counted as %s in %s", (address, addressKey, prefixKey) => {
    expect(clientAddressOf(address, undefined, NOBODY)).toMatchObject({ addressKey, prefixKey });
  });

  test("nobody may say that it comes from elsewhere", () => {
    for (const trusted of [NOBODY, parseTrustList(["loopback"])])
      expect(clientAddressOf("203.0.113.7", "198.51.100.1", trusted).address).toBe("203.0.113.7");
  });

  test("a socket that has no address any more counts as one of its kind", () => {
    expect(clientAddressOf(undefined, undefined, NOBODY)).toEqual({ address: "", addressKey: "", prefixKey: "" });
  });
});

describe("behind a listed proxy", () => {
  const trusted = parseTrustList(["loopback", "10.0.0.0/8", "fd00::/8", "192.0.2.9"]);

  test.each([
    ["127.0.0.1", "203.0.113.7", "203.0.113.7"],
    ["::1", "203.0.113.7", "203.0.113.7"],
    ["::ffff:10.1.2.3", "203.0.113.7:4711", "203.0.113.7"],
    ["fd00::5", "[2001:db8:1:2::9]:443", "2001:db8:1:2::/64"],
    // What the client made up itself is left of what the first trusted proxy wrote.
    ["127.0.0.1", "198.51.100.1, 203.0.113.7", "203.0.113.7"],
    ["127.0.0.1", "198.51.100.1, 203.0.113.7, 10.9.9.9, 192.0.2.9", "203.0.113.7"],
    // Nothing, or nonsense: the proxy itself.
    ["127.0.0.1", undefined, "127.0.0.1"],
    ["127.0.0.1", "unknown", "127.0.0.1"],
    ["127.0.0.1", "203.0.113.7, <script>", "127.0.0.1"],
    ["127.0.0.1", "10.0.0.5", "10.0.0.5"],
  ])("a call of %s for %s is counted as %s", (proxy, forwardedFor, key) => {
    expect(clientAddressOf(proxy, forwardedFor, trusted).addressKey).toBe(key);
  });
});

test.each(["example.com", "10.0.0.0/33", "10.0.0.0/", "::1/129", "10.0.0.0/8/8", "10.0.0.0/a", ""])(
  'a trust list with "%s" is refused, and the entry named',
  (entry) => {
    expect(() => parseTrustList(["loopback", entry])).toThrow(`not "${entry}"`);
  },
);
