import { randomFillSync } from "node:crypto";

/**
 * Bytes that nobody can guess, each handed out once. Drawn by the page: asking for a few costs as much as for a
 * thousand, and two ids a join were a third of what a join cost.
 */
export function drawRandomBytes(count: number): Buffer {
  if (drawn + count > POOL_BYTES) {
    randomFillSync(pool);
    drawn = 0;
  }
  drawn += count;
  return pool.subarray(drawn - count, drawn);
}

const POOL_BYTES = 4096;
const pool = Buffer.allocUnsafeSlow(POOL_BYTES);
let drawn = POOL_BYTES;
