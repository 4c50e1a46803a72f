/** What tests use of the counters. */

/** The label of whoever asks, `hls-viewer/label` in the User-Agent; "" without one. */
export function viewerOf(userAgent: string | undefined): string;
