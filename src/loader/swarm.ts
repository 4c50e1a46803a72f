/**
 * The public object: what a page makes, puts into its player, and asks for numbers. One per player. Making one opens
 * nothing and needs no browser; a player in which it cannot work plays as if it were not there.
 */
import type Hls from "hls.js";
import type { HlsConfig } from "hls.js";
import { SILENT, type Logger } from "../base/logger.ts";
import { OptionError } from "../base/option-error.ts";
import type { SegmentId, TrackId } from "../protocol/ids.ts";
import { KEY_PATTERN } from "../protocol/ticket.ts";
import { FallbackSeeders } from "../swarm/core/fallback-seeders.ts";
import { memoryBytesMaxFor } from "../swarm/core/sharing-policy.ts";
import type { SwarmStats } from "../swarm/core/stats.ts";
import { createSwarmDriver } from "../swarm/io/driver.ts";
import type { SegmentToVerify } from "../swarm/io/driver-options.ts";
import { isLanHost } from "../swarm/io/peer-address.ts";
import { createSimplePeerLinks } from "../swarm/io/simple-peer-link.ts";
import type { Verification } from "../swarm/io/verifier.ts";
import { ViewerIdentity, type TicketSource } from "../swarm/io/viewer-identity.ts";
import { createWebSocketPeerLinks } from "../swarm/io/websocket-peer-link.ts";
import { openWebSocketTrackerLink } from "../swarm/io/websocket-tracker-link.ts";
import type { Consent, ConsentState, SwarmConsent } from "./consent.ts";
import { readDevice } from "./device-monitor.ts";
import { isChildPlayer, withAnnouncement, type HlsClass } from "./hls-doors.ts";
import { PlayerSwarm } from "./player-swarm.ts";
import type { SegmentKey } from "./segment-catalogue.ts";
import { limitsOf, type SharingOptions } from "./sharing-options.ts";

export interface SwarmOptions {
  /**
   * WebSocket URL of the tracker, `wss://…`; or the address of a list of trackers, `https://tracker.example.com/v1/trackers`;
   * or several of either, the best first. Where one does not answer the next is called.
   */
  readonly tracker: string | readonly string[];
  /**
   * Names what plays: viewers with equal names share. Default: the path of the playlist URL, without host and query.
   * Give one where a tracker serves several sites with equal paths, or where one stream has several paths. A function
   * may return `undefined` for the default.
   */
  readonly contentId?: string | ((playlistUrl: string) => string | undefined);
  /**
   * For RTCPeerConnection. Default: no ICE servers but the tracker's own, so that no third party learns of your viewers.
   */
  readonly rtc?: RTCConfiguration;
  /**
   * Whether the viewer agrees to take part; until then nothing is opened, and the player plays as plain hls.js. A function
   * is called once there is a player; anything but `true` from it is a no. Default `granted`: the notice to viewers on your
   * site covers it. In an iframe on a page of another origin: `denied`.
   */
  readonly consent?: Consent;
  /**
   * Whether viewers may meet over addresses of their private network, which peers then see. Default: true where the
   * page itself comes from such a network (a private address, `localhost`, a name in `.local`), else false.
   */
  readonly lan?: boolean;
  /**
   * Connects through the TURN servers of `rtc.iceServers` alone, so that no peer sees this viewer's address. Default
   * false. Without such a server `createSwarm` throws an `OptionError`.
   */
  readonly relayOnly?: boolean;
  /**
   * What the tracker lets this viewer in with, made by the site (`hls-swarm ticket`): the ticket, or what gets one for a
   * viewer. Asked again when the tracker refuses one and when one has expired. Without an answer the CDN alone serves.
   */
  readonly ticket?: TicketSource;
  /**
   * The site's Ed25519 public key, 64 hex digits: peers must show a ticket that it has signed for their key, so that not
   * even the tracker can come between two viewers unnoticed. Tickets then travel to peers. Default: no such demand.
   */
  readonly ticketKey?: string;
  /**
   * Seeders that are called over WebSocket while no viewer can be reached, as where a network blocks WebRTC or nobody else
   * watches: `wss://seeder.example.com` (`hls-swarm seeder --listen-ws`). Viewers spread over the list. Default none.
   */
  readonly fallbackSeeders?: readonly string[];
  /** Whether this viewer gives to others. Default true. */
  readonly upload?: boolean;
  /** What more keeps a viewer from giving, or from taking part: docs/policy.md has the defaults. */
  readonly sharing?: SharingOptions;
  /**
   * What peers bring is checked against the roots that a signed playlist gives (`hls-swarm sign`). For a playlist
   * without, `required` takes from peers only what the tracker attests, and where it attests nothing all comes from the
   * CDN; `if-signed` takes it unchecked. Default `required`.
   */
  readonly integrity?: "required" | "if-signed";
  /**
   * Looks at every segment that peers brought bytes of before the player gets it. Only `{ ok: true }` within 2 s lets it
   * pass; anything else, a throw included, and the segment comes from the CDN anew. A promise is waited for.
   */
  readonly verify?: (segment: VerifiedSegment) => Verification | PromiseLike<Verification>;
  /**
   * The publisher's Ed25519 key, 64 hex digits (`hls-swarm sign --key`), for a CDN that is not trusted with the playlist:
   * only roots that it signed for this `contentId` count, and all else comes from the CDN alone. Default: every root counts.
   */
  readonly publisherKey?: string;
  /** Segments kept in memory for the player and for peers, in bytes. Default 128 MiB; less on phones and with little memory. */
  readonly memoryBytesMax?: number;
  /** Names segments where their path does not: see `SegmentKey`. */
  readonly segmentKey?: SegmentKey;
  /** Default: silence. */
  readonly logger?: Logger;
}

