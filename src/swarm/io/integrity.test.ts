import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { describe, expect, test, vi } from "vitest";
import { attestationInput } from "../../protocol/attestation.ts";
import { segmentIdOf, swarmIdOf, trackIdOf, type PeerId, type SegmentId } from "../../protocol/ids.ts";
import { CHUNK_BYTES } from "../../protocol/limits.ts";
import { chunkInput, HASH_BYTES, rootInput, rootLabel, type SegmentRoot } from "../../protocol/segment-root.ts";
import { decodePeerMessage } from "../../protocol/peer-codec.ts";
import type { ChunkHashes, ViewerToTracker } from "../../protocol/tracker-message.ts";
import type { SwarmAction } from "../core/action.ts";
import type { SwarmEvent } from "../core/event.ts";
import { Integrity, type Verdict } from "./integrity.ts";
import { createMemoryStore } from "./memory-store.ts";

const SWARM = swarmIdOf("stream");
const TRACK = trackIdOf("video");
const BOB = "bob_______" as PeerId;
const EVE = "eve_______" as PeerId;
const nameOf = (sequence: number) => ({ sequence, tag: 1 });
const idOf = (sequence: number): SegmentId => segmentIdOf(TRACK, nameOf(sequence));

const sha256 = (input: Uint8Array): Buffer => createHash("sha256").update(input).digest().subarray(0, HASH_BYTES);

/** A segment of two and a half chunks, as the signer would sign it. */
function signedSegment(sequence: number) {
  const bytes = Uint8Array.from({ length: 2.5 * CHUNK_BYTES }, (_, i) => (i * sequence) % 251);
  const chunks = [0, 1, 2].map((chunk) => bytes.slice(chunk * CHUNK_BYTES, (chunk + 1) * CHUNK_BYTES));
  const hashes = Buffer.concat(chunks.map((chunk) => sha256(chunkInput(chunk))));
  const label = rootLabel({ sequence, uri: `s${String(sequence)}.ts` }, bytes.length);
  const root = { hash: sha256(rootInput(label, hashes)).toString("hex"), byteLength: bytes.length, label };
  return { id: idOf(sequence), sequence, chunks, hashes, root };
}

type Signed = ReturnType<typeof signedSegment>;

/** What a tracker signs, and its public key. */
const TRACKER = generateKeyPairSync("ed25519");
const KEY = Buffer.from(TRACKER.publicKey.export({ format: "jwk" }).x ?? "", "base64url").toString("hex");
const attest = (hashes: ChunkHashes, swarm = SWARM): string =>
  sign(null, attestationInput(swarm, hashes), TRACKER.privateKey).toString("hex");

class Stage {
  readonly attested = new Set<SegmentId>();
  readonly told: ViewerToTracker[] = [];
  readonly roots = new Map<SegmentId, SegmentRoot>();
  readonly files = new Map<SegmentId, Uint8Array>();
  readonly fetched: SegmentId[] = [];
  readonly events: SwarmEvent[] = [];
  readonly bugs: unknown[] = [];
  readonly store = createMemoryStore();
  readonly #arrivals: (() => void)[] = [];
  readonly integrity = new Integrity({
    store: this.store,
    swarm: SWARM,
    proofOf: (segment) => this.roots.get(segment) ?? (this.attested.has(segment) ? "attested" : undefined),
    tell: (message) => this.told.push(message),
    fetchHashes: (segment) => {
      this.fetched.push(segment);
      return Promise.resolve(this.files.get(segment));
    },
    counts: () => Promise.resolve(true),
    feed: (event) => {
      this.events.push(event);
      this.#arrivals.splice(0).forEach((arrived) => {
        arrived();
      });
    },
    retire: (bug) => this.bugs.push(bug),
  });

  sign(sequence: number, { file = true } = {}) {
    const segment = signedSegment(sequence);
    this.roots.set(segment.id, segment.root);
    if (file) this.files.set(segment.id, segment.hashes);
    return segment;
  }

  /** The same without a root, in a track that the tracker attests; it has told its key. */
  unsigned(sequence: number) {
    this.integrity.trust(KEY);
    const segment = signedSegment(sequence);
    this.attested.add(segment.id);
    return segment;
  }

  /** The tracker signs the hashes of the chunks `[from, to)`. */
  attests(segment: Signed, from = 0, to = 3, change: Partial<ChunkHashes> = {}): void {
    const hashes = hexOf(segment.hashes.subarray(from * HASH_BYTES, to * HASH_BYTES));
    const found = { track: TRACK, ...nameOf(segment.sequence), byteLength: segment.root.byteLength, from, hashes };
    this.integrity.attested({ type: "attested", ...found, ...change, signature: attest(found) });
  }

  /** A peer hands hashes on. */
  hands(
    peer: PeerId,
    { sequence, hashes, root }: Signed,
    change: { hashes?: Uint8Array; from?: number; byteLength?: number; signature?: Uint8Array } = {},
  ): void {
    const { byteLength } = root;
    const list = { byteLength, from: 0, hashes: new Uint8Array(hashes), ...change };
    this.integrity.peerHashes(peer, TRACK, { type: "hashes", slot: 3, segment: nameOf(sequence), ...list });
  }

  judge(segment: SegmentId, chunk: number, bytes: Uint8Array): Promise<Verdict> {
    return new Promise((resolve) => {
      this.integrity.peerChunk({ segment, chunk, byteLength: bytes.byteLength, bytes }, resolve);
    });
  }

  /** ... with the hashes of the file, as when no peer has brought them. */
  judgeByFile(segment: SegmentId, chunk: number, bytes: Uint8Array): Promise<Verdict> {
    const verdict = this.judge(segment, chunk, bytes);
    this.integrity.fetch(segment);
    return verdict;
  }

  originBrings(segment: SegmentId, chunk: number, bytes: Uint8Array): void {
    this.store.put(segment, chunk, bytes);
    this.integrity.originChunk(segment, chunk);
  }

  async heard(count: number): Promise<readonly SwarmEvent[]> {
    while (this.events.length < count) await new Promise<void>((resolve) => this.#arrivals.push(resolve));
    return this.events;
  }
}

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

