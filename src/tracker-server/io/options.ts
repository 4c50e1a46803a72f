import { OptionError } from "../../base/option-error.ts";
import { NO_ORIGIN } from "../core/origins.ts";
import { TRACKER_LIMITS, type TrackerLimits } from "../core/options.ts";
import type { Bus } from "./bus.ts";
import type { TrackerLogger } from "./logger.ts";
import { memoryBytesOfMachine } from "./memory.ts";

/** Everything about a tracker that its operator may set, the limits included. */
export interface TrackerOptions extends Partial<TrackerLimits> {
  /** Default 8080; 0 takes any free port. */
  readonly port?: number;
  /** The address to listen on. Default `0.0.0.0`: every IPv4 address of the machine. */
  readonly host?: string;
  /**
   * The proxies whose `X-Forwarded-For` is believed: addresses, networks (`10.0.0.0/8`), or `loopback`. Default
   * none. Behind a proxy that is not listed the whole world shares one address, and its limits.
   */
  readonly trustProxy?: readonly string[];
  /** How often a viewer is pinged; two pings without an answer and it is cut off. Default 30000. */
  readonly heartbeatMs?: number;
  /** Whether `/debug` is there. Default true. */
  readonly debug?: boolean;
  /** Where viewers reach this tracker, `wss://tracker.example.com`. Needed for it to be on a list of trackers. */
  readonly publicUrl?: string;
  /** The region this tracker stands in, in the words of the region header or the GeoIP database. */
  readonly region?: string;
  /** Trackers that share no bus with this one, for the list: `{ url, region? }`. */
  readonly otherTrackers?: ReadonlyArray<{ readonly url: string; readonly region?: string }>;
  /**
   * Signs resume tokens. With the same one a tracker that restarts, or another process, knows its viewers again.
   * Default: a random one. At least 32 characters.
   */
  readonly secret?: string;
  /**
   * Lets in only viewers with a ticket that the site has signed with one of these, each of at least 32 characters. Default:
   * none, and everybody may come in. See docs/tickets.md.
   */
  readonly ticketSecrets?: readonly string[];
  /** The same with a key of the site's: the public half of an Ed25519 key, 64 hex digits. */
  readonly ticketKey?: string;
  /**
   * Where viewers need no ticket: a seeder with one that is signed with one of these, of the role `trusted`, is the
   * operator's own. Default: none, and a seeder is one by its word alone.
   */
  readonly seederSecrets?: readonly string[];
  /** Whether it signs what two viewers of different networks found alike at the CDN, for streams without roots. Default true. */
  readonly attest?: boolean;
  /** Carries what processes tell each other. Default: none, each process is alone. */
  readonly bus?: Bus;
  /** Path of a MaxMind database (`.mmdb`) with countries, cities or autonomous systems; several may be given. */
  readonly geoip?: readonly string[];
  /** The request header in which a trusted proxy or CDN writes the viewer's region, like `cf-ipcountry`. */
  readonly regionHeader?: string;
  /** Share of viewers, 0 to 0.5, that stay CDN-only so that the others can be compared with them. Default 0. */
  readonly holdOutShare?: number;
  /** What a GB (10^9 bytes) of the CDN costs, for the report of savings, and in which currency. */
  readonly pricePerGb?: number;
  readonly currency?: string;
  /** A port and address of its own for `/metrics` and `/debug`. Default: the port of the viewers. */
  readonly metricsPort?: number;
  readonly metricsHost?: string;
  /** UDP port that answers STUN, told to viewers. 0 takes any free port. Default: none, viewers behind NAT do not meet. */
  readonly stunPort?: number;
  /** Host or address by which viewers reach that port. Default: that of `publicUrl`. */
  readonly stunAddress?: string;
  /** Speak TLS here, from PEM files. Dear: see docs/tracker.md. */
  readonly tls?: { readonly certFile: string; readonly keyFile: string };
  /** Default: silent. */
  readonly logger?: TrackerLogger;
}

/** The limits with their defaults. Throws an {@link OptionError} that names a wrong one. */
export function limitsOf(options: TrackerOptions): TrackerLimits {
  const { holdOutShare = 0 } = options;
  if (!(holdOutShare >= 0 && holdOutShare <= HOLD_OUT_SHARE_MAX))
    throw new OptionError(`holdOutShare must be from 0 to ${String(HOLD_OUT_SHARE_MAX)}`);
  const { allowOrigins, ...others } = options;
  const limits: TrackerLimits = {
    ...TRACKER_LIMITS,
    memoryBytesMax: memoryBytesOfMachine(),
    ...others,
    allowOrigins: allowOrigins?.map(originOf),
  };
  const entries: ReadonlyArray<[string, unknown]> = Object.entries(limits);
  for (const [name, value] of entries) {
    if (NOT_BOUNDS.has(name) || !(name in TRACKER_LIMITS)) continue;
    const isRate = typeof value === "object" && value && "burst" in value && "perSecond" in value;
    const numbers = isRate ? [value.burst, value.perSecond] : [value];
    for (const number of numbers) {
      if (!(typeof number === "number" && number > 0)) throw new OptionError(`${name} must be above 0`);
    }
  }
  return limits;
}

/** What the CDN costs, if its operator has told. */
export interface Price {
  /** Of 10^9 bytes. */
  readonly perGb: number;
  readonly currency: string;
}

export function priceOf({ pricePerGb, currency = "USD" }: TrackerOptions): Price | undefined {
  if (pricePerGb === undefined) return undefined;
  if (!(pricePerGb >= 0 && pricePerGb < Infinity)) throw new OptionError("pricePerGb must be 0 or more");
  return { perGb: pricePerGb, currency };
}

/**
 * An origin as browsers send it: scheme and host in lower case, no path, no default port. `https://*.example.com` are all
 * hosts below that one, `none` is whoever sends none.
 */
export function originOf(entry: string): string {
  if (entry === NO_ORIGIN) return entry;
  const origin = URL.canParse(entry) ? new URL(entry).origin : "null";
  if (origin === "null") throw new OptionError(`an allowed origin must look like https://example.com, not "${entry}"`);
  return origin;
}

/** With more than half held out there is more to compare with than to compare. */
const HOLD_OUT_SHARE_MAX = 0.5;

/** Those of the limits that are checked apart. */
const NOT_BOUNDS: ReadonlySet<string> = new Set(["allowOrigins", "holdOutShare"]);
