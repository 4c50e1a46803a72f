/** What must hold for every message between viewer and tracker, and for all the text in the world. */

import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { HEX_64_PATTERN, PEER_ID_PATTERN, SWARM_ID_PATTERN } from "./ids.ts";
import type { PeerId, SwarmId, TrackId } from "./ids.ts";
import type { UplinkClass } from "./peer-message.ts";
import { ProtocolError } from "./protocol-error.ts";
import { encodeTrackerMessage, parseTrackerToViewer, parseViewerToTracker } from "./tracker-codec.ts";
import type { ChunkHashes, Place, TrackerErrorCode, TrackerToViewer, ViewerToTracker } from "./tracker-message.ts";

const SEED = Number(process.env["FUZZ_SEED"] ?? 20_171);
const RUNS = Number(process.env["FUZZ_RUNS"] ?? 200);

beforeAll(() => {
  const again = `FUZZ_SEED=${String(SEED)} FUZZ_RUNS=${String(RUNS)}`;
  console.info(`seed ${String(SEED)}; again with ${again} npx vitest run src/protocol/tracker-codec.fuzz.test.ts`);
});

/** Plain objects, as the parsers return them. */
const record = <Fields>(model: { [Name in keyof Fields]: fc.Arbitrary<Fields[Name]> }): fc.Arbitrary<Fields> =>
  fc.record(model, { noNullPrototype: true });
const safe = (max: number): fc.Arbitrary<number> => fc.integer({ min: 0, max });
const matching = <Id extends string>(pattern: RegExp): fc.Arbitrary<Id> =>
  fc.stringMatching(pattern).map((text) => text as Id);

const uplink = fc.constantFrom<UplinkClass>(0, 1, 2);
const track = matching<TrackId>(HEX_64_PATTERN);
const waitMs = safe(3_600_000);
const peer = matching<PeerId>(PEER_ID_PATTERN);
const optionalTrack = fc.option(
  track.map((id) => ({ track: id })),
  { nil: {} },
);
const seconds = (max: number): fc.Arbitrary<number> =>
  fc.double({ min: 0, max, noNaN: true }).map((value) => value + 0);
const place: fc.Arbitrary<Place> = record({
  position: seconds(10_000_000),
  ahead: seconds(86_400),
  behind: seconds(86_400),
  playing: fc.boolean(),
});
const optionalPlace = fc.option(
  place.map((at) => ({ place: at })),
  { nil: {} },
);
const anyText = (maxLength: number, minLength = 0): fc.Arbitrary<string> =>
  fc.string({
    unit: fc.oneof(fc.nat(0x7f), fc.nat(0xffff)).map((unit) => String.fromCharCode(unit)),
    minLength,
    maxLength,
  });
const trackers = fc.array(fc.stringMatching(/^wss?:\/\/[!-~]{1,256}$/), { maxLength: 8 });
const optionalTrackers = fc.option(
  trackers.map((urls) => ({ trackers: urls })),
  { nil: {} },
);
const optionalSpread = fc.option(
  waitMs.map((reconnectWithinMs) => ({ reconnectWithinMs })),
  { nil: {} },
);
const hexOf = (bytes: number): fc.Arbitrary<string> =>
  fc.stringMatching(new RegExp(`^[0-9a-f]{${String(2 * bytes)}}$`));
const chunkHashes: fc.Arbitrary<ChunkHashes> = record({
  track,
  sequence: fc.maxSafeNat(),
  tag: safe(0xffff_ffff),
  byteLength: fc.integer({ min: 8 * 32_768, max: 4096 * 32_768 }),
  from: safe(4),
  hashes: fc.array(hexOf(16), { minLength: 1, maxLength: 4 }).map((all) => all.join("")),
});
const introductions = fc.array(record({ peer, uplink }), { maxLength: 16 });

