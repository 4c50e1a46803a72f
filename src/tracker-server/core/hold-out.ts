import type { Rng } from "../../base/random.ts";

/**
 * Whether a viewer that joins stays with the CDN, to be compared with those that share. By chance alone: whatever it was
 * chosen by, the two groups would differ in that too. Drawn once in a session, since a viewer that comes back, here or at
 * another tracker, tells what it was.
 */
export const drawHoldOut = (share: number, told: boolean | undefined, rng: Rng): boolean =>
  told ?? (share > 0 && rng.next() < share);
