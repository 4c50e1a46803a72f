import { BlockList, isIP, isIPv4, isIPv6 } from "node:net";
import { OptionError } from "../../base/option-error.ts";

/** Whose socket this is: the address, without any IPv6 coat around IPv4, and two keys to count by. */
export interface ClientAddress {
  readonly address: string;
  /** The IPv4 address, or the /64 that an IPv6 household gets whole. */
  readonly addressKey: string;
  /** The IPv4 /24 or the IPv6 /48: about one site, or one street of an internet provider. */
  readonly prefixKey: string;
}

/** `X-Forwarded-For` is believed only as far as it was written by proxies on the list: anybody can send one. */
export function clientAddressOf(
  remoteAddress: string | undefined,
  forwardedFor: string | undefined,
  trusted: BlockList,
): ClientAddress {
  let address = plain(remoteAddress ?? "");
  const hops = (forwardedFor ?? "").split(",");
  // Each proxy appends the address it was called from: read from the right, as long as the one who wrote is trusted.
  while (isListed(address, trusted)) {
    const hop = plain(hops.pop()?.trim() ?? "");
    if (isIP(hop) === 0) break;
    address = hop;
  }
  if (isIPv6(address)) {
    const groups = groupsOf(address);
    const [addressKey, prefixKey] = [`${groups.slice(0, 4).join(":")}::/64`, `${groups.slice(0, 3).join(":")}::/48`];
    return { address, addressKey, prefixKey };
  }
  return { address, addressKey: address, prefixKey: isIPv4(address) ? address.replace(/\d+$/, "0/24") : "" };
}

/** Whether what this socket's headers say of the viewer was written by a proxy on the list. */
export const isTrustedProxy = (remoteAddress: string | undefined, trusted: BlockList): boolean =>
  isListed(plain(remoteAddress ?? ""), trusted);

/**
 * The proxies to believe, from addresses, networks (`10.0.0.0/8`, `fd00::/8`) and the word `loopback`. Throws an
 * {@link OptionError} that names the first entry that is none of these.
 */
export function parseTrustList(entries: readonly string[]): BlockList {
  const list = new BlockList();
  for (const entry of entries.flatMap((name) => (name === "loopback" ? LOOPBACK : [name]))) {
    const [address = "", prefix, ...rest] = entry.split("/");
    const bits = isIPv4(address) ? 32 : 128;
    const length = prefix === undefined ? bits : Number(prefix);
    if (isIP(address) === 0 || rest.length > 0 || prefix === "" || !Number.isInteger(length) || length > bits)
      throw new OptionError(
        `a trusted proxy must be an address, a network like 10.0.0.0/8, or loopback, not "${entry}"`,
      );
    list.addSubnet(address, length, isIPv4(address) ? "ipv4" : "ipv6");
  }
  return list;
}

const LOOPBACK = ["127.0.0.0/8", "::1/128"];

/** Whether an address without any coat is on the list. */
export const isListed = (address: string, list: BlockList): boolean =>
  isIP(address) !== 0 && list.check(address, isIPv4(address) ? "ipv4" : "ipv6");

/** Without brackets, port, zone, and the IPv6 coat that a dual-stack socket puts on IPv4. */
function plain(address: string): string {
  const bare = /^\[([^\]]*)\](?::\d+)?$/.exec(address)?.[1] ?? /^([\d.]+):\d+$/.exec(address)?.[1] ?? address;
  const unzoned = bare.replace(/%.*$/, "");
  if (!isIPv6(unzoned)) return unzoned;
  const groups = groupsOf(unzoned);
  if (groups.slice(0, 6).join(":") !== "0:0:0:0:0:ffff") return unzoned;
  const [high = 0, low = 0] = groups.slice(6).map((group) => parseInt(group, 16));
  return [high >> 8, high & 0xff, low >> 8, low & 0xff].join(".");
}

/** The eight groups of a valid IPv6 address, without leading zeros, so that equal addresses look equal. */
export function groupsOf(address: string): readonly string[] {
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(address);
  if (dotted) {
    const [, head = "", ...bytes] = dotted;
    const [a = 0, b = 0, c = 0, d = 0] = bytes.map(Number);
    return groupsOf(`${head}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`);
  }
  const [head = "", tail] = address.split("::");
  const before = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => "0");
  return [...before, ...zeros, ...after].map((group) => parseInt(group, 16).toString(16));
}
