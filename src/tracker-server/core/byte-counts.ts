/** What viewers say they received and gave: media bytes, unverified. */
export interface ByteCounts {
  readonly peerBytes: number;
  readonly originBytes: number;
  readonly uploadedBytes: number;
  readonly wastedBytes: number;
}

export const NO_BYTES: ByteCounts = { peerBytes: 0, originBytes: 0, uploadedBytes: 0, wastedBytes: 0 };

const FIELDS = ["peerBytes", "originBytes", "uploadedBytes", "wastedBytes"] as const;

/** `total` with what `now` has more than `before`. */
export const addGrowth = (total: ByteCounts, before: ByteCounts, now: ByteCounts): ByteCounts => ({
  peerBytes: total.peerBytes + now.peerBytes - before.peerBytes,
  originBytes: total.originBytes + now.originBytes - before.originBytes,
  uploadedBytes: total.uploadedBytes + now.uploadedBytes - before.uploadedBytes,
  wastedBytes: total.wastedBytes + now.wastedBytes - before.wastedBytes,
});

/** The first counter that went back, which no honest one does. */
export const findShrunk = (before: ByteCounts, now: ByteCounts): keyof ByteCounts | undefined =>
  FIELDS.find((field) => now[field] < before[field]);

/** `peerBytes / (peerBytes + originBytes)`, 0 before the first byte. */
export function offloadOf(counts: ByteCounts): number {
  const used = counts.peerBytes + counts.originBytes;
  return used === 0 ? 0 : counts.peerBytes / used;
}
