/**
 * Every setting of the command `tracker`: its type, its default and what the help says of it. The table in
 * docs/tracker-operations.md is made of this one, and an option of the tracker without a row here does not compile.
 */
import * as kinds from "../../settings/kinds.ts";
import { LOG_FORMATS, LOG_LEVELS, type LogFormat, type LogLevel } from "../../settings/process-logger.ts";
import { nothing, type Given, type Setting, type SettingsTable } from "../../settings/table.ts";
import { TRACKER_LIMITS, type TrackerLimits } from "../core/options.ts";
import { parseTrustList } from "../io/client-address.ts";
import { originOf, type TrackerOptions } from "../io/options.ts";
import * as trackerKinds from "./tracker-kinds.ts";

/** What only the process has, or has in another shape than the library. */
interface ProcessSettings {
  readonly tlsCert: string;
  readonly tlsKey: string;
  readonly secretFile: string;
  readonly offFile: string;
  readonly ticketSecretFile: string;
  readonly seederSecretFile: string;
  readonly revokedFile: string;
  readonly redis: string;
  readonly workers: number;
  readonly logFormat: LogFormat;
  readonly logLevel: LogLevel;
}

/** Made of what they are by the command, not by a text: `redis`, `logFormat` and `logLevel`, `tlsCert` and `tlsKey`, `seederSecretFile`. */
type MadeByTheCommand = "bus" | "logger" | "seederSecrets" | "tls";

type LibrarySettings = Required<Omit<TrackerOptions, MadeByTheCommand>>;

/** The value of every setting, if it is given. */
type Settings = {
  readonly [Name in keyof LibrarySettings]: NonNullable<LibrarySettings[Name]>;
} & ProcessSettings;

/** Those that somebody gave. */
export type TrackerSettings = Given<Settings>;

const GROUPS = [
  "Listening",
  "Who may connect",
  "Whom viewers are introduced to",
  "Several trackers",
  "Trust",
  "Savings",
  "Watching",
  "Limits",
  "Pace",
] as const;
type Group = (typeof GROUPS)[number];

function limit<Name extends keyof TrackerLimits>(
  name: Name,
  kind: kinds.Kind<NonNullable<TrackerLimits[Name]>>,
  help: string,
  group: Group = "Limits",
): Setting<NonNullable<TrackerLimits[Name]>, Group> {
  return { kind, group, help, standard: TRACKER_LIMITS[name] ?? nothing() };
}

