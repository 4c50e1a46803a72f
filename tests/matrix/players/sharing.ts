/** What a player page and the origin tell of a viewing, whatever the player and the browser. */

/** A page of playwright-core's or of puppeteer-core's. */
export interface Viewer {
  evaluate(expression: string): Promise<unknown>;
}

/** Of the video element that has played longest; players keep theirs in shadow roots, or more than one. */
export async function playedSeconds(viewer: Viewer): Promise<number> {
  return Number(await viewer.evaluate(`(${String(longestPlayed)})(document)`));
}

/**
 * Of the pages' `swarm.stats.offload` the highest; 0 while they say nothing. Of two viewers of a signed live stream one
 * may for minutes fetch all that the other has from it: the one whose player happens to reload its playlist first (SW36).
 */
export async function percentFromPeers(viewers: readonly Viewer[]): Promise<number> {
  return Math.max(...(await Promise.all(viewers.map(ownPercentFromPeers))));
}

async function ownPercentFromPeers(viewer: Viewer): Promise<number> {
  const text = await viewer.evaluate(`document.getElementById("offload")?.textContent ?? ""`);
  return Number.parseInt(String(text), 10) || 0;
}

/** Of the segments that the origin has sent, the newest. */
export async function newestSegment(cdnUrl: string): Promise<number> {
  return Math.max(...(await segmentBytes(cdnUrl)).keys());
}

/**
 * CDN copies per segment since segment `since`, by the origin's own counter. Infinite while too few segments have passed
 * to say so: the newest does not count, because somebody may still be about to ask for it.
 */
export async function copiesSince(cdnUrl: string, since: number): Promise<number> {
  const later = [...(await segmentBytes(cdnUrl))].filter(([sequence]) => sequence > since).sort(([a], [b]) => a - b);
  const counted = later.slice(0, -1);
  if (counted.length < SEGMENTS_MIN) return Infinity;
  const sizes = await Promise.all(counted.map(([sequence]) => sizeOf(cdnUrl, sequence)));
  return sum(counted.map(([, bytes]) => bytes)) / sum(sizes);
}

async function segmentBytes(cdnUrl: string): Promise<ReadonlyMap<number, number>> {
  const counters = (await (await fetch(`${cdnUrl}/counters`)).json()) as { segmentBytes: Record<string, number> };
  return new Map(Object.entries(counters.segmentBytes).map(([sequence, bytes]) => [Number(sequence), bytes]));
}

async function sizeOf(cdnUrl: string, sequence: number): Promise<number> {
  const { headers } = await fetch(`${cdnUrl}/live/s${String(sequence)}.m4s`, { method: "HEAD" });
  return Number(headers.get("content-length"));
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** Runs in the page. */
function longestPlayed(root: ParentNode): number {
  const seconds = [...root.querySelectorAll("*")].map((element) => {
    if (element.shadowRoot) return longestPlayed(element.shadowRoot);
    if (!(element instanceof HTMLVideoElement)) return 0;
    const { played } = element;
    return played.length === 0 ? 0 : played.end(played.length - 1) - played.start(played.length - 1);
  });
  return Math.max(0, ...seconds);
}

/** With three, one viewer may lack the last without two plain players looking like less than 1.6 copies. */
const SEGMENTS_MIN = 3;
