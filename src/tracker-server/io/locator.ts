import type { IncomingHttpHeaders } from "node:http";
import type { BlockList } from "node:net";
import { OptionError } from "../../base/option-error.ts";
import type { Network } from "../core/network.ts";
import { isListed, isTrustedProxy, parseTrustList, type ClientAddress } from "./client-address.ts";
import { GeoIp } from "./geoip.ts";
import type { TrackerLogger } from "./logger.ts";
import type { TrackerOptions } from "./options.ts";

/** Says where viewers are: what a trusted proxy wrote of it, else what the databases know of the address. */
export class Locator {
  readonly #header: string | undefined;
  readonly #geoip: GeoIp | undefined;
  readonly #trusted: BlockList;
  /** Each region once, however many viewers are there. */
  readonly #regions = new Map<string, string>();

  private constructor(header: string | undefined, geoip: GeoIp | undefined, trusted: BlockList) {
    this.#header = header;
    this.#geoip = geoip;
    this.#trusted = trusted;
  }

  static async open(
    { geoip = [], regionHeader }: Pick<TrackerOptions, "geoip" | "regionHeader">,
    trusted: BlockList,
    logger: TrackerLogger,
  ): Promise<Locator> {
    if (regionHeader !== undefined && !HEADER_PATTERN.test(regionHeader))
      throw new OptionError(
        `regionHeader must be the name of an HTTP header, like cf-ipcountry, not "${regionHeader}"`,
      );
    const databases = geoip.length > 0 ? await GeoIp.open(geoip, logger) : undefined;
    return new Locator(regionHeader?.toLowerCase(), databases, trusted);
  }

  /** `remoteAddress` is who wrote the headers: the viewer itself, or a proxy. */
  networkOf(client: ClientAddress, remoteAddress: string | undefined, headers: IncomingHttpHeaders): Network {
    const byProxy = isTrustedProxy(remoteAddress, this.#trusted);
    const told = this.#header !== undefined && byProxy ? headers[this.#header] : undefined;
    const { address, prefixKey } = client;
    const known = this.#geoip?.locate(address);
    const region = regionOf(told) ?? known?.region;
    // A proxy that is not trusted, or does not say for whom it calls, stands for everybody behind it.
    const isForwarded = headers["x-forwarded-for"] !== undefined || headers.forwarded !== undefined;
    const isProxy = isListed(address, this.#trusted) || (isForwarded && !byProxy);
    return {
      prefixKey,
      asn: known?.asn,
      region: region && this.#intern(region),
      ...(!isProxy && isListed(address, PRIVATE) && { privateAddress: address }),
      ...(!isProxy && isListed(address, LOOPBACK) && { isLoopback: true }),
    };
  }

  close(): void {
    this.#geoip?.close();
  }

  #intern(region: string): string {
    const known = this.#regions.get(region);
    if (known === undefined && this.#regions.size < REGIONS_MAX) this.#regions.set(region, region);
    return known ?? region;
  }
}

function regionOf(header: string | string[] | undefined): string | undefined {
  const region = typeof header === "string" ? header.trim() : "";
  return REGION_PATTERN.test(region) && !UNKNOWN_REGIONS.has(region) ? region : undefined;
}

const LOOPBACK = parseTrustList(["loopback"]);
/** RFC 1918, RFC 3927, RFC 4193, and the link-local ones of RFC 4291. */
const PRIVATE = parseTrustList([
  "10.0.0.0/8",
  "172.16.0.0/12",
  "192.168.0.0/16",
  "169.254.0.0/16",
  "fc00::/7",
  "fe80::/10",
]);

/** RFC 9110 section 5.1. */
const HEADER_PATTERN = /^[\w!#$%&'*+.^`|~-]+$/;
/** A country, `us-east-1`, the name of a data centre: whatever is longer is something else. */
const REGION_PATTERN = /^[A-Za-z0-9-]{1,32}$/;
/** ISO 3166-1 leaves XX to its users, and CDNs say it where they do not know. */
const UNKNOWN_REGIONS: ReadonlySet<string> = new Set(["XX"]);
/** More than the world has countries or any provider data centres. */
const REGIONS_MAX = 1_000;
