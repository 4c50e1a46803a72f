/** The network of `npm run bench:network` is what it says: who measures with it must be able to trust it. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ask } from "../../bench/network/conversation.ts";
import { obstacleFor } from "../../bench/network/obstacle.ts";
import { ShapedNetwork, type AccessLine } from "../../bench/network/shaped-network.ts";

const UDP_PEER = fileURLToPath(new URL("udp-peer.mjs", import.meta.url));
const SOURCE = fileURLToPath(new URL("../../bench/network/switch.c", import.meta.url));
/** What a packet has besides its payload, on a line: UDP, IP, Ethernet. */
const HEADER_BYTES = 8 + 20 + 18;

interface Arrival {
  readonly number: number;
  readonly ms: number;
}

const isArrivals = (value: unknown): value is Arrival[] => Array.isArray(value);

// Where it may not make namespaces, `npm run bench:network` does not run either.
describe.skipIf(obstacleFor({ witnesses: 0 }) !== undefined)("a shaped network", () => {
  const directory = mkdtempSync(path.join(tmpdir(), "switch-"));
  const program = path.join(directory, "switch");

  beforeAll(() => {
    execFileSync("cc", ["-O2", "-Wall", "-Wextra", "-Werror", "-o", program, SOURCE]);
  });
  afterAll(() => {
    rmSync(directory, { recursive: true });
  });

  /** Sends packets from one line over another one and back, all at once. */
  async function burst(line: Partial<AccessLine>, packets: number): Promise<readonly Arrival[]> {
    const plain = { uplinkBitsPerSecond: 0, downlinkBitsPerSecond: 0, delayMs: 0, lossShare: 0, queueMs: 1000 };
    const network = await ShapedNetwork.open(program, [{ ...plain, ...line }, plain], 1);
    try {
      await ask(network.startNode(1, UDP_PEER, {}), "echo");
      const sender = { peer: network.addressOf(1), packets, packetBytes: PACKET_BYTES, listenMs: 800 };
      const arrivals = await ask(network.startNode(0, UDP_PEER, sender), "burst");
      if (!isArrivals(arrivals)) throw new Error("no arrivals");
      return arrivals;
    } finally {
      await network.close();
    }
  }

  test("delays every packet on its way out and on its way back", async () => {
    const [arrival] = await burst({ delayMs: 50 }, 1);
    expect(arrival?.ms).toBeGreaterThan(100);
    expect(arrival?.ms).toBeLessThan(250);
  });

  test("lets packets up one after another, at the uplink's rate", async () => {
    const arrivals = await burst({ uplinkBitsPerSecond: 1e6 }, 50);
    expect(arrivals.map(({ number }) => number)).toEqual(Array.from({ length: 50 }, (_, i) => i));
    const lineMs = (50 * (PACKET_BYTES + HEADER_BYTES) * 8) / 1000;
    expect(arrivals.at(-1)?.ms).toBeGreaterThan(lineMs);
    expect(arrivals.at(-1)?.ms).toBeLessThan(lineMs + 150);
  });

  test("and down, at the downlink's", async () => {
    const arrivals = await burst({ downlinkBitsPerSecond: 1e6 }, 50);
    expect(arrivals).toHaveLength(50);
    expect(arrivals.at(-1)?.ms).toBeGreaterThan((50 * (PACKET_BYTES + HEADER_BYTES) * 8) / 1000);
  });

  test("drops what the queue has no room for: the newest", async () => {
    const arrivals = await burst({ uplinkBitsPerSecond: 1e6, queueMs: 200 }, 50);
    const roomFor = 200 / (((PACKET_BYTES + HEADER_BYTES) * 8) / 1000);
    expect(arrivals.length).toBeGreaterThanOrEqual(Math.floor(roomFor));
    expect(arrivals.length).toBeLessThanOrEqual(Math.ceil(roomFor) + 10);
    expect(arrivals[0]?.number).toBe(0);
  });

  test("loses its share of the packets", async () => {
    const arrivals = await burst({ lossShare: 0.5 }, 200);
    expect(arrivals.length).toBeGreaterThan(60);
    expect(arrivals.length).toBeLessThan(140);
  });

  test("leaves nothing behind, and opens again at once", async () => {
    await burst({}, 1);
    expect(await burst({}, 1)).toHaveLength(1);
    const left = existsSync("/run/netns") ? readdirSync("/run/netns") : [];
    expect(left.filter((name) => name.includes(`-${process.pid}-`))).toEqual([]);
  });
});

const PACKET_BYTES = 954;
