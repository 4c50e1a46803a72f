/** What must hold for a core whatever happens to it, in whatever order: hundreds of random sessions, each shrunk when it breaks. */

import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { Outside, type Step } from "../../../testkit/outside/outside.ts";
import type { UplinkClass } from "../../protocol/peer-message.ts";

const SEED = Number(process.env["FUZZ_SEED"] ?? 4711);
const RUNS = Number(process.env["FUZZ_RUNS"] ?? 300);

beforeAll(() => {
  const again = `FUZZ_SEED=${String(SEED)} FUZZ_RUNS=${String(RUNS)}`;
  console.info(`seed ${String(SEED)}; again with ${again} npx vitest run src/swarm/core/swarm.fuzz.test.ts`);
});

const byte = fc.integer({ min: 0, max: 255 });
const step: fc.Arbitrary<Step> = fc.tuple(fc.integer({ min: 0, max: 31 }), byte, byte, byte);
const beginning = fc.record({
  links: fc.integer({ min: 0, max: 6 }),
  live: fc.boolean(),
  uplink: fc.constantFrom<UplinkClass>(1, 1, 1, 0, 2),
});
const session = fc.tuple(beginning, fc.array(step, { minLength: 5, maxLength: 150, size: "max" }));
const parameters = { seed: SEED, numRuns: RUNS } as const;

test("[SW0] honest peers and a decent origin, in any order: nothing breaks and every invariant holds", () => {
  fc.assert(
    fc.property(session, ([start, steps]) => {
      const outside = new Outside({ honest: true, ...start });
      for (const each of steps) outside.take(each);
      outside.settle();
    }),
    parameters,
  );
});

test("[SW0] peers and trackers that lie, and an origin that changes its mind: nothing breaks either", () => {
  fc.assert(
    fc.property(session, ([start, steps]) => {
      const outside = new Outside({ honest: false, ...start });
      for (const each of steps) outside.take(each);
      outside.settle();
    }),
    parameters,
  );
});

test("[SW0] the same seed and the same events give the same actions", () => {
  fc.assert(
    fc.property(session, ([start, steps]) => {
      const outside = new Outside({ honest: true, ...start });
      for (const each of steps) outside.take(each);
      expect(outside.replay()).toEqual(outside.actions);
    }),
    { ...parameters, numRuns: Math.ceil(RUNS / 5) },
  );
});
