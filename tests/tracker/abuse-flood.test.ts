import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { ATTACKS, type Attack } from "./attacks.ts";
import { TestViewer } from "./test-viewer.ts";
import { TrackerProcess } from "./tracker-process.ts";

/*
 * [TK66] Floods against a tracker process with the limits it has by default. Two bystanders go on signalling through each
 * of them, everything is counted, and in the end no socket and no memory is left of it.
 */

let tracker: TrackerProcess;

beforeAll(async () => {
  tracker = await TrackerProcess.start({ resumeWithinMs: 50 });
});
afterAll(() => tracker.stop());

/** Attacks for a while; meanwhile the bystanders talk. Resolves with how many of their messages went to and fro. */
async function withstand(attack: Attack, forMs: number): Promise<number> {
  const alice = await TestViewer.join(tracker);
  const bob = await TestViewer.join(tracker);
  const stop = new AbortController();
  const attacking = attack.run(tracker.port, stop.signal);
  const until = performance.now() + forMs;
  let exchanged = 0;
  for (; performance.now() < until || exchanged < 5; exchanged++) {
    bob.signal(alice, `to alice ${String(exchanged)}`);
    expect((await alice.next("signal")).signal).toBe(`to alice ${String(exchanged)}`);
    alice.signal(bob, `to bob ${String(exchanged)}`);
    expect((await bob.next("signal")).signal).toBe(`to bob ${String(exchanged)}`);
    await rest();
  }
  stop.abort();
  await attacking;
  await Promise.all([alice.leave(), bob.leave()]);
  return exchanged;
}

const rest = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 50));

const nobodyLeft = (): Promise<void> =>
  vi.waitFor(
    async () => {
      expect(await tracker.stats()).toMatchObject({ connections: 0, viewers: 0, held: 0, swarmCount: 0 });
    },
    { timeout: 15_000, interval: 50 },
  );

test.each(ATTACKS.map((attack) => [attack.name, attack] as const))("%s", async (_, attack) => {
  const counted = async (): Promise<number> => {
    const { refusals } = await tracker.stats();
    return attack.countedAs ? (refusals[attack.countedAs] ?? 0) : 0;
  };
  await nobodyLeft();
  const before = await counted();
  expect(await withstand(attack, ATTACK_MS)).toBeGreaterThanOrEqual(5);
  await nobodyLeft();
  if (attack.countedAs) expect(await counted()).toBeGreaterThan(before);
});

test("and nothing is left of all that: no socket, no swarm, no memory", async () => {
  await nobodyLeft();
  const before = await tracker.memory();
  for (const attack of ATTACKS) await withstand(attack, ATTACK_MS / 3);
  await nobodyLeft();
  const after = await tracker.memory();
  expect(after.heapBytes - before.heapBytes).toBeLessThan(3 * MIB);
  expect(after.rssBytes).toBeLessThan(400 * MIB);
});

const ATTACK_MS = 300;
const MIB = 1024 * 1024;
