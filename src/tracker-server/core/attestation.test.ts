import { createPublicKey, verify } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createCrowd } from "../../../testkit/tracker-crowd.ts";
import { createTrackerStage, SWARM } from "../../../testkit/tracker-stage.ts";
import { attestationInput } from "../../protocol/attestation.ts";
import type { TrackId } from "../../protocol/ids.ts";
import { CHUNK_BYTES, ELECTION_SEATS } from "../../protocol/limits.ts";
import { Attestation, KEPT_MS } from "./attestation.ts";
import type { Member } from "./member.ts";
import type { Network } from "./network.ts";
import { TRACKER_LIMITS, type TrackerLimits } from "./options.ts";
import { HASH_DIGITS, OPINIONS_MAX, REPORTERS_MAX, type Attested } from "./reported-segment.ts";
import { NEWCOMER_MS } from "./seating.ts";
import { createCounters } from "./stats.ts";

const VIDEO = "00000000000000aa" as TrackId;
const CHUNKS = 12;

type Content = "true" | "false" | `other ${number}`;

/** What somebody finds who is served this content. */
const hashOf = (content: Content, sequence: number, chunk: number): string =>
  Buffer.from(`${content} ${String(sequence)} ${String(chunk)}`.padEnd(16, ".")).toString("hex");

const hashesOf = (content: Content, sequence: number, from: number, to: number): string =>
  Array.from({ length: to - from }, (_, index) => hashOf(content, sequence, from + index)).join("");

const hasForged = ({ sequence, from, hashes }: Attested): boolean =>
  hashes !== hashesOf("true", sequence, from, from + hashes.length / HASH_DIGITS);

function createSwarm(limits: Partial<TrackerLimits> = {}) {
  const stage = createTrackerStage(limits);
  return {
    ...stage,
    /** A viewer whose network is told apart by its name. */
    from(name: string, network: Partial<Network> = {}) {
      const viewer = stage.connect(name, undefined, { prefixKey: name, ...network }).join({ track: VIDEO });
      return {
        ...viewer,
        attested: () => viewer.received("attested"),
        reports(content: Content, sequence = 7, from = 0, to = CHUNKS, byteLength = CHUNKS * CHUNK_BYTES): void {
          const hashes = hashesOf(content, sequence, from, to);
          viewer.say({ type: "hashes", track: VIDEO, sequence, tag: 1, byteLength, from, hashes });
        },
        key: () => viewer.last("joined").attestationKey ?? "",
      };
    },
  };
}

function isSigned(key: string, { signature, ...hashes }: Attested): boolean {
  const spki = Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), Buffer.from(key, "hex")]);
  const publicKey = createPublicKey({ key: spki, format: "der", type: "spki" });
  return verify(null, attestationInput(SWARM, hashes), publicKey, Buffer.from(signature, "hex"));
}

