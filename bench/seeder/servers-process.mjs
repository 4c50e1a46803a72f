/**
 * What seeder and peers find beside each other: the origin of a live stream, and a tracker. A process of its own, until its
 * parent goes: `node servers-process.mjs '{ "segmentSeconds": 2, "bitsPerSecond": 3e6 }'`. Tells where they are, then, asked
 * anything, how many bytes of segments the origin has sent.
 */
import { startTracker } from "../../dist/tracker.js";
import { createOrigin } from "../../testkit/origin/origin.mjs";

process.on("disconnect", () => process.exit());
const origin = await createOrigin({
  ...{ pictures: "light", signed: true, windowSegments: 12 },
  // An hour ago: its playlist is full, and segments have small numbers.
  epochMs: Date.now() - 3_600_000,
  ...JSON.parse(process.argv[2]),
});
// All peers come from one address.
const crowd = { burst: 1_000_000, perSecond: 1_000_000 };
const tracker = await startTracker({
  ...{ host: "127.0.0.1", port: 0, upgradesPerAddress: crowd, connectionsPerAddressMax: 1_000_000 },
  ...{ upgradesPerPrefix: crowd, connectionsPerPrefixMax: 1_000_000, handshakesMax: 1_000_000 },
  ...{ messages: crowd, messagesPerAddress: crowd },
});
process.on("message", () => process.send(origin.counters().totalBytes));
process.send({ streamUrl: origin.liveUrl, trackerUrl: tracker.url });
