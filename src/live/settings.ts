/** Every setting of the command `live`: its type, its default and what the help says of it. docs/live.md has them, too. */
import { SWARM_ID_PATTERN } from "../protocol/ids.ts";
import * as kinds from "../settings/kinds.ts";
import { LOG_FORMATS, LOG_LEVELS, type LogFormat, type LogLevel } from "../settings/process-logger.ts";
import { nothing, type Given, type SettingsTable } from "../settings/table.ts";
import { parseLadder } from "./ladder.ts";
import { STREAM_NAME } from "./stage.ts";

interface Settings {
  readonly port: number;
  readonly host: string;
  readonly rtmpPort: number;
  readonly allowOrigins: readonly string[];
  readonly name: string;
  readonly renditions: string;
  readonly segmentSeconds: number;
  readonly format: "fmp4" | "ts";
  readonly lowLatency: boolean;
  readonly dvrMinutes: number;
  readonly loop: boolean;
  readonly reconnectSeconds: number;
  readonly folder: string;
  readonly diskMb: number;
  readonly streamsMax: number;
  readonly publishKeys: readonly string[];
  readonly publishKeyFile: string;
  readonly openPublish: boolean;
  readonly roots: boolean;
  readonly key: string;
  readonly contentId: string;
  readonly ticketSecrets: readonly string[];
  readonly ticketSecretFile: string;
  readonly ticketKey: string;
  readonly ticketSwarms: readonly string[];
  readonly tracker: string;
  readonly logFormat: LogFormat;
  readonly logLevel: LogLevel;
}

/** What holds when nothing is said. */
const STANDARDS = {
  port: 8090,
  host: "0.0.0.0",
  name: "live",
  renditions: "copy",
  segmentSeconds: 2,
  format: "fmp4",
  lowLatency: false,
  dvrMinutes: 1,
  loop: true,
  reconnectSeconds: 60,
  diskMb: 2_000,
  streamsMax: 8,
  openPublish: false,
  roots: true,
  logLevel: "info",
} as const;

/** Those that somebody gave, and the standards of the others. */
export type LiveSettings = Given<Settings> & Pick<Settings, keyof typeof STANDARDS>;

export const withStandards = (given: Given<Settings>): LiveSettings => ({ ...STANDARDS, ...given });

const GROUPS = ["Listening", "The stream", "Disk", "Who may publish", "Trust", "Who may watch", "Watching it"] as const;
type Group = (typeof GROUPS)[number];

const matching = (pattern: RegExp, how: string, placeholder: string): kinds.Kind<string> =>
  kinds.single(placeholder, (value) => (pattern.test(value) ? value : kinds.fail(how, value)));

