/** What a seeder tells of itself to its operator. Hosts of upstreams are the operator's own; of peers there are no addresses. */
import type { Bytes, Seconds } from "../base/time.ts";
import type { FollowedRendition } from "../headless/renditions.ts";
import type { UpstreamState } from "../headless/upstreams.ts";
import type { SwarmStats } from "../swarm/core/stats.ts";
import type { DiskCacheState } from "./disk-cache.ts";
import type { FollowedPlaylist, IllnessReason } from "./health.ts";
import type { ParentState } from "./parent-watch.ts";
import type { PeerListenerCounters } from "./peer-listener.ts";

/** A rendition, and what its newest playlist said. */
export interface CarriedRendition extends Pick<FollowedRendition, "name" | "kind" | "bitsPerSecond"> {
  readonly playlist: FollowedPlaylist | undefined;
}

/** What is read of a running seeder, at any time. */
export interface StatusSource {
  readonly startedAt: number;
  illness(): readonly IllnessReason[];
  stats(): SwarmStats;
  renditions(): readonly CarriedRendition[];
  upstreams(): readonly UpstreamState[];
  parents(): readonly ParentState[];
  /** Why no tracker has it; undefined where one has, or there is none. */
  readonly trackerFault: string | undefined;
  readonly memory: { readonly bytes: Bytes; readonly bytesMax: Bytes };
  disk(): DiskCacheState | undefined;
  /** Of those who call over WebSocket. */
  callers(): PeerListenerCounters | undefined;
  readonly linksMax: number;
}

export interface SeederStatus {
  readonly status: "ok" | "ill";
  readonly reasons: readonly IllnessReason[];
  readonly uptimeSeconds: Seconds;
  readonly memory: { readonly rssBytes: Bytes; readonly cacheBytes: Bytes; readonly cacheBytesMax: Bytes };
  /** Undefined without a cache folder. */
  readonly disk: DiskCacheState | undefined;
  /** Undefined where nobody can call over WebSocket. */
  readonly callers: PeerListenerCounters | undefined;
  readonly cpuSeconds: { readonly user: Seconds; readonly system: Seconds };
  readonly tracker: SwarmStats["tracker"];
  /** Why it is not `joined`: `tracker.example.com: ECONNREFUSED`. */
  readonly trackerFault: string | undefined;
  /** What its peers call it. */
  readonly self: SwarmStats["self"];
  readonly viewers: number;
  readonly swarming: SwarmStats["swarming"];
  readonly integrity: SwarmStats["integrity"];
  readonly peers: { readonly open: number; readonly connecting: number; readonly max: number };
  readonly bytes: {
    readonly fromUpstreams: Bytes;
    readonly fromPeers: Bytes;
    readonly toPeers: Bytes;
    readonly wasted: Bytes;
  };
  readonly renditions: ReadonlyArray<{
    readonly name: string;
    readonly kind: "main" | "audio";
    readonly bitsPerSecond: number | undefined;
    readonly live: boolean | undefined;
    readonly newsSecondsAgo: Seconds | undefined;
  }>;
  readonly upstreams: ReadonlyArray<Omit<UpstreamState, "url"> & { readonly host: string }>;
  /** In the order of the options. */
  readonly parents: readonly ParentState[];
}

export function statusOf(source: StatusSource): SeederStatus {
  const now = performance.now();
  const stats = source.stats();
  const reasons = source.illness();
  const { user, system } = process.cpuUsage();
  const open = stats.peers.filter(({ state }) => state === "open").length;
  return {
    status: reasons.length > 0 ? "ill" : "ok",
    reasons,
    uptimeSeconds: Math.floor((now - source.startedAt) / 1000),
    memory: {
      rssBytes: process.memoryUsage.rss(),
      cacheBytes: source.memory.bytes,
      cacheBytesMax: source.memory.bytesMax,
    },
    disk: source.disk(),
    callers: source.callers(),
    cpuSeconds: { user: user / 1e6, system: system / 1e6 },
    tracker: stats.tracker,
    trackerFault: source.trackerFault,
    self: stats.self,
    viewers: stats.viewers,
    swarming: stats.swarming,
    integrity: stats.integrity,
    peers: { open, connecting: stats.peers.length - open, max: source.linksMax },
    bytes: {
      fromUpstreams: stats.originReceivedBytes,
      fromPeers: stats.peerReceivedBytes,
      toPeers: stats.uploadedBytes,
      wasted: stats.wastedBytes,
    },
    renditions: source.renditions().map(({ name, kind, bitsPerSecond, playlist }) => ({
      ...{ name, kind, bitsPerSecond },
      live: playlist?.live,
      newsSecondsAgo: playlist && Math.floor((now - playlist.newsAt) / 1000),
    })),
    upstreams: source.upstreams().map(({ url, ...state }) => ({ host: new URL(url).host, ...state })),
    parents: source.parents(),
  };
}