const ROWS: SettingsTable<Settings, Group>["rows"] = {
  port: {
    kind: kinds.whole(0, 65_535),
    group: "Listening",
    help: "where viewers connect; 0 takes any free port",
    standard: 8080,
  },
  host: {
    kind: kinds.text("<address>"),
    group: "Listening",
    help: "on which address; :: for IPv6 and IPv4",
    standard: "0.0.0.0",
  },
  tlsCert: {
    kind: kinds.text("<file>"),
    group: "Listening",
    help: "speak TLS here: the certificate with its chain, PEM; read again on SIGHUP",
    standard: nothing(),
  },
  tlsKey: { kind: kinds.text("<file>"), group: "Listening", help: "and its private key, PEM", standard: nothing() },
  stunPort: {
    kind: kinds.whole(0, 65_535),
    group: "Listening",
    help: "UDP port that tells viewers behind NAT their address (STUN, usually 3478)",
    standard: nothing(),
  },
  stunAddress: {
    kind: kinds.text("<host>"),
    group: "Listening",
    help: "and the host or address by which viewers reach it",
    standard: nothing("that of --public-url"),
  },
  heartbeatMs: {
    kind: kinds.whole(100, 3_600_000, "<ms>"),
    group: "Pace",
    help: "a viewer is pinged so often; two pings unanswered end it",
    standard: 30_000,
  },

  allowOrigins: {
    ...limit(
      "allowOrigins",
      kinds.checked(kinds.list(kinds.text("<origin>")), (origins) => origins.map(originOf)),
      "sites whose players may connect, like https://example.com; repeat it for more",
      "Who may connect",
    ),
    name: "allow-origin",
    standard: nothing("any"),
  },
  trustProxy: {
    kind: kinds.checked(kinds.list(kinds.text("<who>")), parseTrustList),
    group: "Who may connect",
    help: "proxies whose X-Forwarded-For is believed: an address, a network, or loopback; repeat it for more",
    standard: nothing(),
  },
  ticketSecrets: {
    kind: kinds.list(kinds.text("<text>")),
    group: "Who may connect",
    name: "ticket-secret",
    help: "lets in only viewers with a ticket signed with this secret; of two with a comma between both count",
    standard: nothing(),
    isSecret: true,
  },
  ticketSecretFile: {
    kind: kinds.text("<file>"),
    group: "Who may connect",
    help: "the same, the secret in a file; each line is one",
    standard: nothing(),
  },
  ticketKey: {
    kind: kinds.text("<hex>"),
    group: "Who may connect",
    help: "lets in only viewers with a ticket signed with the other half of this Ed25519 key",
    standard: nothing(),
  },
  seederSecretFile: {
    kind: kinds.text("<file>"),
    group: "Who may connect",
    help: "believes seeders with a ticket signed with this secret, where viewers need none; each line is one",
    standard: nothing(),
  },
  revokedFile: {
    kind: kinds.text("<file>"),
    group: "Who may connect",
    help: "tickets and classes that let nobody in any more, one a line; read again on SIGHUP",
    standard: nothing(),
  },

  offFile: {
    kind: kinds.text("<file>"),
    group: "Who may connect",
    help: "streams that are switched off, a line each, * for all; read again on SIGHUP",
    standard: nothing(),
  },

  geoip: {
    kind: kinds.list(kinds.text("<file>")),
    group: "Whom viewers are introduced to",
    help: "MaxMind database (.mmdb) of countries, cities or networks; repeat it for more",
    standard: nothing(),
  },
  regionHeader: {
    kind: kinds.text("<name>"),
    group: "Whom viewers are introduced to",
    help: "header in which a trusted proxy writes the viewer's region, like cf-ipcountry",
    standard: nothing(),
  },

  publicUrl: {
    kind: kinds.url(...kinds.SOCKET_SCHEMES),
    group: "Several trackers",
    help: "where viewers reach this tracker, for the list of trackers",
    standard: nothing(),
  },
  region: {
    kind: kinds.text("<name>"),
    group: "Several trackers",
    help: "where it stands, in the words of the GeoIP database or the region header",
    standard: nothing(),
  },
  otherTrackers: {
    kind: kinds.list(trackerKinds.namedTracker),
    group: "Several trackers",
    name: "other-tracker",
    help: "a tracker that shares no Redis with this one; repeat it for more",
    standard: nothing(),
  },
  redis: {
    kind: trackerKinds.redisUrl,
    group: "Several trackers",
    help: "Redis or Valkey that carries what tracker processes tell each other",
    standard: nothing(),
  },
  workers: {
    kind: kinds.whole(1, 256),
    group: "Several trackers",
    help: "processes that share the port, on a machine with several cores",
    standard: 1,
  },
  secret: {
    kind: kinds.text("<text>"),
    group: "Several trackers",
    help: "signs resume tokens, at least 32 characters; the same for all trackers that share viewers",
    standard: nothing("a random one"),
    isSecret: true,
  },
  secretFile: {
    kind: kinds.text("<file>"),
    group: "Several trackers",
    help: "the secret that signs resume tokens, in a file; the same for all trackers that share viewers",
    standard: nothing("a random one"),
  },

  attest: {
    kind: kinds.yesOrNo,
    group: "Trust",
    help: "signs what two viewers of different networks found alike at the CDN, for streams that are not signed",
    standard: true,
  },
  accusersMin: limit("accusersMin", kinds.whole(1), "networks that must accuse a viewer for it to be banned", "Trust"),
  banMs: limit("banMs", kinds.milliseconds, "no new sockets for the address of a banned viewer", "Trust"),

  holdOutShare: {
    kind: kinds.share(0.5),
    group: "Savings",
    name: "hold-out",
    help: "viewers that stay CDN-only, to compare the others with",
    standard: 0,
  },
  pricePerGb: {
    kind: kinds.decimal("0.02"),
    group: "Savings",
    help: "what a GB (10^9 bytes) of the CDN costs",
    standard: nothing(),
  },
  currency: { kind: kinds.text("<name>"), group: "Savings", help: "in which currency, like EUR", standard: "USD" },

  debug: { kind: kinds.yesOrNo, group: "Watching", help: "the /debug page", standard: true },
  metricsPort: {
    kind: kinds.whole(0, 65_535),
    group: "Watching",
    help: "a port of their own for /metrics and /debug",
    standard: nothing("that of the viewers"),
  },
  metricsHost: {
    kind: kinds.text("<address>"),
    group: "Watching",
    help: "and the address to open it on",
    standard: "127.0.0.1",
  },
  logFormat: {
    kind: kinds.word(...LOG_FORMATS),
    group: "Watching",
    help: "how the log is written",
    standard: nothing("text on a terminal, else json"),
  },
  logLevel: {
    kind: kinds.word(...LOG_LEVELS),
    group: "Watching",
    help: "the least that is logged",
    standard: "info",
  },

  connectionsMax: limit("connectionsMax", kinds.whole(1), "sockets of a process"),
  connectionsPerAddressMax: limit(
    "connectionsPerAddressMax",
    kinds.whole(1),
    "sockets of one IPv4 address or IPv6 /64",
  ),
  upgradesPerAddress: limit("upgradesPerAddress", trackerKinds.rate, "new sockets of one address"),
  connectionsPerPrefixMax: limit("connectionsPerPrefixMax", kinds.whole(1), "sockets of one IPv4 /24 or IPv6 /48"),
  upgradesPerPrefix: limit("upgradesPerPrefix", trackerKinds.rate, "new sockets of one prefix"),
  handshakesMax: limit("handshakesMax", kinds.whole(1), "connections that have not joined yet"),
  memoryBytesMax: {
    ...limit("memoryBytesMax", kinds.bytes, "memory of a process, like 2GB; at nine tenths of it nobody new comes in"),
    standard: nothing("three quarters of the container's or the machine's"),
  },
  swarmsMax: limit("swarmsMax", kinds.whole(1), "swarms"),
  viewersPerSwarmMax: limit("viewersPerSwarmMax", kinds.whole(1), "viewers of one swarm"),
  heldMax: limit("heldMax", kinds.whole(1), "dropped viewers kept for a resume"),
  messages: limit("messages", trackerKinds.rate, "messages and pings of one socket"),
  messagesPerAddress: limit("messagesPerAddress", trackerKinds.rate, "messages of all sockets of one address"),
  mistakes: limit("mistakes", trackerKinds.rate, "wrong messages that one socket is forgiven"),
  introductions: limit("introductions", trackerKinds.rate, "peers that one viewer is told of"),
  introductionsPerPrefix: limit(
    "introductionsPerPrefix",
    trackerKinds.rate,
    "peers of other networks that one IPv4 /24 or IPv6 /48 is told of, for each viewer there",
  ),
  introductionsPerTicket: limit(
    "introductionsPerTicket",
    trackerKinds.rate,
    "and that the viewers of one ticket are told of",
  ),
  reportedBytes: limit("reportedBytes", trackerKinds.rate, "bytes of segments whose hashes one viewer may report"),
  reportedSegmentsMax: limit("reportedSegmentsMax", kinds.whole(1), "segments of a swarm whose hashes are compared"),
  reportedChunksMax: limit("reportedChunksMax", kinds.whole(1), "chunks whose hashes are compared, in all swarms"),

  floodPenaltyMs: limit(
    "floodPenaltyMs",
    kinds.milliseconds,
    "no new sockets for an address after one was closed for flooding",
    "Pace",
  ),
  joinWithinMs: limit("joinWithinMs", kinds.milliseconds, "a socket that has not joined by then is closed", "Pace"),
  resumeWithinMs: limit("resumeWithinMs", kinds.milliseconds, "how long a dropped viewer may resume", "Pace"),
  needEveryMs: limit("needEveryMs", kinds.milliseconds, "shortest time between two requests for peers", "Pace"),
  reportEveryMs: limit("reportEveryMs", kinds.milliseconds, "how often viewers report their counters", "Pace"),
  drainSpreadMs: limit("drainSpreadMs", kinds.milliseconds, "span within which drained viewers come back", "Pace"),
};

export const TRACKER_SETTINGS: SettingsTable<Settings, Group> = { command: "tracker", groups: GROUPS, rows: ROWS };