export const LIVE_SETTINGS: SettingsTable<Settings, Group> = {
  command: "live",
  groups: GROUPS,
  rows: {
    port: {
      kind: kinds.whole(0, 65_535),
      group: "Listening",
      help: "where players and HTTP publishers connect; 0 takes any free port",
      standard: STANDARDS.port,
    },
    host: {
      kind: kinds.text("<address>"),
      group: "Listening",
      help: "on which address; :: for IPv6 and IPv4",
      standard: STANDARDS.host,
    },
    rtmpPort: {
      kind: kinds.whole(0, 65_535),
      group: "Listening",
      help: "where RTMP publishers connect, usually 1935",
      standard: nothing(),
    },
    allowOrigins: {
      kind: kinds.list(kinds.text("<origin>")),
      group: "Listening",
      help: "sites whose pages may play, like https://example.com; repeat it for more",
      name: "allow-origin",
      standard: nothing("any"),
    },
    name: {
      kind: matching(STREAM_NAME, "must be made of letters, digits, _ and -", "<name>"),
      group: "The stream",
      help: "of the source's stream, and of whoever publishes over RTMP with his key alone",
      standard: STANDARDS.name,
    },
    renditions: {
      kind: kinds.checked(kinds.text("<list>"), parseLadder),
      group: "The stream",
      help: "what it is encoded to, like 1280x720@2500k,640x360@800k; copy leaves H.264 and AAC as they are",
      standard: STANDARDS.renditions,
    },
    segmentSeconds: {
      kind: kinds.whole(1, 10, "<s>"),
      group: "The stream",
      help: "length of a segment; with copy the next key frame counts",
      standard: STANDARDS.segmentSeconds,
    },
    format: {
      kind: kinds.word("fmp4", "ts"),
      group: "The stream",
      help: "container of the segments",
      standard: STANDARDS.format,
    },
    lowLatency: {
      kind: kinds.yesOrNo,
      group: "The stream",
      help: "parts of half a second and blocking reloads (LL-HLS); fmp4 alone",
      standard: STANDARDS.lowLatency,
    },
    dvrMinutes: {
      kind: kinds.decimal("90", "<min>"),
      group: "The stream",
      help: "how far back viewers can go",
      standard: STANDARDS.dvrMinutes,
    },
    loop: {
      kind: kinds.yesOrNo,
      group: "The stream",
      help: "beginning a file again when it is over",
      standard: STANDARDS.loop,
    },
    reconnectSeconds: {
      kind: kinds.whole(1, 86_400, "<s>"),
      group: "The stream",
      help: "how long a stream waits for its publisher to come back before it ends",
      standard: STANDARDS.reconnectSeconds,
    },
    folder: {
      kind: kinds.text("<folder>"),
      group: "Disk",
      help: "where segments are kept; they are removed with their stream",
      standard: nothing("one of its own among the temporary files"),
    },
    diskMb: {
      kind: kinds.whole(10, 10_000_000, "<MB>"),
      group: "Disk",
      help: "room for each stream",
      standard: STANDARDS.diskMb,
    },
    streamsMax: {
      kind: kinds.whole(1, 1_000),
      group: "Disk",
      help: "how many streams there may be",
      standard: STANDARDS.streamsMax,
    },
    publishKeys: {
      kind: kinds.list(kinds.text("<text>")),
      group: "Who may publish",
      help: "the keys, with commas between",
      name: "publish-key",
      standard: nothing(),
      isSecret: true,
    },
    publishKeyFile: {
      kind: kinds.text("<file>"),
      group: "Who may publish",
      help: "lets in publishers with one of the keys in this file, one a line; without any nobody publishes over the network",
      standard: nothing(),
    },
    openPublish: {
      kind: kinds.yesOrNo,
      group: "Who may publish",
      help: "lets in whoever can reach the port",
      standard: STANDARDS.openPublish,
    },
    roots: {
      kind: kinds.yesOrNo,
      group: "Trust",
      help: "the roots that viewers check each other's bytes against",
      standard: STANDARDS.roots,
    },
    key: {
      kind: kinds.text("<file>"),
      group: "Trust",
      help: "signs every root with this private Ed25519 key (PEM), for pages that name it as publisherKey",
      standard: nothing(),
    },
    contentId: {
      kind: kinds.text("<id>"),
      group: "Trust",
      help: "the contentId that those pages give, if they give one",
      standard: nothing(),
    },
    ticketSecrets: {
      kind: kinds.list(kinds.text("<text>")),
      group: "Who may watch",
      help: "the secrets, with commas between",
      name: "ticket-secret",
      standard: nothing(),
      isSecret: true,
    },
    ticketSecretFile: {
      kind: kinds.text("<file>"),
      group: "Who may watch",
      help: "asks players for tickets signed with a secret of this file, whose content is the stream's name",
      standard: nothing(),
    },
    ticketKey: {
      kind: kinds.text("<hex>"),
      group: "Who may watch",
      help: "the same with the site's Ed25519 key, of which this is the public half; needs --ticket-swarm",
      standard: nothing(),
    },
    ticketSwarms: {
      kind: kinds.list(matching(SWARM_ID_PATTERN, "must be a swarm id", "<id>")),
      group: "Who may watch",
      help: "tickets for this swarm are good for all streams here; repeat it for more",
      name: "ticket-swarm",
      standard: nothing(),
    },
    tracker: {
      kind: kinds.url(...kinds.SOCKET_SCHEMES),
      group: "Watching it",
      help: "the tracker of the page /watch/<stream>, like wss://tracker.example.com",
      standard: nothing("port 8080 of the same host"),
    },
    logFormat: {
      kind: kinds.word(...LOG_FORMATS),
      group: "Watching it",
      help: "JSON lines for machines, or text",
      standard: nothing("text at a terminal, else json"),
    },
    logLevel: {
      kind: kinds.word(...LOG_LEVELS),
      group: "Watching it",
      help: "the least that is said",
      standard: STANDARDS.logLevel,
    },
  },
};
