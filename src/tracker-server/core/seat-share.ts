import { hash32 } from "../../base/random.ts";
import type { TrackId } from "../../protocol/ids.ts";
import { ELECTION_SEATS } from "../../protocol/limits.ts";
import type { NodeId } from "./bus-record.ts";

/**
 * Which of a track's election seats are dealt by which process. Every process works it out for itself from who has how
 * many givers: each seat belongs to the process with the highest of its tickets, which are hashes (rendezvous hashing),
 * so whoever knows the same comes to the same, and a process that comes or goes moves no seat between the others.
 */
export function shareOf(track: TrackId, node: NodeId, weights: ReadonlyMap<NodeId, number>): readonly number[] {
  if (weights.size === 1 && weights.has(node)) return ALL_SEATS;
  return ALL_SEATS.filter((seat) => holderOf(track, seat, weights) === node);
}

/** All of them: the share of a process that is alone. */
export const ALL_SEATS: readonly number[] = Array.from({ length: ELECTION_SEATS }, (_, seat) => seat);

/**
 * The tickets of a process with so many givers: their number down to a power of two, so that a viewer who comes or goes
 * seldom moves a seat. It falls only when a quarter below `former`, so that one who does both moves none.
 */
export function weightOf(givers: number, former: number): number {
  if (givers >= former * 0.75 && givers < former * 2) return former;
  let weight = 1;
  while (weight * 2 <= givers && weight < WEIGHT_MAX) weight *= 2;
  return givers === 0 ? 0 : weight;
}

function holderOf(track: TrackId, seat: number, weights: ReadonlyMap<NodeId, number>): NodeId | undefined {
  let holder: NodeId | undefined;
  let highest = -1;
  for (const [node, weight] of weights) {
    const first = hash32(`${track} ${String(seat)} ${node}`);
    for (let ticket = 0; ticket < weight; ticket++) {
      const value = hash32("", first + ticket);
      if (value < highest || (value === highest && holder !== undefined && holder <= node)) continue;
      highest = value;
      holder = node;
    }
  }
  return holder;
}

/** As many givers as there are seats: with more, each has one seat at most anyhow. */
export const WEIGHT_MAX = ELECTION_SEATS;
