/** The process in the middle of the network: origin and tracker, counted and asked by the benchmark. */
import { createOrigin } from "../../testkit/origin/origin.mjs";
import { startTracker } from "../../src/tracker-server/index.ts";
import { answerAll } from "./conversation.ts";
import type { ServersReport, ServersSetup } from "./servers-report.ts";

async function serve({ address, segmentSeconds, bitsPerSecond, epochMs, pages }: ServersSetup): Promise<void> {
  const origin = await createOrigin({
    host: address,
    pictures: "light",
    ...{ segmentSeconds, bitsPerSecond, epochMs },
    windowSegments: Math.ceil(WINDOW_SECONDS / segmentSeconds),
    mounts: { "/viewer": pages },
  });
  const tracker = await startTracker({ host: address, port: 0 });
  answerAll({
    report: (): ServersReport => {
      const { totalBytes, requests, segmentBytes } = origin.counters();
      return {
        streamUrl: origin.liveUrl,
        pageUrl: `${origin.url}/viewer/page.html`,
        trackerUrl: `ws://${address}:${tracker.port}`,
        originBytes: totalBytes,
        requests,
        segmentBytes,
      };
    },
  });
}

/** The live playlist. */
const WINDOW_SECONDS = 48;

await serve(JSON.parse(process.argv[2] ?? "") as ServersSetup);