const toTracker: { [Type in ViewerToTracker["type"]]: fc.Arbitrary<Extract<ViewerToTracker, { type: Type }>> } = {
  join: fc
    .tuple(
      matching<SwarmId>(SWARM_ID_PATTERN),
      safe(65_534),
      safe(16),
      uplink,
      optionalTrack,
      fc.option(anyText(256, 1)),
      optionalPlace,
      fc.option(record({ seeder: fc.constant(true as const), tracks: fc.array(track, { maxLength: 32 }) }), {
        nil: {},
      }),
      fc.option(safe(65_535)),
      fc.option(record({ ticket: anyText(2048, 1), key: hexOf(32) }), { nil: {} }),
    )
    .map(([swarm, newer, peersWanted, up, extra, resume, at, seeding, links, credentials]) => ({
      type: "join",
      version: 1 + newer,
      versionMin: 1,
      swarm,
      peersWanted,
      uplink: up,
      ...extra,
      ...(resume !== null && { resume }),
      ...seeding,
      ...(links !== null && { links }),
      ...at,
      ...credentials,
    })),
  need: fc
    .tuple(safe(16), safe(65_535), optionalPlace)
    .map(([peersWanted, connected, at]) => ({ type: "need", peersWanted, connected, ...at })),
  signal: record({ type: fc.constant("signal"), to: peer, signal: anyText(300, 1) }),
  update: fc
    .tuple(uplink, optionalTrack, optionalPlace)
    .map(([up, extra, at]) => ({ type: "update", uplink: up, ...extra, ...at })),
  report: record({
    type: fc.constant("report"),
    peerBytes: fc.maxSafeNat(),
    originBytes: fc.maxSafeNat(),
    uploadedBytes: fc.maxSafeNat(),
    wastedBytes: fc.maxSafeNat(),
    peers: safe(65_535),
  }),
  hashes: chunkHashes.map((told) => ({ type: "hashes", ...told })),
  accuse: record({ type: fc.constant("accuse"), peer }),
  leave: record({ type: fc.constant("leave") }),
};

const seats = fc.uniqueArray(safe(31)).map((list) => [...list].sort((a, b) => a - b));
const toViewer: { [Type in TrackerToViewer["type"]]: fc.Arbitrary<Extract<TrackerToViewer, { type: Type }>> } = {
  joined: fc
    .tuple(
      record({
        version: fc.constant(1),
        peer,
        resume: anyText(256, 1),
        viewers: fc.maxSafeNat().map((others) => Math.max(1, others)),
        reportEveryMs: fc.integer({ min: 100, max: 3_600_000 }),
        peers: introductions,
      }),
      optionalSpread,
      optionalTrackers,
      fc.option(
        record({
          attestationKey: hexOf(32),
          stun: fc.array(fc.stringMatching(/^stuns?:[!-~]{1,256}$/), { maxLength: 8 }),
        }),
        { nil: {} },
      ),
    )
    .map(([told, spread, others, trust]) => ({ type: "joined", ...told, ...spread, ...others, ...trust })),
  peers: fc
    .tuple(fc.integer({ min: 1, max: 1e6 }), introductions, optionalSpread)
    .map(([viewers, peers, spread]) => ({ type: "peers", viewers, peers, ...spread })),
  signal: record({ type: fc.constant("signal"), from: peer, signal: anyText(300, 1) }),
  assign: fc
    .tuple(track, seats, fc.option(seats))
    .map(([of, held, witness]) => ({ type: "assign", track: of, seats: held, ...(witness && { witness }) })),
  attested: fc.tuple(chunkHashes, hexOf(64)).map(([told, signature]) => ({ type: "attested", ...told, signature })),
  off: record({ type: fc.constant("off"), message: anyText(512) }),
  gone: record({ type: fc.constant("gone"), peer }),
  error: fc
    .tuple(
      fc.constantFrom<TrackerErrorCode>("bad-message", "not-joined", "rate-limited", "full", "not-introduced"),
      anyText(512),
      fc.option(anyText(64)),
      fc.option(waitMs),
    )
    .map(([code, message, field, retryInMs]) => ({
      type: "error",
      code,
      message,
      ...(field !== null && { field }),
      ...(retryInMs !== null && { retryInMs }),
    })),
  drain: fc
    .tuple(waitMs, optionalTrackers)
    .map(([reconnectInMs, others]) => ({ type: "drain", reconnectInMs, ...others })),
  redirect: record({ type: fc.constant("redirect"), trackers }),
};
const viewerToTracker = fc.oneof(...Object.values<fc.Arbitrary<ViewerToTracker>>(toTracker));
const trackerToViewer = fc.oneof(...Object.values<fc.Arbitrary<TrackerToViewer>>(toViewer));

describe("parse(encode(x)) is x", () => {
  for (const [type, messages] of Object.entries(toTracker))
    test(`[TR3] ${type} to the tracker`, () => {
      check(
        fc.property<[ViewerToTracker]>(messages, (message) => {
          expect(parseViewerToTracker(encodeTrackerMessage(message))).toStrictEqual(message);
        }),
      );
    });
  for (const [type, messages] of Object.entries(toViewer))
    test(`[TR3] ${type} to a viewer`, () => {
      check(
        fc.property<[TrackerToViewer]>(messages, (message) => {
          expect(parseTrackerToViewer(encodeTrackerMessage(message))).toStrictEqual(message);
        }),
      );
    });
});

