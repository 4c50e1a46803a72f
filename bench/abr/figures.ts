/** What a viewer's readings come to, and whether the swarm did as well as plain hls.js. Pure. */
import type { PlayerReport } from "./pages/page-api.ts";
import type { Script } from "./scripts.ts";

export interface Figures {
  /** Mean of the level at the playhead, over the time since the first picture. */
  readonly averageLevel: number;
  /** How often it changed. */
  readonly switches: number;
  readonly stalls: number;
  readonly stallMs: number;
  /** Seconds at each level, lowest first. */
  readonly timeAtLevel: readonly number[];
  /** Levels in turn, and the second since the first picture in which each came to the playhead. */
  readonly trajectory: readonly { readonly atSeconds: number; readonly level: number }[];
  /** Loads that hls.js gave up for a lower level. */
  readonly abandoned: number;
  /** Of the bytes handed to the player, those that peers brought. */
  readonly peerShare: number;
  /** To peers, at the end. */
  readonly links: number;
}

export function figuresOf(report: PlayerReport, levelCount: number): Figures {
  const { startedAt, now, stalls, peerBytes, originBytes, abandoned, links } = report;
  if (startedAt === undefined) throw new Error(`a viewer never played: ${report.errors.join(", ") || "no error"}`);
  // The first level is at the playhead before time goes on.
  const trajectory = report.levels.map(({ at, level }) => ({ atSeconds: Math.max(0, at - startedAt) / 1000, level }));
  const endSeconds = (now - startedAt) / 1000;
  const timeAtLevel = Array.from({ length: levelCount }, () => 0);
  for (const [index, { atSeconds, level }] of trajectory.entries()) {
    const until = trajectory[index + 1]?.atSeconds ?? endSeconds;
    timeAtLevel[level] = (timeAtLevel[level] ?? 0) + until - atSeconds;
  }
  const total = sum(timeAtLevel);
  return {
    averageLevel: total > 0 ? sum(timeAtLevel.map((seconds, level) => seconds * level)) / total : 0,
    switches: Math.max(0, trajectory.length - 1),
    stalls: stalls.length,
    stallMs: sum(stalls.map(({ ms }) => ms)),
    timeAtLevel,
    trajectory,
    abandoned,
    peerShare: peerBytes > 0 ? peerBytes / (peerBytes + originBytes) : 0,
    links,
  };
}

/** What the swarm fell short of, in words; nothing when all is well. */
export function shortcomingsOf(script: Script, plain: Figures, swarm: Figures): readonly string[] {
  const found: string[] = [];
  if (swarm.averageLevel < plain.averageLevel * LEVEL_SHARE_MIN) found.push("lower level");
  if (script.mustBeHigher && swarm.averageLevel <= plain.averageLevel) found.push("no higher level");
  if (swarm.switches > plain.switches + SWITCHES_MORE_MAX) found.push("more switches");
  if (swarm.stalls > (script.mustBeHigher ? 0 : plain.stalls)) found.push("stalls");
  return found;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** Two players side by side on one machine are not alike to the tenth of a second. */
const LEVEL_SHARE_MIN = 0.98;
const SWITCHES_MORE_MAX = 1;
