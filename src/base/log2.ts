/**
 * Base-2 logarithm of `x` in (0, 1], to about 0.01, from integer operations and a product alone: `Math.log2` may differ
 * between engines in its last bit, and a decision that hangs on it would not replay. (Mitchell 1962, with a parabola
 * for the mantissa.)
 */
export function log2Of(x: number): number {
  const scaled = Math.max(1, Math.floor(x * 0x8000_0000));
  if (scaled >= 0x8000_0000) return 0;
  const exponent = 31 - Math.clz32(scaled);
  const mantissa = scaled / (1 << exponent) - 1;
  return exponent - 31 + mantissa + 0.3466 * mantissa * (1 - mantissa);
}
