/** What viewers have seen, added up. Pure. */
import { quantile } from "../base/quantile.ts";
import type { Bytes, Millis, Seconds } from "../base/time.ts";
import type { SwarmStats } from "../swarm/core/stats.ts";
import type { PlayerCounts } from "./core/virtual-player.ts";

/** One viewer, as it is or as it was when it left. */
export interface ViewerCounts {
  readonly player: PlayerCounts;
  readonly swarm: SwarmStats;
}

export interface SwarmFigures {
  readonly seconds: Seconds;
  /** There now, and those of them that play. */
  readonly viewers: number;
  readonly playing: number;
  /** Of those there, whom a tracker has let in. */
  readonly joined: number;
  /** Who left, and all who were ever there. */
  readonly left: number;
  /** `peerBytes / (peerBytes + originBytes)` of what players were given. */
  readonly offload: number;
  /** What the CDN sent to these viewers, whatever became of it. */
  readonly cdnBytes: Bytes;
  readonly peerBytes: Bytes;
  readonly wastedBytes: Bytes;
  readonly stalls: number;
  readonly stalledMs: Millis;
  readonly stalledViewers: number;
  readonly failedSegments: number;
  /** Engines that a bug of ours has ended. */
  readonly retired: number;
  /** Undefined while nobody has started. */
  readonly startUpMsP50: Millis | undefined;
  readonly startUpMsP95: Millis | undefined;
  readonly latencySecondsP50: Seconds | undefined;
  /** Open links of each viewer, on average. */
  readonly linksMean: number;
}

/** `gone` counts in everything but in what is now. */
export function figuresOf(
  seconds: Seconds,
  here: readonly ViewerCounts[],
  gone: readonly ViewerCounts[],
): SwarmFigures {
  const all = [...here, ...gone];
  const sum = (of: (viewer: ViewerCounts) => number): number => all.reduce((total, viewer) => total + of(viewer), 0);
  const [peerBytes, originBytes] = [sum(({ swarm }) => swarm.peerBytes), sum(({ swarm }) => swarm.originBytes)];
  const startUps = all.flatMap(({ player }) => player.startUpMs ?? []);
  const links = here.map(({ swarm }) => swarm.peers.filter(({ state }) => state === "open").length);
  return {
    seconds,
    viewers: here.length,
    playing: here.filter(({ player }) => player.phase === "playing").length,
    joined: here.filter(({ swarm }) => swarm.tracker === "joined").length,
    left: gone.length,
    offload: peerBytes + originBytes > 0 ? peerBytes / (peerBytes + originBytes) : 0,
    cdnBytes: sum(({ swarm }) => swarm.originReceivedBytes),
    peerBytes: sum(({ swarm }) => swarm.peerReceivedBytes),
    wastedBytes: sum(({ swarm }) => swarm.wastedBytes),
    stalls: sum(({ player }) => player.stalls),
    stalledMs: sum(({ player }) => player.stalledMs),
    stalledViewers: all.filter(({ player }) => player.stalls > 0).length,
    failedSegments: sum(({ player }) => player.failedSegments),
    retired: all.filter(({ swarm }) => swarm.retired).length,
    startUpMsP50: quantile(startUps, 0.5),
    startUpMsP95: quantile(startUps, 0.95),
    latencySecondsP50: quantile(
      here.flatMap(({ player }) => player.latencySeconds ?? []),
      0.5,
    ),
    linksMean: links.length === 0 ? 0 : links.reduce((total, count) => total + count, 0) / links.length,
  };
}
