/** What CDN and tracker have done, as lines of the log. */

/** @import { RunningOrigin } from "../../testkit/origin/origin.d.mts" */

/**
 * @param {RunningOrigin} cdn
 * @param {{ stats(): { readonly viewers: number, readonly seeders: number } }} tracker
 * @param {(who: string, text: string) => void} say
 * @returns {() => Promise<void>} how to end it
 */
export function watchServers(cdn, tracker, say) {
  let told = cdn.liveWindow().last;
  let here = "";
  const timer = setInterval(() => {
    const { segmentBytes } = cdn.counters();
    for (const newest = cdn.liveWindow().last - SEGMENTS_BACK; told < newest;) {
      const sequence = ++told;
      const copies = (segmentBytes.get(sequence) ?? 0) / cdn.segment(sequence).length;
      say("origin", `sent ${String(sequence)} ${copies.toFixed(1)} times`);
    }
    const { viewers, seeders } = tracker.stats();
    const now = `viewers: ${String(viewers)}, seeders: ${String(seeders)}`;
    if (now !== here) say("tracker", now);
    here = now;
  }, LOOK_EVERY_MS);
  return () => Promise.resolve(clearInterval(timer));
}

/** By then it was fetched by whoever fetches it. */
const SEGMENTS_BACK = 2;
const LOOK_EVERY_MS = 1000;
