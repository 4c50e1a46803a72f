import { writeFileSync } from "node:fs";
import { mediansOf } from "./medians.ts";
import type { Runner } from "./pool.ts";
import { REPORTED } from "./scenarios.ts";

/** Measures the share of the bound that each scenario reaches as it stands, which checkers.ts compares runs with. */
export async function writeBaselines(file: string, run: Runner): Promise<void> {
  const entries = await Promise.all(
    REPORTED.map(async ({ name, plan }) => {
      const results = await Promise.all(SEEDS.map((seed) => run(plan({ seed }))));
      const share = Number(mediansOf(results).figures.offloadOfBound.toFixed(3));
      console.log(`${name}: ${share}`);
      return [name, share] as const;
    }),
  );
  writeFileSync(file, `${JSON.stringify(Object.fromEntries(entries), null, 2)}\n`);
}

const SEEDS = [1, 2, 3, 4, 5];
