/** What must hold for a tracker core whatever its sockets do, in whatever order: random sessions, shrunk when one breaks. */

import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { createRng } from "../../base/random.ts";
import type { PeerId, SwarmId, TrackId } from "../../protocol/ids.ts";
import type { UplinkClass } from "../../protocol/peer-message.ts";
import type { ViewerToTracker } from "../../protocol/tracker-message.ts";
import type { TrackerAction } from "./action.ts";
import type { TrackerEvent } from "./event.ts";
import { TRACKER_LIMITS, type TrackerLimits } from "./options.ts";
import { Tracker } from "./tracker.ts";

const SEED = Number(process.env["FUZZ_SEED"] ?? 60_115);
const RUNS = Number(process.env["FUZZ_RUNS"] ?? 200);

beforeAll(() => {
  const again = `FUZZ_SEED=${String(SEED)} FUZZ_RUNS=${String(RUNS)}`;
  console.info(`seed ${String(SEED)}; again with ${again} npx vitest run src/tracker-server/core/tracker.fuzz.test.ts`);
});

/** Small enough that a session of a hundred steps runs into every one of them. */
const LIMITS: TrackerLimits = {
  ...TRACKER_LIMITS,
  connectionsMax: 12,
  connectionsPerAddressMax: 5,
  connectionsPerPrefixMax: 8,
  upgradesPerAddress: { burst: 10, perSecond: 2 },
  upgradesPerPrefix: { burst: 15, perSecond: 3 },
  handshakesMax: 4,
  memoryBytesMax: 1_000,
  swarmsMax: 2,
  viewersPerSwarmMax: 6,
  resumeWithinMs: 5_000,
  heldMax: 3,
  messages: { burst: 12, perSecond: 2 },
  messagesPerAddress: { burst: 30, perSecond: 5 },
  floodPenaltyMs: 3_000,
  accusersMin: 2,
  banMs: 3_000,
  reportedSegmentsMax: 3,
  reportedChunksMax: 4,
};

/** What is done, by which socket, and two numbers for whatever it needs. */
type Step = readonly [kind: number, socket: number, a: number, b: number];
const byte = fc.nat(255);
const session: fc.Arbitrary<readonly Step[]> = fc.array(fc.tuple(fc.nat(15), byte, byte, byte), {
  minLength: 20,
  maxLength: 200,
  size: "max",
});

/** A tracker and the world around it, which looks at everything the tracker wants done. */
class World {
  readonly actions: TrackerAction[] = [];
  now = 0;
  readonly #open = new Set<number>();
  readonly #closing = new Set<number>();
  readonly #swarmOf = new Map<number, SwarmId>();
  readonly #peers = new Map<PeerId, number>();
  readonly #tokens: string[] = [];
  readonly #tracker: Tracker;
  #connections = 0;
  /** The swarm of the newest join, which is answered at once or not at all. */
  #asked: SwarmId | undefined;