const chunkOf = ({ chunks }: Signed, chunk: number): Uint8Array => chunks[chunk] ?? new Uint8Array();

const known = (segment: Signed, from = 0, to = 3): SwarmEvent => {
  const { id, root } = segment;
  return { type: "hashes-known", segment: id, byteLength: root.byteLength, from, to };
};

/** Eve asks for the hashes behind the last chunk; 9 is her own name for the track. */
const askedByEve = (sequence: number): Extract<SwarmAction, { type: "send-hashes" }> => {
  const name = nameOf(sequence);
  return { type: "send-hashes", peer: EVE, slot: 9, segment: idOf(sequence), name, chunks: [2] };
};

const flipped = (bytes: Uint8Array): Uint8Array => bytes.map((byte, at) => (at === 9 ? byte ^ 1 : byte));

describe("[IN6] a chunk that a peer brought", () => {
  test("fits in its place, and nowhere else", async () => {
    const stage = new Stage();
    const { id, chunks } = stage.sign(7);
    stage.integrity.fetch(id);
    for (const [place] of chunks.entries())
      for (const [chunk, bytes] of chunks.entries())
        expect(await stage.judge(id, place, bytes)).toBe(chunk === place ? "fits" : "forged");
    expect(stage.fetched).toEqual([id]);
  });

  test("is forged with one bit flipped, cut short, or past the end", async () => {
    const stage = new Stage();
    const { id, chunks } = stage.sign(7);
    const [first = new Uint8Array()] = chunks;
    stage.integrity.fetch(id);
    expect(await stage.judge(id, 0, flipped(first))).toBe("forged");
    expect(await stage.judge(id, 0, first.subarray(0, -1))).toBe("forged");
    expect(await stage.judge(id, 3, first)).toBe("forged");
  });

  test("of an older segment is not taken for one of this", async () => {
    const stage = new Stage();
    const { chunks } = stage.sign(4);
    const { id } = stage.sign(7);
    expect(await stage.judgeByFile(id, 0, chunks[0] ?? new Uint8Array())).toBe("forged");
  });

  test("is judged at once where there is no root", () => {
    const verdicts: Verdict[] = [];
    const arrived = { segment: idOf(7), chunk: 0, byteLength: 9, bytes: new Uint8Array(9) };
    new Stage().integrity.peerChunk(arrived, (verdict) => verdicts.push(verdict));
    expect(verdicts).toEqual(["fits"]);
  });
});

describe("[IN7] without hashes that the root proves nobody is believed and nobody blamed", () => {
  test.each([
    ["there is no file", undefined],
    ["the file is of another segment", signedSegment(8).hashes],
    ["the file is cut short", signedSegment(7).hashes.subarray(0, HASH_BYTES)],
    ["one hash is another", flipped(signedSegment(7).hashes)],
  ])("%s", async (_, file) => {
    const stage = new Stage();
    const { id, chunks } = stage.sign(7, { file: false });
    if (file) stage.files.set(id, file);
    expect(await stage.judgeByFile(id, 0, chunks[0] ?? new Uint8Array())).toBe("unknown");
    expect(stage.events).toEqual([{ type: "segment-unprovable", segment: id }]);
  });

  test("after three in a row the origin is asked no more", async () => {
    const stage = new Stage();
    for (let sequence = 1; sequence <= 5; sequence++) {
      const { id, chunks } = stage.sign(sequence, { file: false });
      expect(await stage.judgeByFile(id, 0, chunks[0] ?? new Uint8Array())).toBe("unknown");
    }
    expect(stage.fetched).toHaveLength(3);
  });
});

