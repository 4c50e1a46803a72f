/** A set of small integers as bits: bit 0 of byte 0 is 0. Reading past the end says no. */
export type Bitmap = Uint8Array;

export const createBitmap = (size: number): Bitmap => new Uint8Array((size + 7) >> 3);

export const hasBit = (bits: Bitmap, index: number): boolean => ((bits[index >> 3] ?? 0) & (1 << (index & 7))) !== 0;

/** Sets a bit that must be within the bitmap. */
export const setBit = (bits: Bitmap, index: number): void => {
  bits[index >> 3] = (bits[index >> 3] ?? 0) | (1 << (index & 7));
};

/** Clears a bit that must be within the bitmap. */
export const clearBit = (bits: Bitmap, index: number): void => {
  bits[index >> 3] = (bits[index >> 3] ?? 0) & ~(1 << (index & 7));
};
