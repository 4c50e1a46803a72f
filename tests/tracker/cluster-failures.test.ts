import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, expect, test } from "vitest";
import { WebSocket } from "ws";
import { encodeTrackerMessage, parseTrackerToViewer } from "../../src/protocol/tracker-codec.ts";
import { TRACKER_SUBPROTOCOL } from "../../src/protocol/version.ts";
import { startRedis } from "../../testkit/redis.ts";
import { JOIN } from "./test-viewer.ts";
import { startBuiltTracker } from "./built-tracker.ts";

/* A thousand live viewers on three processes of the built package and a real Redis, which are killed in turn. */

const VIEWERS = 1_000;
/** No viewer may be without introductions for longer. */
const WAIT_MS_MAX = 10_000;
/** A little more than the tracker's shortest time between two `need`. */
const NEED_EVERY_MS = 5_200;

const open: Array<() => Promise<unknown>> = [];
afterAll(async () => {
  for (const close of open.reverse()) await close();
});

test("[TK35] [TK36] a process dies, Redis dies: nobody is without introductions for 10 s", async () => {
  const redis = await startRedis();
  open.push(redis.close);
  const trackers = await Promise.all([1, 2, 3].map(() => startBuiltTracker(redis.url)));
  for (const tracker of trackers) open.push(tracker.kill);
  const urls = trackers.map(({ url }) => url);
  const crowd: CrowdViewer[] = [];
  open.push(() => Promise.all(crowd.map((viewer) => viewer.close())));
  for (let i = 0; i < VIEWERS; i++) {
    crowd.push(new CrowdViewer(urls, i % urls.length));
    if (i % 20 === 19) await sleep(40); // 500 a second
  }
  await expect.poll(() => crowd.every((viewer) => viewer.isIn), { timeout: 60_000 }).toBe(true);

  await trackers[0]?.kill();
  urls.shift(); // what a list of trackers would tell
  await expect.poll(() => crowd.every((viewer) => viewer.isIn), { timeout: 30_000 }).toBe(true);
  await sleep(NEED_EVERY_MS);
  // The others did not notice.
  expect(crowd.filter((_, i) => i % 3 !== 0).every(({ losses }) => losses === 0)).toBe(true);

  await redis.kill();
  await sleep(1.5 * NEED_EVERY_MS);
  expect(crowd.reduce((losses, viewer) => losses + viewer.losses, 0)).toBe(Math.ceil(VIEWERS / 3));
  await redis.restart();
  await sleep(NEED_EVERY_MS);
  for (const viewer of crowd) viewer.sinceNow();
  expect(Math.max(...crowd.map((viewer) => viewer.longestWaitMs))).toBeLessThan(WAIT_MS_MAX);

  const [late, ...others] = urls.map((_, i) => new CrowdViewer(urls, i));
  crowd.push(late!, ...others);
  // Introductions cross processes again.
  await expect.poll(() => late!.peers.some((peer) => peer.slice(0, 2) !== late!.id.slice(0, 2))).toBe(true);
});

/** Keeps in touch as a viewer does, with any tracker that is left, and notes how long it waited for introductions. */
class CrowdViewer {
  isIn = false;
  id = "";
  losses = 0;
  longestWaitMs = 0;
  readonly peers: string[] = [];
  readonly #urls: readonly string[];
  readonly #needing: NodeJS.Timeout;
  #introducedAt = Date.now();
  #ws: WebSocket;
  #isClosed = false;

  constructor(urls: readonly string[], index: number) {
    this.#urls = urls;
    this.#ws = this.#connect(index);
    this.#needing = setInterval(() => {
      this.#need();
    }, NEED_EVERY_MS);
  }

  /** The wait so far counts, and another begins. */
  sinceNow(): void {
    const now = Date.now();
    this.longestWaitMs = Math.max(this.longestWaitMs, now - this.#introducedAt);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#needing);
    if (this.#ws.readyState === WebSocket.CLOSED) return;
    this.#ws.terminate();
    await once(this.#ws, "close");
  }

  #need(): void {
    if (this.isIn && this.#ws.readyState === WebSocket.OPEN)
      this.#ws.send(encodeTrackerMessage({ type: "need", peersWanted: 2, connected: 6 }));
  }

  #connect(index: number): WebSocket {
    const ws = new WebSocket(this.#urls[index % this.#urls.length] ?? "", TRACKER_SUBPROTOCOL);
    ws.on("open", () => {
      ws.send(JSON.stringify(JOIN));
    });
    ws.on("error", () => undefined); // it closes as well
    ws.on("message", (data) => {
      const message = parseTrackerToViewer(Buffer.isBuffer(data) ? data.toString() : "");
      if (message.type === "joined") {
        this.isIn = true;
        this.id = message.peer;
      }
      // On a busy machine one `need` comes late, and the next too early.
      if (message.type === "error" && message.retryInMs !== undefined)
        setTimeout(() => {
          this.#need();
        }, message.retryInMs);
      if (message.type !== "joined" && message.type !== "peers") return;
      if (message.peers.length === 0) return;
      this.sinceNow();
      this.#introducedAt = Date.now();
      this.peers.push(...message.peers.map(({ peer }) => peer));
    });
    ws.on("close", () => {
      if (this.isIn) this.losses++;
      this.isIn = false;
      if (this.#isClosed) return;
      // Spread, as real viewers come back: half a second to one.
      setTimeout(
        () => {
          if (!this.#isClosed) this.#ws = this.#connect(index + 1);
        },
        500 + Math.random() * 500,
      );
    });
    return ws;
  }
}
