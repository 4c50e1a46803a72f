import { createPublicKey, verify } from "node:crypto";
import { afterEach, describe, expect, test } from "vitest";
import { attestationInput } from "../../src/protocol/attestation.ts";
import type { SwarmId, TrackId } from "../../src/protocol/ids.ts";
import { CHUNK_BYTES } from "../../src/protocol/limits.ts";
import type { TrackerToViewer } from "../../src/protocol/tracker-message.ts";
import { startTracker, type RunningTracker, type TrackerOptions } from "../../src/tracker-server/index.ts";
import { SWARM, TestViewer } from "./test-viewer.ts";

const VIDEO = "00000000000000aa" as TrackId;
const CHUNKS = 4;

let tracker: RunningTracker;
const start = async (options: TrackerOptions = {}): Promise<void> => {
  tracker = await startTracker({ port: 0, trustProxy: ["loopback"], ...options });
};
afterEach(() => tracker.close());

const from = (address: string): Promise<TestViewer> =>
  TestViewer.join(tracker, { track: VIDEO, peersWanted: 8 }, { headers: { "X-Forwarded-For": address } });

const hashes = (digit: string) => ({
  track: VIDEO,
  sequence: 7,
  tag: 1,
  byteLength: CHUNKS * CHUNK_BYTES,
  from: 0,
  hashes: digit.repeat(32 * CHUNKS),
});

function isSigned(key: string | undefined, attested: Extract<TrackerToViewer, { type: "attested" }>): boolean {
  const jwk = { kty: "OKP", crv: "Ed25519", x: Buffer.from(key ?? "", "hex").toString("base64url") };
  const input = attestationInput(SWARM as SwarmId, attested);
  return verify(null, input, createPublicKey({ key: jwk, format: "jwk" }), Buffer.from(attested.signature, "hex"));
}

describe("a tracker over real sockets", () => {
  test("[TK70] [TK73] signs what two networks report, deals witness seats for it, and keeps its key over a restart", async () => {
    const secret = "a secret of at least 32 characters";
    await start({ secret });
    const [alice, neighbour, bob] = [await from("203.0.113.7"), await from("203.0.113.8"), await from("198.51.100.1")];
    for (const viewer of [alice, neighbour]) viewer.send({ type: "hashes", ...hashes("a") });
    await neighbour.settled();
    expect(tracker.stats().counters.attestations).toBe(0);
    bob.send({ type: "hashes", ...hashes("a") });
    const told = await Promise.all([alice, neighbour, bob].map((viewer) => viewer.next("attested")));
    const key = alice.joined.attestationKey;
    for (const attested of told) {
      expect(attested).toMatchObject(hashes("a"));
      expect(isSigned(key, attested)).toBe(true);
      expect(isSigned(key, { ...attested, sequence: 8 })).toBe(false);
    }
    await tracker.close();
    await start({ secret });
    expect((await from("203.0.113.7")).joined.attestationKey).toBe(key);
  });

  test("[TK70] that is not to attest names no key, and listens to nobody", async () => {
    await start({ attest: false });
    const [alice, bob] = [await from("203.0.113.7"), await from("198.51.100.1")];
    for (const viewer of [alice, bob]) viewer.send({ type: "hashes", ...hashes("a") });
    await bob.settled();
    expect(alice.joined.attestationKey).toBeUndefined();
    expect(tracker.stats()).toMatchObject({ counters: { attestations: 0 }, refusals: {} });
  });

  test("[TK75] [TK76] bans whom three networks accuse, and its address", async () => {
    await start();
    const forger = await from("192.0.2.66");
    for (const address of ["203.0.113.7", "198.51.100.1", "192.0.2.250"])
      (await from(address)).send({ type: "accuse", peer: forger.id });
    expect(await forger.next("error")).toMatchObject({ code: "banned" });
    expect(await forger.closed).toMatchObject({ code: 1008, reason: "banned" });
    expect(tracker.stats().counters).toMatchObject({ accusations: 3, bans: 1 });
    await expect(TestViewer.open(tracker, { headers: { "X-Forwarded-For": "192.0.2.66" } })).rejects.toThrow("429");
  });
});
