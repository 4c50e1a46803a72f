/** The list of trackers that a viewer is given: which there are, and which of them are best for it. Knows no viewer. */
import { TRACKERS_MAX } from "../../protocol/limits.ts";
import type { TrackerNode } from "./tracker-node.ts";

/** Where this process is reached, and which trackers there are besides that it shares nothing with. */
export interface TrackerSite {
  readonly publicUrl?: string | undefined;
  readonly region?: string | undefined;
  /** URLs of its STUN servers. */
  readonly stun?: readonly string[] | undefined;
  readonly otherTrackers?: ReadonlyArray<{ readonly url: string; readonly region?: string | undefined }> | undefined;
}

/** The list as one process knows it: itself, the processes that it hears of, and those that its operator named. */
export class TrackerList {
  readonly stun: readonly string[] | undefined;
  readonly #nodes: () => readonly TrackerNode[];
  readonly #named: readonly TrackerNode[];

  /** `nodes` are what is known of now, this process first. */
  constructor({ stun, otherTrackers = [] }: TrackerSite, nodes: () => readonly TrackerNode[]) {
    this.stun = stun;
    this.#nodes = nodes;
    this.#named = otherTrackers.map(({ url, region }) => ({ ...UNKNOWN, publicUrl: url, region }));
  }

  /** Where a viewer of that region may go. `turn` spreads viewers over trackers that are equally good. */
  all(region: string | undefined, turn: number): readonly string[] {
    return orderTrackers([...this.#nodes(), ...this.#named], region, turn);
  }

  /** The same without this process; it may be named all the same, for others behind its URL. */
  elsewhere(region: string | undefined, turn: number): readonly string[] {
    return orderTrackers([...this.#nodes().slice(1), ...this.#named], region, turn);
  }

  /** What a viewer that is let in keeps to fail over to; undefined when there is nothing to choose from. */
  forMember(region: string | undefined, turn: number): readonly string[] | undefined {
    return this.elsewhere(region, turn).length > 0 ? this.all(region, turn) : undefined;
  }
}

/**
 * URLs to go to, the best first: those of the asker's region before others, the less loaded before the more, by tenths of
 * what they can hold. Among equals `turn` says who comes first: what all asked at once would be full at once. Without
 * those that are full, drain, or cannot be reached.
 */
export function orderTrackers(
  nodes: readonly TrackerNode[],
  region: string | undefined,
  turn: number,
): readonly string[] {
  const byUrl = new Map<string, TrackerNode>();
  for (const node of nodes) {
    if (node.publicUrl === undefined || node.draining) continue;
    const known = byUrl.get(node.publicUrl);
    byUrl.set(node.publicUrl, known ? merged(known, node) : node);
  }
  const ranked = [...byUrl]
    .map(([url, { region: its, viewers, seeders, viewersMax }]) => {
      const isNear = region !== undefined && its === region;
      const load = (viewers + seeders) / viewersMax;
      return { url, load, rank: Math.floor(load * LOAD_STEPS) + (isNear ? 0 : LOAD_STEPS) };
    })
    .filter(({ load }) => load < 1)
    .sort((a, b) => a.rank - b.rank || (a.url < b.url ? -1 : 1));
  const list: string[] = [];
  for (let from = 0, to = 0; from < ranked.length && list.length < TRACKERS_MAX; from = to) {
    while (ranked[to]?.rank === ranked[from]?.rank && to < ranked.length) to++;
    const first = turn % (to - from);
    for (const { url } of [...ranked.slice(from + first, to), ...ranked.slice(from, from + first)]) list.push(url);
  }
  return list.slice(0, TRACKERS_MAX);
}

/** Processes behind one URL are one tracker. */
const merged = (a: TrackerNode, b: TrackerNode): TrackerNode => ({
  ...a,
  viewers: a.viewers + b.viewers,
  seeders: a.seeders + b.seeders,
  viewersMax: a.viewersMax + b.viewersMax,
});

/** Small enough differences of load are none. */
const LOAD_STEPS = 10;

/** Of a tracker that tells us nothing we take the middle. */
const UNKNOWN: TrackerNode = {
  node: "",
  publicUrl: undefined,
  region: undefined,
  viewers: 1,
  seeders: 0,
  viewersMax: 2,
  draining: false,
};
