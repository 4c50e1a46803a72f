import type { Member } from "./member.ts";
import type { SwapList } from "./swap-list.ts";
import type { Swarm } from "./swarm.ts";

/**
 * How many viewers are where, for the operator: the largest regions by name, the rest together. Empty where no region is
 * known. Costs time in proportion to the viewers, a few milliseconds for a full process.
 */
export function countByRegion(swarms: Iterable<Swarm>): Readonly<Record<string, number>> {
  const counts = new Map<string, number>();
  const count = (list: SwapList<Member>): void => {
    for (let index = 0; index < list.size; index++) {
      const member = list.at(index);
      if (member?.isSeeder) continue;
      const region = member?.network.region ?? UNKNOWN;
      counts.set(region, (counts.get(region) ?? 0) + 1);
    }
  };
  for (const { everybody } of swarms) {
    count(everybody.givers);
    count(everybody.takers);
  }
  if (counts.size === 0 || (counts.size === 1 && counts.has(UNKNOWN))) return {};
  const bySize = [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
  const rest = bySize.slice(REGIONS_MAX).reduce((sum, [, viewers]) => sum + viewers, 0);
  return { ...Object.fromEntries(bySize.slice(0, REGIONS_MAX)), ...(rest > 0 && { [REST]: rest }) };
}

/** Neither can be a region: these are of letters, digits and dashes. */
const UNKNOWN = "(unknown)";
const REST = "(others)";
/** A figure each in every scrape; beyond so many a proxy writes something else than regions. */
const REGIONS_MAX = 60;
