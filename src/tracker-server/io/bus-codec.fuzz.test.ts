import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { PeerId, SwarmId, TrackId } from "../../protocol/ids.ts";
import { ProtocolError } from "../../protocol/protocol-error.ts";
import type { BusRecord } from "../core/bus-record.ts";
import { decodeRecords, encodeRecord } from "./bus-codec.ts";

const swarm = "the-swarm-of-tests" as SwarmId;
const track = "00000000000000aa" as TrackId;
const peer = "AA00000001" as PeerId;
const other = "BB00000002" as PeerId;

const RECORDS: ReadonlyArray<BusRecord<Buffer>> = [
  {
    type: "presence",
    boot: "boot",
    publicUrl: "wss://tracker.example",
    region: undefined,
    viewers: 3,
    seeders: 1,
    viewersMax: 50_000,
    draining: false,
  },
  { type: "holding", swarm, viewers: 12, tracks: [{ track, weight: 8 }], asks: true },
  {
    type: "query",
    query: 7,
    swarm,
    asker: peer,
    wanted: 8,
    uplink: 1,
    track,
    place: { position: 61.5, ahead: 20, behind: 0, playing: true },
    network: { prefixKey: "192.0.2.0/24", asn: 64_496, region: "eu" },
  },
  {
    type: "query",
    query: 8,
    swarm,
    asker: peer,
    wanted: 0,
    uplink: 0,
    track: undefined,
    place: undefined,
    network: { prefixKey: "2001:db8::/48", asn: undefined, region: undefined },
  },
  { type: "answer", query: 7, peers: [{ peer: other, uplink: 2, prefixKey: "192.0.2.0/24" }] },
  { type: "signal", to: other, from: peer, signal: Buffer.from(`S${other}{"sdp":"ü"}`) },
  { type: "gone", to: peer, peer: other },
  { type: "accuse", to: peer, from: other, witness: "2001:db8::/48" },
  { type: "echo", boot: "boot", sentAt: 123.5 },
];

/** What is returned, or a ProtocolError; anything else fails the test. */
function read(message: Buffer): unknown {
  try {
    return decodeRecords(message);
  } catch (error) {
    expect(error).toBeInstanceOf(ProtocolError);
    return undefined;
  }
}

describe("records on the bus", () => {
  test("[TK39] arrive as they were sent, many in one message", () => {
    const message = Buffer.concat(RECORDS.map((record) => encodeRecord({ from: "AA", record })));
    expect(decodeRecords(message)).toEqual(RECORDS.map((record) => ({ from: "AA", record })));
  });

  test("[TK39] whatever bytes come, they are read or refused", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => void read(Buffer.from(bytes))));
  });

  test("[TK39] records with a byte changed, cut short or added to are read or refused", () => {
    const position = fc.tuple(fc.nat(RECORDS.length - 1), fc.nat(), fc.nat(255), fc.constantFrom(-1, 0, 1));
    fc.assert(
      fc.property(position, ([index, at, value, grow]) => {
        const bytes = encodeRecord({ from: "AA", record: RECORDS[index]! });
        bytes[at % bytes.length] = value;
        const changed =
          grow > 0 ? Buffer.concat([bytes, Buffer.from([value])]) : bytes.subarray(0, bytes.length + grow);
        read(changed);
      }),
      { numRuns: 2_000 },
    );
  });

  test("[TK39] every field is checked", () => {
    const wrongs = [null, true, -1, 1.5, 1e300, "", "x".repeat(70), [], {}, [null], { __proto__: 1 }];
    for (const record of RECORDS) {
      if (record.type === "signal") continue;
      for (const [name, right] of Object.entries(record)) {
        for (const wrong of wrongs) {
          const bytes = jsonRecord({ ...record, [name]: wrong });
          const seen = read(bytes);
          // What is accepted is of the same kind as what is right.
          if (seen) expect(kindOf(wrong)).toBe(kindOf(right ?? ""));
        }
        if (right !== undefined && !["track", "place", "publicUrl"].includes(name))
          expect(read(jsonRecord({ ...record, [name]: undefined }))).toBeUndefined();
      }
    }
  });

  test("[TK39] bounds: peers of an answer, tracks of a holding, bytes of a signal", () => {
    const peers = Array.from({ length: 9 }, () => ({ peer, uplink: 2 }));
    expect(read(jsonRecord({ type: "answer", query: 1, peers }))).toBeUndefined();
    const tracks = Array.from({ length: 65 }, () => ({ track, weight: 1 }));
    expect(read(jsonRecord({ type: "holding", swarm, viewers: 1, tracks, asks: false }))).toBeUndefined();
    const heavy = [{ track, weight: 33 }];
    expect(read(jsonRecord({ type: "holding", swarm, viewers: 1, tracks: heavy, asks: false }))).toBeUndefined();
    const signals = [11, 12, 11 + 8192, 12 + 8192].map((length) =>
      encodeRecord({ from: "AA", record: { type: "signal", to: peer, from: other, signal: Buffer.alloc(length) } }),
    );
    expect(signals.map((signal) => read(signal) !== undefined)).toEqual([false, true, true, false]);
  });
});

const kindOf = (value: unknown): string => (Array.isArray(value) ? "array" : typeof value);

/** Whatever it says, as a record of process AA. */
function jsonRecord(fields: unknown): Buffer {
  const body = Buffer.from(`AA{${JSON.stringify(fields)}`);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  return Buffer.concat([length, body]);
}