describe("[TK70] what two viewers of different networks found alike", () => {
  test("is signed, and told to both", () => {
    const swarm = createSwarm();
    const [alice, bob] = [swarm.from("a"), swarm.from("b")];
    alice.reports("true");
    expect(alice.attested()).toEqual([]);
    bob.reports("true");
    const [told] = alice.attested();
    expect(told).toMatchObject({ track: VIDEO, sequence: 7, tag: 1, from: 0, hashes: hashesOf("true", 7, 0, CHUNKS) });
    expect(bob.attested()).toEqual(alice.attested());
    expect(told && isSigned(bob.key(), told)).toBe(true);
    expect(told && isSigned(bob.key(), { ...told, sequence: 8 })).toBe(false);
  });

  test("is signed as far as they looked at the same, neighbours together", () => {
    const swarm = createSwarm();
    const [alice, bob] = [swarm.from("a"), swarm.from("b")];
    alice.reports("true", 7, 0, 4);
    alice.reports("true", 7, 6, 8);
    bob.reports("true", 7, 2, 12);
    expect(bob.attested().map(({ from, hashes }) => [from, hashes.length / HASH_DIGITS])).toEqual([
      [2, 2],
      [6, 2],
    ]);
    expect(bob.attested().some(hasForged)).toBe(false);
  });

  test("is told to whoever reports it later, without another signature", () => {
    const swarm = createSwarm();
    for (const name of ["a", "b"]) swarm.from(name).reports("true");
    const late = swarm.from("a");
    late.reports("true", 7, 3, 5);
    expect(late.attested()).toHaveLength(1);
    expect(swarm.stats().counters).toMatchObject({ attestations: 1, attestedChunks: CHUNKS, disputedChunks: 0 });
  });

  test("is not told to who looked at another part, nor to whoever is gone", () => {
    const swarm = createSwarm();
    const [alice, bob, carol] = [swarm.from("a"), swarm.from("b"), swarm.from("c")];
    alice.reports("true", 7, 0, 4);
    carol.reports("true", 7, 8, 12);
    alice.drop();
    bob.reports("true", 7, 0, 4);
    expect([alice.attested(), bob.attested().length, carol.attested()]).toEqual([[], 1, []]);
  });

  test("costs as many signatures in a swarm of 4,000 as in one of 2, and not more messages than reporters", () => {
    const swarm = createSwarm({ reportedBytes: { burst: 1e9, perSecond: 1e9 } });
    for (let viewer = 0; viewer < 4_000; viewer++) {
      const one = swarm.from(`network ${String(viewer % 500)}`);
      one.reports("true");
      expect(one.attested().length).toBe(viewer === 0 ? 0 : 1);
    }
    expect(swarm.stats().counters.attestations).toBe(1);
  });
});

describe("[TK71] who counts as one witness", () => {
  const agree = (...networks: Array<Partial<Network>>): boolean => {
    const swarm = createSwarm();
    const viewers = networks.map((network) => swarm.from("one", network));
    for (const viewer of viewers) viewer.reports("true");
    return viewers.every((viewer) => viewer.attested().length > 0);
  };

  test("all of one prefix, however many they are", () => {
    expect(agree({}, {}, {}, {}, {}, {})).toBe(false);
  });

  test("in a private network each address, and at this machine each viewer", () => {
    expect(agree({ privateAddress: "192.168.1.5" }, { privateAddress: "192.168.1.5" })).toBe(false);
    expect(agree({ privateAddress: "192.168.1.5" }, { privateAddress: "192.168.1.6" })).toBe(true);
    expect(agree({ isLoopback: true }, { isLoopback: true })).toBe(true);
  });
});