describe("no text makes a parser do anything but return or throw ProtocolError", () => {
  /** What trackers have been seen to stumble over: every JSON type, every name the language itself gives a meaning. */
  const RUBBISH = [
    "null",
    "true",
    "false",
    "0",
    "-0",
    "-1",
    "0.5",
    "17",
    "1e999",
    "-1e999",
    "9007199254740993",
    "7".repeat(400),
    '""',
    '"8"',
    '"__proto__"',
    '"constructor"',
    '"toString"',
    '"\\ud800"',
    '"\u2028"',
    '"\\u0000"',
    `"${"x".repeat(9000)}"`,
    "[]",
    "[null]",
    "[-0]",
    "[3,31]",
    "[3,3]",
    "[0.5]",
    "[32]",
    '{"position":-0,"ahead":0.5,"behind":0,"playing":true}',
    '{"position":1e999,"ahead":0,"behind":0,"playing":false}',
    "[[]]",
    '["AbCdEf_-09"]',
    '["javascript:alert(1)"]',
    '["wss://a","wss://b c"]',
    '["wss://"]',
    "{}",
    '{"length":3}',
    '{"toString":1}',
    '{"__proto__":null}',
    '{"peer":{}}',
    "[".repeat(5000) + "]".repeat(5000),
    '{"a":'.repeat(2500) + "0" + "}".repeat(2500),
  ];
  const rubbish = fc.oneof(fc.constantFrom(...RUBBISH), fc.json());
  const extraName = fc.oneof(
    fc.constantFrom("__proto__", "constructor", "toString", "hasOwnProperty", "type"),
    fc.string(),
  );

  test("[TR1] any string, and any JSON", () => {
    check(fc.property(fc.oneof(anyText(200), fc.json(), rubbish), survivesText), 5);
  });

  test("[TR3] each field of each message replaced by each kind of rubbish", () => {
    for (const [type, messages] of [...Object.entries(toTracker), ...Object.entries(toViewer)]) {
      const [message] = fc.sample<object>(messages, { seed: SEED, numRuns: 1 });
      for (const field of Object.keys(message ?? {}))
        for (const value of RUBBISH) survivesText(withField({ ...message, type }, field, value));
    }
  });

  test("[TR3] several fields replaced, added or left out", () => {
    const message = fc.oneof(viewerToTracker, trackerToViewer);
    const change = fc.array(fc.tuple(fc.nat(12), extraName, rubbish), { maxLength: 3 });
    check(
      fc.property(message, change, (valid, changes) => {
        let text = encodeTrackerMessage(valid);
        for (const [index, extra, value] of changes) text = withField(valid, Object.keys(valid)[index] ?? extra, value);
        survivesText(text);
      }),
      5,
    );
  });

  test("[TR1] valid messages with characters changed, cut short, or longer than they were", () => {
    const change = record({ at: fc.nat(), units: anyText(3), removed: fc.nat(4) });
    check(
      fc.property(fc.oneof(viewerToTracker, trackerToViewer), change, (message, { at, units, removed }) => {
        const text = encodeTrackerMessage(message);
        const place = at % text.length;
        survivesText(text.slice(0, place) + units + text.slice(place + removed));
      }),
      5,
    );
  });

  test("[TR3] nothing of it leaves a trace in the language itself", () => {
    expect(Object.keys(Object.prototype)).toEqual([]);
    expect(Object.keys(Array.prototype)).toEqual([]);
  });
});

/** Whatever a text parses to is a message as good as any. */
function survivesText(text: string): void {
  const asked = returned(() => parseViewerToTracker(text));
  if (asked) expect(parseViewerToTracker(encodeTrackerMessage(asked))).toStrictEqual(asked);
  const told = returned(() => parseTrackerToViewer(text));
  if (told) expect(parseTrackerToViewer(encodeTrackerMessage(told))).toStrictEqual(told);
}

/** The message as text, with a field of our own writing instead of its own. */
function withField(message: object, field: string, value: string): string {
  const others = Object.entries(message).filter(([name]) => name !== field);
  return `{${[...others.map(([name, item]) => `${JSON.stringify(name)}:${JSON.stringify(item)}`), `${JSON.stringify(field)}:${value}`].join(",")}}`;
}

function returned<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch (error) {
    if (error instanceof ProtocolError) return undefined;
    throw error;
  }
}

function check<Values>(property: fc.IProperty<Values>, share = 1): void {
  fc.assert(property, { seed: SEED, numRuns: Math.ceil(RUNS * share) });
}