  constructor() {
    let ids = 0;
    this.#tracker = new Tracker(0, LIMITS, createRng(1), {
      attester: { publicKey: "00".repeat(32), sign: () => "00".repeat(64) },
      newPeerId: () => `peer-${String(++ids).padStart(5, "0")}` as PeerId,
      resumeToken: (peer, swarm) => `${peer} ${swarm}`,
      ownerOf: (token, swarm) => (token.endsWith(swarm) ? { peer: token.slice(0, 10) as PeerId } : undefined),
    });
  }

  take([kind, socket, a, b]: Step): void {
    const open = [...this.#open];
    const connection = open[socket % Math.max(1, open.length)];
    if (kind <= 3 || connection === undefined) this.#ask(a, b);
    else if (kind <= 10) this.#say(connection, a, b);
    else if (kind === 11) this.#close(connection);
    else if (kind === 12) this.#tell({ type: "ping", connection });
    else if (kind === 13) this.#wait(a * 20);
    else if (kind === 14) this.#tell({ type: "memory-measured", bytes: 700 + a });
    else if (a < 8) this.#tell({ type: "drain" });
    else this.#tell({ type: "bad-message", connection, code: "bad-field", field: "to", text: "no" });
  }

  /** Everybody goes, and time passes: nothing may be left. */
  end(): void {
    for (const connection of [...this.#open]) this.#close(connection);
    this.#wait(120_000);
    const left = { connections: 0, viewers: 0, held: 0, swarmCount: 0, addresses: 0 };
    expect(this.#tracker.stats(this.now)).toMatchObject(left);
  }

  #ask(a: number, b: number): void {
    const connection = ++this.#connections;
    const network = { prefixKey: `prefix ${String(b % 2)}` };
    this.#tell({
      type: "connection-asked",
      connection,
      addressKey: `address ${String(a % 4)}`,
      network,
      origin: undefined,
    });
  }

  #say(connection: number, a: number, b: number): void {
    const uplink = (a % 3) as UplinkClass;
    const peers = [...this.#peers.keys()];
    const messages: readonly ViewerToTracker[] = [
      join(a, b, undefined),
      join(a, b, this.#tokens[b % Math.max(1, this.#tokens.length)]),
      { type: "need", peersWanted: a % 17, connected: b },
      { type: "signal", to: peers[b % Math.max(1, peers.length)] ?? ("nobody-000" as PeerId), signal: "x".repeat(a) },
      { type: "update", uplink },
      { type: "report", peerBytes: a, originBytes: b, uploadedBytes: 0, wastedBytes: 0, peers: 1 },
      { type: "accuse", peer: peers[b % Math.max(1, peers.length)] ?? ("nobody-000" as PeerId) },
      { type: "hashes", track: TRACK, sequence: a % 5, tag: 1, byteLength: 1, from: 0, hashes: HASHES[b % 2] ?? "" },
      { type: "leave" },
    ];
    const message = messages[(a + b) % messages.length];
    if (message?.type === "join") this.#asked = message.swarm;
    if (message) this.#tell({ type: "message", connection, message, bytes: a * 20 });
  }

  #close(connection: number): void {
    this.#open.delete(connection);
    this.#tell({ type: "connection-closed", connection });
  }

  #wait(ms: number): void {
    const until = this.now + ms;
    for (let at = this.#tracker.nextWakeup(); at <= until; at = this.#tracker.nextWakeup()) {
      this.now = Math.max(this.now, at);
      this.#tell({ type: "wakeup" });
      expect(this.#tracker.nextWakeup()).toBeGreaterThan(this.now); // or the driver would spin
    }
    this.now = until;
  }

  #tell(event: TrackerEvent): void {
    for (const action of this.#tracker.handle(this.now, event)) {
      this.actions.push(action);
      this.#look(action);
    }
    const { connections, viewers, held, swarmCount } = this.#tracker.stats(this.now);
    expect(connections).toBe(this.#open.size);
    expect(connections).toBeLessThanOrEqual(LIMITS.connectionsMax);
    expect(viewers).toBeLessThanOrEqual(connections);
    expect(held).toBeLessThanOrEqual(LIMITS.heldMax + LIMITS.connectionsMax);
    expect(swarmCount).toBeLessThanOrEqual(LIMITS.swarmsMax);
  }

  #look(action: TrackerAction): void {
    if (!("connection" in action)) throw new Error("a tracker that is alone says nothing to a bus");
    const { connection } = action;
    if (action.type === "accept") this.#open.add(connection);
    else if (action.type === "refuse") expect(this.#open.has(connection)).toBe(false);
    else {
      // Nothing is sent to a socket that is not there or is being closed, and none is closed twice.
      expect([this.#open.has(connection), this.#closing.has(connection)]).toEqual([true, false]);
      if (action.type === "close") this.#closing.add(connection);
      else if (action.message.type === "joined") {
        if (this.#asked) this.#swarmOf.set(connection, this.#asked);
        this.#peers.set(action.message.peer, connection);
        this.#tokens.push(action.message.resume);
      } else if (action.message.type === "signal") {
        const from = this.#peers.get(action.message.from) ?? 0;
        expect(this.#swarmOf.get(from)).toBe(this.#swarmOf.get(connection));
      }
    }
  }
}

const join = (a: number, b: number, resume: string | undefined): Extract<ViewerToTracker, { type: "join" }> => ({
  ...{ type: "join", version: 1, versionMin: 1, swarm: `a-swarm-to-fuzz-${String(b % 3)}` as SwarmId },
  ...{ peersWanted: a % 17, uplink: (a % 3) as UplinkClass },
  ...(resume !== undefined && { resume }),
});

const TRACK = "00000000000000aa" as TrackId;
const HASHES = ["0".repeat(32), "f".repeat(32)];

const play = (steps: readonly Step[]): World => {
  const world = new World();
  for (const step of steps) world.take(step);
  world.end();
  return world;
};

test("[TK66] whatever sockets do: every bound holds, nothing is sent to the dead, and nothing is left in the end", () => {
  fc.assert(
    fc.property(session, (steps) => {
      play(steps);
    }),
    { seed: SEED, numRuns: RUNS },
  );
});

test("[TK66] the same events give the same actions", () => {
  fc.assert(
    fc.property(session, (steps) => {
      expect(play(steps).actions).toEqual(play(steps).actions);
    }),
    { seed: SEED, numRuns: Math.ceil(RUNS / 10) },
  );
});