describe("[TK74] where reports differ", () => {
  test("nothing is signed until two networks agree, and then what they agree on", () => {
    const swarm = createSwarm();
    const [liar, alice, bob] = [swarm.from("l"), swarm.from("a"), swarm.from("b")];
    liar.reports("false");
    alice.reports("true");
    expect(swarm.stats().counters).toMatchObject({ attestations: 0, disputedChunks: CHUNKS });
    bob.reports("true");
    expect(bob.attested()).toHaveLength(1);
    expect(bob.attested().some(hasForged)).toBe(false);
  });

  test("a chunk that is disputed keeps nothing from its neighbours", () => {
    const swarm = createSwarm();
    const [liar, bob] = [swarm.from("l"), swarm.from("b")];
    liar.reports("true", 7, 0, 4);
    liar.reports("false", 7, 4, 8);
    liar.reports("true", 7, 8, 12);
    bob.reports("true");
    expect(bob.attested().map(({ from }) => from)).toEqual([0, 8]);
  });

  test("a network's first word stands: it cannot try one after the other", () => {
    const swarm = createSwarm();
    const [liar, alice] = [swarm.from("l"), swarm.from("a")];
    alice.reports("other 9");
    for (let n = 0; n < 20; n++) liar.reports(`other ${n}`);
    expect(swarm.stats().counters.attestations).toBe(0);
  });

  test("a chunk of which too many different things are said is given up", () => {
    const swarm = createSwarm();
    for (let n = 0; n <= OPINIONS_MAX; n++) swarm.from(`network ${String(n)}`).reports(`other ${n}`);
    for (const name of ["a", "b"]) swarm.from(name).reports("true");
    expect(swarm.stats().counters.attestations).toBe(0);
  });

  test("a segment of another size is another", () => {
    const swarm = createSwarm();
    swarm.from("a").reports("true", 7, 0, CHUNKS, CHUNKS * CHUNK_BYTES - 1);
    swarm.from("b").reports("true");
    expect(swarm.stats().counters).toMatchObject({ attestations: 0, disputedChunks: 0 });
  });

  test("[T1] [T3] whatever one network says, nothing false is signed; all that two honest ones saw first is", () => {
    const report = fc.record({
      network: fc.integer({ min: 0, max: 4 }), // 0 lies
      sequence: fc.integer({ min: 1, max: 3 }),
      from: fc.integer({ min: 0, max: CHUNKS - 1 }),
      count: fc.integer({ min: 1, max: CHUNKS }),
      lie: fc.constantFrom<Content>("false", "true", "other 1", "other 2"),
    });
    fc.assert(
      fc.property(fc.array(report, { maxLength: 60 }), (reports) => {
        const swarm = createSwarm();
        const viewers = Array.from({ length: 10 }, (_, n) => swarm.from(`network ${String(n % 5)}`));
        const seen = new Map<string, Set<number>>();
        for (const [turn, { network, sequence, from, count, lie }] of reports.entries()) {
          const to = Math.min(CHUNKS, from + count);
          viewers[network + 5 * (turn % 2)]?.reports(network === 0 ? lie : "true", sequence, from, to);
          if (network === 0) continue;
          for (let chunk = from; chunk < to; chunk++) {
            const key = `${String(sequence)} ${String(chunk)}`;
            seen.set(key, (seen.get(key) ?? new Set<number>()).add(network));
          }
        }
        const told = viewers.flatMap((viewer) => viewer.attested());
        expect(told.filter(hasForged)).toEqual([]);
        const settled = [...seen.values()].filter((networks) => networks.size >= 2).length;
        expect(swarm.stats().counters.attestedChunks).toBeGreaterThanOrEqual(settled);
      }),
      { numRuns: 60 },
    );
  });

  test("two networks that lie together are believed: this is not defended", () => {
    const swarm = createSwarm();
    for (const name of ["l", "m"]) swarm.from(name).reports("false");
    expect(swarm.stats().counters.attestations).toBe(1);
  });
});

describe("[TK74] what is kept is bounded", () => {
  test("by segments of a swarm, the oldest first", () => {
    const swarm = createSwarm({ reportedSegmentsMax: 4 });
    const [alice, bob] = [swarm.from("a"), swarm.from("b")];
    for (let sequence = 0; sequence < 3; sequence++) alice.reports("true", sequence);
    for (let sequence = 3; sequence < 5; sequence++) bob.reports("true", sequence);
    bob.reports("true", 0);
    expect(bob.attested()).toEqual([]);
    bob.reports("true", 2);
    expect(bob.attested()).toHaveLength(1);
  });

  test("and whoever names segments that do not exist pushes out its own", () => {
    const swarm = createSwarm({ reportedSegmentsMax: 8 });
    const [alice, flooder, bob] = [swarm.from("a"), swarm.from("f"), swarm.from("b")];
    for (let sequence = 0; sequence < 3; sequence++) alice.reports("true", sequence);
    for (let sequence = 100; sequence < 140; sequence++) flooder.reports("true", sequence);
    for (let sequence = 0; sequence < 3; sequence++) bob.reports("true", sequence);
    expect(bob.attested()).toHaveLength(3);
  });

  test("by chunks of all swarms", () => {
    const swarm = createSwarm({ reportedChunksMax: 2 * CHUNKS });
    const [alice, bob] = [swarm.from("a"), swarm.from("b")];
    for (let sequence = 0; sequence < 3; sequence++) alice.reports("true", sequence);
    bob.reports("true", 1);
    bob.reports("true", 0);
    expect(bob.attested().map(({ sequence }) => sequence)).toEqual([1]);
  });

  test("by time: numbers that begin anew are compared anew", () => {
    const swarm = createSwarm();
    for (const name of ["a", "b"]) swarm.from(name).reports("false");
    swarm.wait(KEPT_MS);
    const [carol, dora] = [swarm.from("c"), swarm.from("d")];
    for (const viewer of [carol, dora]) viewer.reports("true");
    expect(dora.attested().some(hasForged)).toBe(false);
    expect(dora.attested()).toHaveLength(1);
  });

  test("by those who wait to hear of a segment", () => {
    const swarm = createSwarm();
    const waiting = Array.from({ length: REPORTERS_MAX + 5 }, () => swarm.from("a"));
    for (const viewer of waiting) viewer.reports("true");
    swarm.from("b").reports("true");
    expect(waiting.filter((viewer) => viewer.attested().length > 0)).toHaveLength(REPORTERS_MAX);
  });

  test("by what a line carries: more is not compared, and is no mistake", () => {
    const swarm = createSwarm({ reportedBytes: { burst: 2 * CHUNKS * CHUNK_BYTES, perSecond: CHUNKS * CHUNK_BYTES } });
    const alice = swarm.from("a");
    for (let sequence = 0; sequence < 20; sequence++) alice.reports("true", sequence);
    expect(alice.closedWith).toBeUndefined();
    expect(swarm.stats().refusals).toEqual({ "too-many-hashes": 18 });
    swarm.wait(1_000);
    alice.reports("true", 20);
    expect(swarm.stats().refusals).toEqual({ "too-many-hashes": 18 });
  });
});

