/** A program's part in a swarm: what follows the stream, the engine, and who it is to tracker and peers, in one. */
import { WebSocket } from "ws";
import type { SwarmId, TrackId } from "../protocol/ids.ts";
import { createSwarmDriver, type SwarmDriver } from "../swarm/io/driver.ts";
import type { SwarmDriverOptions } from "../swarm/io/driver-options.ts";
import type { SwarmPort } from "../swarm/io/driver-api.ts";
import type { Origin } from "../swarm/io/origin.ts";
import { createSimplePeerLinks, type WebRtc } from "../swarm/io/simple-peer-link.ts";
import { ViewerIdentity, type TicketSource } from "../swarm/io/viewer-identity.ts";
import type { OpenTrackerLink } from "../swarm/io/tracker-link.ts";
import {
  createWebSocketPeerLinks,
  type FrameSocketClass,
  type OpenParentLink,
} from "../swarm/io/websocket-peer-link.ts";
import { createWebSocketTrackerLinks, type WebSocketClass } from "../swarm/io/websocket-tracker-link.ts";
import { ticketedParentLinks } from "./ticketed-parents.ts";

/** As much of what follows a stream as a swarm needs. */
export interface FollowedStream {
  readonly swarm: SwarmId;
  readonly renditions: ReadonlyArray<{ readonly track: TrackId }>;
  readonly origin: Origin;
  start(events: {
    playlist(update: Parameters<SwarmPort["playlist"]>[0], text: string): void;
    ended(track: TrackId): void;
  }): void;
  /** A parent has told a newer playlist of a rendition. Without it that is for the next reload to find. */
  take?(track: TrackId, text: string): void;
  close(): void;
}

/** What is the driver's own is handed through. */
type HandedThrough = Pick<
  SwarmDriverOptions,
  | "trackers"
  | "upload"
  | "memoryBytesMax"
  | "seeder"
  | "interest"
  | "sharing"
  | "tuning"
  | "integrity"
  | "store"
  | "push"
  | "parents"
  | "switchedOff"
  | "logger"
>;

export interface HeadlessSwarmOptions extends HandedThrough {
  readonly follower: FollowedStream;
  /** Undefined where only servers are talked to. */
  readonly webRtc: WebRtc | undefined;
  /** Default: no ICE servers but the tracker's own. */
  readonly rtc?: RTCConfiguration;
  /** Whether peers may be met over addresses of private networks. */
  readonly lan: boolean;
  readonly ticket?: TicketSource | undefined;
  /** Stand around the links to trackers and to parents, to see what becomes of them. */
  readonly trackerWatch?: { links(make: (socketClass: WebSocketClass) => OpenTrackerLink): OpenTrackerLink };
  readonly parentWatch?: { links(make: (socketClass: FrameSocketClass) => OpenParentLink): OpenParentLink };
  /** A playlist was read and the engine knows it: for who has more to do with it. */
  readonly onPlaylist?: (update: Parameters<SwarmPort["playlist"]>[0], text: string) => void;
}

/** Takes part with all renditions that the follower follows, until it is closed; the follower is closed with it. */
export function openHeadlessSwarm(options: HeadlessSwarmOptions): SwarmDriver {
  const { follower, webRtc, rtc = {}, lan, ticket, onPlaylist, trackerWatch, parentWatch, ...handedThrough } = options;
  const identity = new ViewerIdentity({ swarm: follower.swarm, ticket, logger: options.logger });
  const trackerLinks = (socketClass: WebSocketClass): OpenTrackerLink =>
    identity.trackerLinks(createWebSocketTrackerLinks(socketClass));
  const parentLinks = (socketClass: FrameSocketClass): OpenParentLink => {
    const links = createWebSocketPeerLinks(socketClass);
    return ticket === undefined ? links : ticketedParentLinks(links, follower.swarm, ticket);
  };
  const driver = createSwarmDriver({
    ...handedThrough,
    swarm: follower.swarm,
    origin: follower.origin,
    rtc,
    openPeerLink: identity.peerLinks(createSimplePeerLinks(webRtc, lan)),
    openTrackerLink: trackerWatch?.links(trackerLinks) ?? trackerLinks(WebSocket),
    openParentLink: parentWatch?.links(parentLinks) ?? parentLinks(WebSocket),
    takePlaylist: (track, text) => {
      follower.take?.(track, text);
    },
  });
  const followed = new Set(follower.renditions.map(({ track }) => track));
  driver.followTracks([...followed]);
  follower.start({
    playlist(update, text) {
      // That a rendition has parts, which are a track of their own, only its playlist says.
      if (!followed.has(update.track)) driver.followTracks([...followed.add(update.track)]);
      driver.playlist({ ...update, text });
      onPlaylist?.(update, text);
    },
    ended: () => undefined,
  });
  return {
    ...driver,
    get retired() {
      return driver.retired;
    },
    close() {
      follower.close();
      driver.close();
    },
  };
}
