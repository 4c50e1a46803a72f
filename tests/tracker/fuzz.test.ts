import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { createRng, type Rng } from "../../src/base/random.ts";
import { startTracker, type RunningTracker } from "../../src/tracker-server/index.ts";
import { frame, openRaw, upgradeRequest } from "./raw-socket.ts";
import { JOIN, TestViewer } from "./test-viewer.ts";

/*
 * [TK66] Sockets that send whatever chance makes of good messages and good frames, against a tracker that listens. The seed
 * decides what is sent; how the network cuts it into pieces is not replayed.
 */

const SEED = Number(process.env["FUZZ_SEED"] ?? 20_661);
const RUNS = Number(process.env["FUZZ_RUNS"] ?? 300);
const AT_ONCE = 10;

let tracker: RunningTracker;
const failures: string[] = [];

beforeAll(async () => {
  console.info(`seed ${String(SEED)}; again with FUZZ_SEED=${String(SEED)} FUZZ_RUNS=${String(RUNS)} npm run fuzz`);
  const plenty = { burst: 1_000_000, perSecond: 1_000_000 };
  tracker = await startTracker({
    ...{ port: 0, upgradesPerAddress: plenty, upgradesPerPrefix: plenty, floodPenaltyMs: 1 },
    ...{ connectionsPerAddressMax: 1_000, resumeWithinMs: 100 },
    logger: {
      info: () => undefined,
      warn: () => undefined,
      error: (text, cause) => failures.push(`${text}: ${String(cause)}`),
    },
  });
});
afterAll(() => tracker.close());

const pick = <Value>(rng: Rng, values: readonly Value[]): Value => {
  const value = values[Math.floor(rng.next() * values.length)];
  if (value === undefined) throw new Error("nothing to pick from");
  return value;
};

/** Values that belong nowhere. */
const STRANGE: readonly unknown[] = [
  ...[
    null,
    true,
    -1,
    0,
    1.5,
    2 ** 53,
    -0,
    "",
    "x".repeat(5_000),
    "\u0000",
    "\ud800",
    "\u2028",
    "__proto__",
    "constructor",
  ],
  ...[[], [null], [[[]]], {}, { length: 5 }, { toString: null }],
];
const MESSAGES: ReadonlyArray<Record<string, unknown>> = [
  JOIN,
  { ...JOIN, resume: "a-token-of-somebody-else", track: "0".repeat(64) },
  { ...JOIN, place: { position: 1, ahead: 2, behind: 3, playing: true } },
  { type: "need", peersWanted: 8, connected: 1 },
  { type: "update", uplink: 1 },
  { type: "report", peerBytes: 1, originBytes: 1, uploadedBytes: 1, wastedBytes: 1, peers: 1 },
  { type: "leave" },
];

/** A good message with one field wrong, cut short, or with letters changed; or a signal to somebody. */
function textOf(rng: Rng): string {
  if (rng.next() < 0.2)
    return `S${"AAAAAAAAAA".slice(0, Math.floor(rng.next() * 12))}${"x".repeat(rng.next() * 9_000)}`;
  const message = { ...pick(rng, MESSAGES) };
  if (rng.next() < 0.5) message[pick(rng, Object.keys(message))] = pick(rng, STRANGE);
  const text = JSON.stringify(message);
  if (rng.next() < 0.2) return text.slice(0, rng.next() * text.length);
  if (rng.next() < 0.8) return text;
  const at = Math.floor(rng.next() * text.length);
  return text.slice(0, at) + String.fromCharCode(rng.next() * 0xffff) + text.slice(at + 1);
}

/** Frames that are mostly right, so that they get far. */
function bytesOf(rng: Rng): Buffer {
  const first = rng.next() < 0.8 ? 0x81 : pick(rng, [0x01, 0x00, 0x80, 0x82, 0x89, 0x8a, 0x88, 0xc1, 0x83, 0xff]);
  const control = (first & 0x08) !== 0;
  const bytes = frame(first, control ? textOf(rng).slice(0, 100) : textOf(rng));
  if (rng.next() < 0.9) return bytes;
  bytes[Math.floor(rng.next() * Math.min(bytes.length, 20))] = Math.floor(rng.next() * 256);
  return bytes;
}

async function abuse(rng: Rng): Promise<void> {
  const raw = await openRaw(tracker.port);
  raw.socket.write(
    upgradeRequest(rng.next() < 0.9 ? {} : { [pick(rng, HEADERS)]: String(pick(rng, STRANGE.slice(0, 8))) }),
  );
  if (rng.next() < 0.8) raw.socket.write(frame(0x81, JSON.stringify(JOIN)));
  for (let left = rng.next() * 12; left > 0 && !raw.socket.destroyed; left--) {
    raw.socket.write(bytesOf(rng));
    if (rng.next() < 0.3) await new Promise(setImmediate);
  }
  if (rng.next() < 0.5) raw.socket.resetAndDestroy();
  else raw.socket.end();
  await raw.closed;
}

const HEADERS = [
  "Host",
  "Connection",
  "Upgrade",
  "Sec-WebSocket-Key",
  "Sec-WebSocket-Version",
  "Sec-WebSocket-Protocol",
];

test("[TK66] random messages in random frames: no bug is found, bystanders go on, and nothing is left", async () => {
  const chance = createRng(SEED);
  for (let run = 0; run < RUNS; run += AT_ONCE) {
    const alice = await TestViewer.join(tracker, { swarm: "a-swarm-of-bystanders" });
    const bob = await TestViewer.join(tracker, { swarm: "a-swarm-of-bystanders" });
    const abusers = Array.from({ length: AT_ONCE }, (_, n) => abuse(chance.fork(String(run + n))));
    bob.signal(alice, `in run ${String(run)}`);
    expect((await alice.next("signal")).signal).toBe(`in run ${String(run)}`);
    await Promise.all(abusers);
    expect(failures).toEqual([]);
    await Promise.all([alice.leave(), bob.leave()]);
  }
  await vi.waitFor(() => {
    expect(tracker.stats()).toMatchObject({ connections: 0, viewers: 0, held: 0, swarmCount: 0 });
  });
  const { refusals, counters } = tracker.stats();
  expect(counters.joins).toBeGreaterThan(RUNS / 2);
  for (const reason of ["bad-field", "not-json", "bad-frame", "not-introduced", "already-joined"] as const)
    expect(refusals[reason]).toBeGreaterThan(0);
}, 3_600_000);