test("[TK73] whoever reports hashes of a rendition has its seats held twice from then on, and those concerned are told", () => {
  const swarm = createSwarm();
  const [alice, bob] = [swarm.from("a"), swarm.from("b")];
  swarm.wait(NEWCOMER_MS);
  const witnessed = (): ReadonlyArray<readonly number[] | undefined> =>
    [alice, bob].map((viewer) => viewer.last("assign").witness);
  expect(witnessed()).toEqual([undefined, undefined]);
  alice.reports("true");
  expect(witnessed()).toEqual([bob.last("assign").seats, alice.last("assign").seats]);
  const told = alice.received("assign").length;
  bob.reports("true");
  expect(alice.received("assign")).toHaveLength(told);
  bob.drop();
  expect(alice.last("assign")).toMatchObject({ seats: { length: ELECTION_SEATS } });
  expect(witnessed()[0]).toBeUndefined();
});

test("[TK72] what a viewer reports that the operator vouches for needs no second", () => {
  const crowd = createCrowd();
  const told: unknown[] = [];
  const attestation = new Attestation(
    { publicKey: "", sign: () => "signature" },
    TRACKER_LIMITS,
    createCounters(),
    (connection, message) => told.push([connection, message.type]),
  );
  const hashes = { track: VIDEO, sequence: 7, tag: 1, byteLength: 1, from: 0 };
  const report = (member: Member, hash: string): unknown =>
    attestation.report(0, member, { type: "hashes", ...hashes, hashes: hash.repeat(HASH_DIGITS) });
  const [liar, alice] = crowd.addMany(2, 1);
  const seeder: Member = { ...crowd.add(1), trusted: true };
  if (liar) report(liar, "f");
  if (alice) report(alice, "a");
  expect(told).toEqual([]);
  report(seeder, "a");
  expect(told).toEqual([liar, alice, seeder].map((member) => [member?.connection, "attested"]));
});

test("[TK70] a tracker that is not to attest names no key and compares nothing", () => {
  const crowd = createCrowd();
  const attestation = new Attestation(undefined, TRACKER_LIMITS, createCounters(), () => {
    throw new Error("nothing is told");
  });
  const hashes = "a".repeat(HASH_DIGITS);
  for (const member of crowd.addMany(2, 1))
    attestation.report(0, member, {
      type: "hashes",
      track: VIDEO,
      sequence: 7,
      tag: 1,
      byteLength: 1,
      from: 0,
      hashes,
    });
  expect([attestation.publicKey, attestation.nextWakeup()]).toEqual([undefined, Infinity]);
});
