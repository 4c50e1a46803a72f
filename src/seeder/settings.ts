/** Every setting of the command `seeder`. The table in docs/seeders.md is made of this one. */
import { isIP } from "node:net";
import * as kinds from "../settings/kinds.ts";
import { LOG_FORMATS, LOG_LEVELS, type LogFormat, type LogLevel } from "../settings/process-logger.ts";
import { nothing, type Given, type SettingsTable } from "../settings/table.ts";

/** The value of every setting, if it is given. */
interface Settings {
  readonly playlists: readonly string[];
  readonly contentId: string;
  readonly renditions: readonly string[];
  readonly lowLatency: boolean;
  readonly trackers: readonly string[];
  readonly ticket: string;
  readonly ticketSecretFile: string;
  readonly integrity: "required" | "if-signed";
  readonly warm: boolean;
  readonly uplinkMbps: number;
  readonly maxPeers: number;
  readonly publicAddress: PublicAddress;
  readonly stun: readonly string[];
  readonly lan: boolean;
  readonly memoryMb: number;
  readonly cacheDir: string;
  readonly cacheGb: number;
  readonly httpPort: number;
  readonly httpHost: string;
  readonly listenWs: number;
  readonly listenWsHost: string;
  readonly tlsCert: string;
  readonly tlsKey: string;
  readonly allowOrigins: readonly string[];
  readonly callersPerAddressMax: number;
  readonly upstreams: readonly string[];
  readonly statusPort: number;
  readonly statusHost: string;
  readonly logFormat: LogFormat;
  readonly logLevel: LogLevel;
}

/** Those that somebody gave. */
export type SeederSettings = Given<Settings>;

export interface PublicAddress {
  readonly address: string;
  /** Of UDP. */
  readonly port: number | undefined;
}

export const playlistUrl = kinds.url("http://", "https://");

/** `203.0.113.7`, `203.0.113.7:5000`, `2001:db8::7` or `[2001:db8::7]:5000`. */
const publicAddress: kinds.Kind<PublicAddress> = {
  ...kinds.single("<ip[:port]>", (value) => {
    const [, bracketed, plain = "", digits] =
      /^(?:\[(.+)\]|(.*?))(?::(\d+))?$/.exec(isIP(value) === 6 ? `[${value}]` : value) ?? [];
    const address = bracketed ?? plain;
    const port = digits === undefined ? undefined : Number(digits);
    if (isIP(address) === 0 || (port ?? 1) < 1 || (port ?? 1) > 65_535)
      return kinds.fail("must be an address like 203.0.113.7 or 203.0.113.7:5000", value);
    return { address, port };
  }),
  write: ({ address, port }) => {
    if (port === undefined) return address;
    return `${isIP(address) === 6 ? `[${address}]` : address}:${String(port)}`;
  },
};

const GROUPS = [
  "The stream",
  "The swarm",
  "The network",
  "Without the swarm",
  "Other seeders",
  "The cache",
  "Watching",
] as const;
type Group = (typeof GROUPS)[number];

