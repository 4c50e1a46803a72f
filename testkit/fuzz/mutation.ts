/** Frames as an attacker makes them: valid ones changed a little, and noise. */
import type { Rng } from "../../src/base/random.ts";

/** One of `valid`, or two of them, with bits flipped, bytes cut, added or doubled; or nothing but noise. */
export function mutated(rng: Rng, valid: readonly Uint8Array[]): Uint8Array {
  const below = (count: number): number => Math.floor(rng.next() * count);
  const pick = (): Uint8Array => valid[below(valid.length)] ?? new Uint8Array();
  const manner = below(8);
  if (manner === 0) return noise(below(NOISE_BYTES_MAX), below);
  const whole = pick();
  if (manner === 1) return joined(whole.subarray(0, below(whole.length + 1)), pick().subarray(below(8)));
  if (manner === 2) return whole.subarray(0, below(whole.length + 1));
  if (manner === 3) return joined(whole, noise(1 + below(8), below));
  // Not slice(), which of a Buffer is a view.
  const frame = Uint8Array.from(whole);
  for (let flips = 1 + below(3); flips > 0; flips--) {
    const at = below(rng.next() < 0.5 ? Math.min(16, frame.length) : frame.length);
    frame[at] = manner < 6 ? (frame[at] ?? 0) ^ (1 << below(8)) : below(256);
  }
  return frame;
}

const noise = (length: number, below: (count: number) => number): Uint8Array =>
  Uint8Array.from({ length }, () => below(256));

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}

const NOISE_BYTES_MAX = 100;