/** What a verifier is given: a copy of the bytes, to do with as it likes. */
export interface VerifiedSegment extends SegmentToVerify {
  /** As the playlist says, absolute. */
  readonly url: string;
}

/** One segment that the player was given. */
export interface DeliveredSegment {
  readonly segment: SegmentId;
  readonly track: TrackId;
  /** Media sequence number. */
  readonly sequence: number;
  readonly byteLength: number;
  /** Bytes of it that peers brought, and that the CDN brought. */
  readonly peerBytes: number;
  readonly originBytes: number;
}

/** What is told, by the name to listen to. */
export interface SwarmEvents {
  /** Something in `stats` changed. At most four times a second. */
  readonly change: SwarmStats;
  /** The viewer has said something else: for the page to record, and to bring back as the option of the next visit. */
  readonly consent: ConsentState;
  /** The player was given a segment by the swarm. */
  readonly segment: DeliveredSegment;
  /** A bug of ours: from here everything comes from the CDN alone, until the next source. What was thrown, if known. */
  readonly retired: unknown;
}

export interface Swarm {
  /** Puts the swarm into a player, at any time of its life; takes it out of another. Returns how to take it out again. */
  attach(hls: Hls): () => void;
  /**
   * The same for players that take a config and make hls.js themselves: `new Hls({ ...mine, ...swarm.config(Hls) })`.
   * A config with an `abrController` of its own goes in as `mine`, to be wrapped.
   */
  config(Hls: HlsClass, mine?: Partial<HlsConfig>): Pick<HlsConfig, "abrController">;
  /** Whether this browser has what the swarm needs. Without it nothing changes for the player. */
  isSupported(): boolean;
  readonly consent: SwarmConsent;
  /** Of the source that plays, or else of the last one. All zero before the first. */
  readonly stats: SwarmStats;
  /** Returns how to stop listening. */
  on<Name extends keyof SwarmEvents>(name: Name, listener: (told: SwarmEvents[Name]) => void): () => void;
}

export function createSwarm(options: SwarmOptions): Swarm {
  const { ticket, ticketKey, relayOnly, verify, publisherKey, integrity = "required", logger = SILENT } = options;
  const { fallbackSeeders: urls = [] } = options;
  check(options);
  const sharing = limitsOf(options.sharing);
  return new PlayerSwarm(options, (swarm, origin, switchedOff, stream = "") => {
    const identity = new ViewerIdentity({ swarm, ticket, ticketKey, logger });
    return createSwarmDriver({
      swarm,
      origin,
      publisher: publisherKey === undefined ? undefined : { key: publisherKey, stream },
      verify: verify && ((asked) => verify({ ...asked, url: origin.urlOf(asked.segment) })),
      trackers: ANY.concat(options.tracker),
      rtc: { ...options.rtc, ...(relayOnly && { iceTransportPolicy: "relay" }) },
      parents: (rng, spread) => new FallbackSeeders(urls, rng, spread),
      openParentLink: identity.parentLinks(createWebSocketPeerLinks()),
      upload: options.upload ?? true,
      sharing,
      integrity,
      memoryBytesMax: options.memoryBytesMax ?? memoryBytesMaxFor(readDevice()),
      openPeerLink: identity.peerLinks(createSimplePeerLinks(undefined, options.lan ?? isLanHost(location.hostname))),
      openTrackerLink: identity.trackerLinks(openWebSocketTrackerLink),
      logger,
      switchedOff,
    });
  });
}

/** Throws an OptionError that names what cannot be: a slip must not switch a defence off. */
function check(options: SwarmOptions): void {
  const { sharing, rtc, relayOnly, ticketKey, publisherKey, integrity = "required", fallbackSeeders = [] } = options;
  limitsOf(sharing);
  const hasRelay = rtc?.iceServers?.some(({ urls }) => ANY.concat(urls).some((url) => /^turns?:/i.test(url)));
  if (relayOnly && !hasRelay) throw new OptionError("relayOnly needs a TURN server in rtc.iceServers");
  for (const [name, key] of Object.entries({ ticketKey, publisherKey }))
    if (key !== undefined && !KEY_PATTERN.test(key))
      throw new OptionError(`${name} must be an Ed25519 public key, 64 lowercase hex digits`);
  for (const url of fallbackSeeders)
    if (!/^wss?:\/\/[^?#]+$/i.test(url))
      throw new OptionError(`fallbackSeeders must be like wss://seeder.example.com, not ${url}`);
  if (!INTEGRITY.includes(integrity))
    throw new OptionError(`integrity must be ${INTEGRITY.join(" or ")}, not ${integrity}`);
}

export interface InstallOptions extends SwarmOptions {
  /** Told of each player's swarm right after the player was made. */
  readonly onSwarm?: (swarm: Swarm, hls: Hls) => void;
}

/**
 * Gives every player made from now on a swarm of its own, for pages whose player makes hls.js itself out of
 * `window.Hls`. Returns how to stop; players that have one keep it.
 */
export function install(Hls: HlsClass, options: InstallOptions): () => void {
  check(options); // now, not when the first player is made
  const { DefaultConfig } = Hls;
  const before = DefaultConfig.abrController;
  const ours = withAnnouncement(before, (hls) => {
    if (isChildPlayer(hls)) return;
    const swarm = createSwarm(options);
    swarm.attach(hls);
    options.onSwarm?.(swarm, hls);
  });
  DefaultConfig.abrController = ours;
  return () => {
    if (DefaultConfig.abrController === ours) DefaultConfig.abrController = before;
  };
}

const INTEGRITY: readonly string[] = ["required", "if-signed"];

/** What one tracker or several are appended to. */
const ANY: readonly string[] = [];
