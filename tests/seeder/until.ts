import { setTimeout as sleep } from "node:timers/promises";

/** Resolves when something that no event tells of has become true; rejects when it has not within ten seconds. */
export async function until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const endsAt = Date.now() + 10_000;
  while (!(await isTrue())) {
    if (Date.now() > endsAt) throw new Error(`never: ${String(isTrue)}`);
    await sleep(20);
  }
}