describe("[IN8] what the origin brought", () => {
  test("is proven by itself once it is whole, and costs no request", async () => {
    const stage = new Stage();
    const { id, chunks } = stage.sign(7);
    chunks.forEach((bytes, chunk) => {
      stage.originBrings(id, chunk, bytes);
    });
    const proven = [0, 1, 2].map((chunk) => ({ type: "chunk-proven", segment: id, chunk }));
    expect(await stage.heard(4)).toEqual([known(signedSegment(7)), ...proven]);
    expect(stage.fetched).toEqual([]);
  });

  test("is proven chunk by chunk where the hashes are wanted", async () => {
    const stage = new Stage();
    const { id, chunks } = stage.sign(7);
    stage.integrity.fetch(id);
    stage.originBrings(id, 1, chunks[1] ?? new Uint8Array());
    expect((await stage.heard(2))[1]).toEqual({ type: "chunk-proven", segment: id, chunk: 1 });
  });

  test("is not given on when it is not what was signed", async () => {
    const stage = new Stage();
    const { id, chunks } = stage.sign(7);
    stage.integrity.fetch(id);
    stage.originBrings(id, 0, flipped(chunks[0] ?? new Uint8Array()));
    expect((await stage.heard(2))[1]).toEqual({ type: "segment-unprovable", segment: id });
    expect(stage.bugs).toEqual([]);
  });

  test("before the playlist listed it is proven as soon as it does", async () => {
    const stage = new Stage();
    const { id, chunks, root } = stage.sign(7);
    stage.roots.delete(id);
    stage.originBrings(id, 2, chunks[2] ?? new Uint8Array());
    stage.roots.set(id, root);
    stage.integrity.catchUp(id);
    stage.integrity.fetch(id);
    expect((await stage.heard(2))[1]).toEqual({ type: "chunk-proven", segment: id, chunk: 2 });
  });
});

describe("[IN10] hashes that a peer hands on", () => {
  test("are believed if they are those of the root, and let the chunks through that waited for them", async () => {
    const stage = new Stage();
    const segment = stage.sign(7);
    const verdicts = Promise.all([
      stage.judge(segment.id, 0, chunkOf(segment, 0)),
      stage.judge(segment.id, 1, chunkOf(segment, 0)),
    ]);
    stage.hands(BOB, segment);
    expect(await verdicts).toEqual(["fits", "forged"]);
    expect(stage.events).toEqual([known(segment)]);
    expect(stage.fetched).toEqual([]);
  });

  test("are handed on as they came, to whoever asks for a chunk that they cover, under his own name for the track", async () => {
    const stage = new Stage();
    const segment = stage.sign(7);
    stage.hands(BOB, segment);
    await stage.heard(1);
    const asked = askedByEve(7);
    const [frame = new Uint8Array(), ...more] = stage.integrity.frames(asked);
    expect(more).toEqual([]);
    const { byteLength } = segment.root;
    const hashes = new Uint8Array(segment.hashes);
    expect(decodePeerMessage(frame)).toEqual({
      type: "hashes",
      slot: 9,
      segment: nameOf(7),
      byteLength,
      from: 0,
      hashes,
    });
    expect([...stage.integrity.frames({ ...asked, chunks: [3] })]).toEqual([]);
  });

  test.each([
    ["of another segment", { hashes: new Uint8Array(signedSegment(8).hashes) }],
    ["with one bit flipped", { hashes: flipped(new Uint8Array(signedSegment(7).hashes)) }],
    ["cut short", { hashes: new Uint8Array(signedSegment(7).hashes).subarray(HASH_BYTES) }],
    ["of a size that is not the root's", { byteLength: 2.5 * CHUNK_BYTES - 1 }],
  ])("[T3] %s blame the peer, and the next one may be right", async (_, change) => {
    const stage = new Stage();
    const segment = stage.sign(7);
    stage.hands(EVE, segment, change);
    expect(await stage.heard(1)).toMatchObject([{ type: "chunk-forged", peer: EVE, segment: segment.id }]);
    stage.hands(BOB, segment);
    expect(await stage.judge(segment.id, 0, chunkOf(segment, 0))).toBe("fits");
  });

  test("are forgotten with the chunks", async () => {
    const stage = new Stage();
    const segment = stage.sign(7);
    stage.hands(BOB, segment);
    await stage.heard(1);
    stage.integrity.forget(segment.id);
    const asked = askedByEve(7);
    expect([...stage.integrity.frames(asked)]).toEqual([]);
  });
});

