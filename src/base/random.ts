/** A source of chance that replays from its seed. */
export interface Rng {
  /** Uniform in [0, 1), with 32 random bits. */
  next(): number;
  /** An independent stream named by `label`: forking one never disturbs another. */
  fork(label: string): Rng;
}

/** A seeded generator: xoshiro128** (Blackman and Vigna), its state filled by splitmix32. */
export function createRng(seed: number): Rng {
  let state = seed >>> 0;
  const splitmix = (): number => {
    state = (state + 0x9e3779b9) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  };
  let a = splitmix();
  let b = splitmix();
  let c = splitmix();
  let d = splitmix();
  return {
    next() {
      const scrambled = Math.imul(b, 5);
      const result = Math.imul((scrambled << 7) | (scrambled >>> 25), 9) >>> 0;
      const t = b << 9;
      c ^= a;
      d ^= b;
      b ^= c;
      a ^= d;
      c ^= t;
      d = (d << 11) | (d >>> 21);
      return result / 0x1_0000_0000;
    },
    fork: (label) => createRng(hash32(label, seed)),
  };
}

/**
 * 32-bit hash of a text (FNV-1a over UTF-16 code units with a final avalanche of murmur3). For spreading, never
 * for trust: anybody can find a collision.
 */
export function hash32(text: string, seed = 0): number {
  let h = (0x811c9dc5 ^ seed) >>> 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    h = Math.imul(h ^ (unit & 0xff), 0x01000193);
    h = Math.imul(h ^ (unit >>> 8), 0x01000193);
  }
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** `words` 32-bit hashes of a text under different seeds, as lowercase hex: 8 digits a word. */
export function hashHex(text: string, words: number): string {
  let hex = "";
  for (let i = 0; i < words; i++)
    hex += hash32(text, Math.imul(i + 1, 0x9e3779b1))
      .toString(16)
      .padStart(8, "0");
  return hex;
}
