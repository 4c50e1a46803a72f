import type { Scenario } from "./scenario.ts";
import { abrSplit } from "./scenarios/abr-split.ts";
import { backgroundTabs } from "./scenarios/background-tabs.ts";
import { cdnOutage } from "./scenarios/cdn-outage.ts";
import { churn } from "./scenarios/churn.ts";
import { flashCrowd } from "./scenarios/flash-crowd.ts";
import { liars } from "./scenarios/liars.ts";
import { live } from "./scenarios/live.ts";
import { lowLatency } from "./scenarios/low-latency.ts";
import { noChurn } from "./scenarios/no-churn.ts";
import { partition } from "./scenarios/partition.ts";
import { premiere } from "./scenarios/premiere.ts";
import { regions } from "./scenarios/regions.ts";
import { slowCdn } from "./scenarios/slow-cdn.ts";
import { trackerDown } from "./scenarios/tracker-down.ts";
import { uplinkCollapse } from "./scenarios/uplink-collapse.ts";
import { flooder } from "./scenarios/flooder.ts";
import { forger } from "./scenarios/forger.ts";
import { forgers } from "./scenarios/forgers.ts";
import { replayers } from "./scenarios/replayers.ts";
import { seeder } from "./scenarios/seeder.ts";
import { seederGone } from "./scenarios/seeder-gone.ts";
import { seederLonely } from "./scenarios/seeder-lonely.ts";
import { seederVod } from "./scenarios/seeder-vod.ts";
import { slowReaders } from "./scenarios/slow-readers.ts";
import { stallers } from "./scenarios/stallers.ts";
import { sybils } from "./scenarios/sybils.ts";
import { vodSeek } from "./scenarios/vod-seek.ts";
import { vod } from "./scenarios/vod.ts";

/** Questions about how well it works, in the order in which the report tells the answers. */
export const REPORTED: readonly Scenario[] = [
  ...[live, noChurn, churn, flashCrowd, lowLatency],
  ...[vod, vodSeek, premiere],
  ...[abrSplit, partition, regions, liars, uplinkCollapse, backgroundTabs],
  ...[slowCdn, cdnOutage, trackerDown],
];

/** ... and about those who mean harm, each beside the same run without them: `docs/security.md` has the answers. */
export const ATTACKS: readonly Scenario[] = [forger, forgers, replayers, stallers, sybils, flooder, slowReaders];

/** ... and about a server beside the viewers: `docs/seeders.md` has the answers. */
export const SEEDED: readonly Scenario[] = [seeder, seederLonely, seederVod, seederGone];

export const SCENARIOS: readonly Scenario[] = [...REPORTED, ...ATTACKS, ...SEEDED];