describe("[IN14] without a root", () => {
  test("the origin's chunks are told to the tracker, and proven by what it signs", async () => {
    const stage = new Stage();
    const segment = stage.unsigned(7);
    for (const chunk of [1, 2]) stage.originBrings(segment.id, chunk, chunkOf(segment, chunk));
    const { id, root, hashes } = segment;
    const { byteLength } = root;
    stage.integrity.report({
      type: "report-hashes",
      segment: id,
      track: TRACK,
      name: nameOf(7),
      byteLength,
      from: 1,
      to: 3,
    });
    await vi.waitFor(() => {
      expect(stage.told).toEqual([
        { type: "hashes", track: TRACK, ...nameOf(7), byteLength, from: 1, hashes: hexOf(hashes.subarray(HASH_BYTES)) },
      ]);
    });
    stage.attests(segment, 1, 3);
    const proven = [1, 2].map((chunk) => ({ type: "chunk-proven", segment: id, chunk }));
    expect(await stage.heard(3)).toEqual([known(segment, 1, 3), ...proven]);
  });

  test("a peer's chunk waits for a hash that the tracker signed, whoever hands it on", async () => {
    const stage = new Stage();
    const segment = stage.unsigned(7);
    const verdicts = Promise.all([
      stage.judge(segment.id, 0, chunkOf(segment, 0)),
      stage.judge(segment.id, 1, chunkOf(segment, 0)),
    ]);
    const hashes = hexOf(segment.hashes);
    const found = { track: TRACK, ...nameOf(7), byteLength: segment.root.byteLength, from: 0, hashes };
    stage.hands(BOB, segment, { signature: Buffer.from(attest(found), "hex") });
    expect(await verdicts).toEqual(["fits", "forged"]);
  });

  test.each([
    ["without a signature", {}],
    ["with a signature of another swarm", { swarm: swarmIdOf("another stream") }],
    ["with a signature of an older segment", { sequence: 4 }],
    ["with a signature of another place", { from: 1 }],
  ])(
    "[T3] [T4] hashes %s blame the peer",
    async (_, forgery: { swarm?: typeof SWARM; sequence?: number; from?: number }) => {
      const stage = new Stage();
      const segment = stage.unsigned(7);
      const { swarm, ...change } = forgery;
      const found = {
        track: TRACK,
        ...nameOf(7),
        byteLength: segment.root.byteLength,
        from: 0,
        hashes: hexOf(segment.hashes),
      };
      const signature = Buffer.from(attest({ ...found, ...change }, swarm), "hex");
      stage.hands(EVE, segment, Object.keys(forgery).length > 0 ? { signature } : {});
      expect(await stage.heard(1)).toMatchObject([{ type: "chunk-forged", peer: EVE }]);
    },
  );

  test("[IN15] what the tracker signed and our own bytes are not is neither taken nor given", async () => {
    const stage = new Stage();
    const segment = stage.unsigned(7);
    stage.originBrings(segment.id, 0, flipped(chunkOf(segment, 0)));
    stage.attests(segment);
    expect((await stage.heard(2))[1]).toEqual({ type: "segment-unprovable", segment: segment.id });
    expect(await stage.judge(segment.id, 3, chunkOf(segment, 0))).toBe("unknown");
  });

  test("a signature that is not the tracker's is nothing, and blames nobody", async () => {
    const stage = new Stage();
    const segment = stage.unsigned(7);
    stage.attests(segment, 0, 3, { byteLength: 9 });
    stage.attests(segment, 2, 3);
    expect(await stage.heard(1)).toEqual([known(segment, 2, 3)]);
  });

  test("hashes that nobody brings let the chunks go that wait for them", async () => {
    const stage = new Stage();
    const segment = stage.unsigned(7);
    expect(await stage.judgeByFile(segment.id, 0, chunkOf(segment, 0))).toBe("unknown");
    expect(stage.events).toEqual([{ type: "segment-unprovable", segment: segment.id }]);
    expect(stage.fetched).toEqual([]);
  });

  test("[IN13] a key that the browser cannot use is said", async () => {
    const stage = new Stage();
    stage.integrity.trust("00");
    expect(await stage.heard(1)).toEqual([{ type: "attestation-unusable" }]);
    expect(stage.bugs).toEqual([]);
  });
});