const ROWS: SettingsTable<Settings, Group>["rows"] = {
  playlists: {
    kind: kinds.list(playlistUrl),
    group: "The stream",
    name: "playlist",
    help: "the same as the argument",
    standard: nothing(),
  },
  contentId: {
    kind: kinds.text("<name>"),
    group: "The stream",
    help: "names the stream, as contentId does on the viewers' pages",
    standard: nothing("the path of the playlist"),
  },
  renditions: {
    kind: kinds.list(kinds.text("<which>")),
    group: "The stream",
    help: "carry these alone: 720p, 1280x720, <3M, or a word of the name; repeat it for more",
    standard: nothing("all"),
  },
  lowLatency: {
    kind: kinds.yesOrNo,
    group: "The stream",
    help: "follow the parts of a low-latency stream, too",
    standard: false,
  },

  trackers: {
    kind: kinds.list(kinds.url(...kinds.SOCKET_SCHEMES, "http://", "https://")),
    group: "The swarm",
    name: "tracker",
    help: "the viewers' tracker, or a list of them; repeat it for more, the best first",
    standard: nothing(),
  },
  ticket: {
    kind: kinds.text("<text>"),
    group: "The swarm",
    help: "what the tracker lets the seeder in with",
    standard: nothing(),
    isSecret: true,
  },
  ticketSecretFile: {
    kind: kinds.text("<file>"),
    group: "The swarm",
    help: "the secret of the site's tickets: the seeder makes itself those of a trusted seeder",
    standard: nothing(),
  },
  integrity: {
    kind: kinds.word("required", "if-signed"),
    group: "The swarm",
    help: "what is taken of peers where the playlist has no roots: what the tracker attests, or anything",
    standard: "required",
  },
  warm: {
    kind: kinds.yesOrNo,
    group: "The swarm",
    help: "fetch what is live also while nobody watches",
    standard: false,
  },

  uplinkMbps: {
    kind: kinds.decimal("100", "<Mbit/s>"),
    group: "The network",
    help: "what may go out; how many peers it takes follows from it",
    standard: nothing("what the machine sends"),
  },
  maxPeers: { kind: kinds.whole(1, 10_000), group: "The network", help: "peers at most", standard: 200 },
  publicAddress: {
    kind: publicAddress,
    group: "The network",
    help: "what peers are told, behind a NAT that maps it to this machine; with a port all peers come through that one",
    standard: nothing("the machine's own"),
  },
  stun: {
    kind: kinds.list(kinds.url("stun:", "stuns:")),
    group: "The network",
    help: "tells the seeder its address behind NAT, like stun:stun.example.com:3478; repeat it for more",
    standard: nothing("the tracker's"),
  },
  lan: {
    kind: kinds.yesOrNo,
    group: "The network",
    help: "meet peers over addresses of private networks",
    standard: nothing("where the playlist comes from one"),
  },

  httpPort: {
    kind: kinds.whole(0, 65_535, "<port>"),
    group: "Without the swarm",
    help: "serve the playlists and segments over HTTP, too, by the paths of the upstream",
    standard: nothing(),
  },
  httpHost: {
    kind: kinds.text("<address>"),
    group: "Without the swarm",
    help: "on which address",
    standard: "0.0.0.0",
  },

  listenWs: {
    kind: kinds.whole(0, 65_535, "<port>"),
    group: "Other seeders",
    help: "where seeders call over WebSocket, and viewers that WebRTC is blocked for",
    standard: nothing(),
  },
  listenWsHost: {
    kind: kinds.text("<address>"),
    group: "Other seeders",
    help: "on which address",
    standard: "0.0.0.0",
  },
  tlsCert: {
    kind: kinds.text("<file>"),
    group: "Other seeders",
    help: "speak TLS there: the certificate with its chain, PEM; read again on SIGHUP",
    standard: nothing(),
  },
  tlsKey: { kind: kinds.text("<file>"), group: "Other seeders", help: "and its private key, PEM", standard: nothing() },
  allowOrigins: {
    kind: kinds.list(kinds.url("http://", "https://")),
    group: "Other seeders",
    name: "allow-origin",
    help: "pages of this site may call, like https://your.site; repeat it for more",
    standard: nothing("all"),
  },
  callersPerAddressMax: {
    kind: kinds.whole(1),
    group: "Other seeders",
    help: "callers of one address at most; behind a proxy all have the proxy's",
    standard: 64,
  },
  upstreams: {
    kind: kinds.list(kinds.url(...kinds.SOCKET_SCHEMES)),
    group: "Other seeders",
    name: "upstream",
    help: "a seeder to get everything from before the playlist's own host; repeat it for more, the best first",
    standard: nothing(),
  },

  memoryMb: {
    kind: kinds.whole(16, 1_000_000, "<MB>"),
    group: "The cache",
    help: "segments kept in memory",
    standard: 512,
  },
  cacheDir: {
    kind: kinds.text("<folder>"),
    group: "The cache",
    help: "keep them in this folder, too, so that a restart fetches nothing anew",
    standard: nothing(),
  },
  cacheGb: { kind: kinds.decimal("10", "<GB>"), group: "The cache", help: "and how much of them", standard: 10 },

  statusPort: {
    kind: kinds.whole(0, 65_535),
    group: "Watching",
    help: "where /healthz, /metrics, /status, /peers and /segments are",
    standard: 8081,
  },
  statusHost: { kind: kinds.text("<address>"), group: "Watching", help: "on which address", standard: "127.0.0.1" },
  logFormat: {
    kind: kinds.word(...LOG_FORMATS),
    group: "Watching",
    help: "how the log is written",
    standard: nothing("text on a terminal, else json"),
  },
  logLevel: { kind: kinds.word(...LOG_LEVELS), group: "Watching", help: "the least that is logged", standard: "info" },
};

export const SEEDER_SETTINGS: SettingsTable<Settings, Group> = { command: "seeder", groups: GROUPS, rows: ROWS };
