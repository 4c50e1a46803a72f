/** `npm start`: prepares what is missing, then runs the CDN, the tracker and the page until Ctrl-C. */
import { networkInterfaces } from "node:os";
import { fileURLToPath } from "node:url";
import { createOrigin } from "../../testkit/origin/origin.mjs";
import { answerReport } from "./cdn-report.mjs";
import { startHeadlessViewers } from "./headless-viewers.mjs";
import { startNodeViewers } from "./node-viewers.mjs";
import { readOptions, USAGE } from "./options.mjs";
import { startPageServer } from "./page-server.mjs";
import { onFreePort } from "./ports.mjs";
import { prepare } from "./prepare.mjs";
import { startSeeders } from "./seeders.mjs";
import { watchServers } from "./server-log.mjs";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const say = (/** @type {string} */ text) => void process.stdout.write(`${text}\n`);

/**
 * Called in reverse order.
 * @type {(() => Promise<unknown>)[]}
 */
const closers = [];
let stopping = false;

async function stop(code = 0) {
  if (stopping) return;
  stopping = true;
  for (const close of closers.reverse()) await close().catch((bug) => console.error(bug));
  process.exit(code);
}
process.on("SIGINT", () => void stop());
process.on("SIGTERM", () => void stop());

/** @param {ReturnType<typeof readOptions>} options */
async function run({ host, port, viewers, nodeViewers, hasSeeders, bitsPerSecond, segmentSeconds }) {
  await prepare(ROOT, say);
  const { startTracker } = await import("../../dist/tracker.js");

  const after = (/** @type {number} */ offset) => (port === 0 ? 0 : port + offset);
  const cdn = await onFreePort(after(1), (free) =>
    createOrigin({
      host,
      port: free,
      bitsPerSecond,
      segmentSeconds,
      signed: true,
      allowControl: true,
      extraHandlers: [answerReport],
    }),
  );
  closers.push(() => cdn.close());
  const tracker = await onFreePort(after(2), (free) => startTracker({ host, port: free }));
  closers.push(() => tracker.close());
  const setting = { cdnPort: cdn.port, trackerPort: tracker.port, bitsPerSecond, segmentSeconds };
  /** @type {(() => readonly import("./members.mjs").Member[])[]} */
  const sources = [];
  const topology = () => ({ viewers: tracker.stats().viewers, members: sources.flatMap((source) => source()) });
  const page = await onFreePort(port, (free) => startPageServer(ROOT, { host, port: free, setting, topology }));
  closers.push(() => page.close());

  say(`\n  hls-swarm demo: open this twice\n`);
  for (const name of namesOf(host)) say(`  page     http://${name}:${String(page.port)}`);
  say(`  CDN      http://localhost:${String(cdn.port)}/live/index.m3u8`);
  say(`  tracker  http://localhost:${String(tracker.port)}/debug`);
  if (viewers > 0) {
    const started = await startHeadlessViewers(viewers, `http://127.0.0.1:${String(page.port)}/viewer.html`);
    if (started) closers.push(() => started.close());
    say(
      started
        ? `  viewers  ${String(viewers)} headless`
        : "  viewers  none: no Chromium found (CHROMIUM_PATH names one)",
    );
  }
  say("\n  Ctrl-C stops it.\n");

  const where = {
    liveUrl: `http://127.0.0.1:${String(cdn.port)}/live/index.m3u8`,
    trackerUrl: `ws://127.0.0.1:${String(tracker.port)}`,
    say: (/** @type {string} */ who, /** @type {string} */ text) => say(`${who.padEnd(9)} ${text}`),
  };
  if (hasSeeders || nodeViewers > 0) closers.push(watchServers(cdn, tracker, where.say));
  if (hasSeeders) join(await startSeeders(where));
  if (nodeViewers > 0) join(startNodeViewers(nodeViewers, where));

  /** @param {{ members(): readonly import("./members.mjs").Member[], close(): Promise<unknown> }} group */
  function join(group) {
    sources.push(group.members);
    closers.push(group.close);
  }
}

/** @param {string} host */
function namesOf(host) {
  if (host === "127.0.0.1") return ["localhost"];
  if (host !== "0.0.0.0") return [host];
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return [
    "localhost",
    ...addresses.filter(({ family, internal }) => family === "IPv4" && !internal).map((a) => a.address),
  ];
}

/** @returns {ReturnType<typeof readOptions> | undefined} undefined after saying what is wrong with them */
function readOptionsOrExplain() {
  try {
    return readOptions(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    process.exitCode = 2;
    return undefined;
  }
}

const options = readOptionsOrExplain();
if (options?.help) say(USAGE);
else if (options)
  await run(options).catch(async (error) => {
    console.error(error);
    await stop(1);
  });
