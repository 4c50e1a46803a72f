import Hls from "hls.js";
import { expect, test } from "vitest";
import { OptionError } from "../base/option-error.ts";
import { createSwarm, install, type SwarmOptions } from "./swarm.ts";

const tracker = "wss://tracker.test";
const withServers = (urls: string | string[]): RTCConfiguration => ({
  iceServers: [{ urls, username: "u", credential: "c" }],
});

test.each([
  ["none", {}],
  ["an empty list", { rtc: { iceServers: [] } }],
  ["STUN alone", { rtc: withServers("stun:stun.test") }],
])("[T11] relayOnly without a relay is refused: %s", (_what, options) => {
  expect(() => createSwarm({ tracker, relayOnly: true, ...options })).toThrow(OptionError);
  expect(createSwarm({ tracker, ...options }).stats.tracker).toBe("off");
});

test.each(["turn:turn.test", "turns:turn.test:443?transport=tcp"])("[T11] relayOnly goes with %s", (url) => {
  expect(createSwarm({ tracker, relayOnly: true, rtc: withServers(["stun:stun.test", url]) }).stats.retired).toBe(
    false,
  );
});

test.each(["", "abc", "G".repeat(64), "A".repeat(64)])("[TR72] ticketKey must be a key: %j", (ticketKey) => {
  expect(() => createSwarm({ tracker, ticketKey })).toThrow("64 lowercase hex digits");
  expect(createSwarm({ tracker, ticketKey: "0a".repeat(32) }).stats.retired).toBe(false);
});

test.each(["https://seeder.test", "seeder.test", "wss//seeder.test"])(
  "[SW119] %j is no seeder to fall back to",
  (url) => {
    const fallbackSeeders = ["wss://seeder.test", url];
    expect(() => createSwarm({ tracker, fallbackSeeders })).toThrow(
      `fallbackSeeders must be like wss://seeder.example.com, not ${url}`,
    );
  },
);

/** As from JavaScript, where nobody checks types. */
const untyped = (options: object): SwarmOptions => ({ tracker, ...options });

test.each([
  [untyped({ integrity: "requird" }), "integrity must be required or if-signed, not requird"],
  [untyped({ publisherKey: "abc" }), "publisherKey must be an Ed25519 public key"],
  [untyped({ sharing: { uploadRatioMx: 1 } }), "there is no sharing.uploadRatioMx"],
])(
  "[IN13] [IN24] a slip in %j switches no defence off: it is refused at once, through either door",
  (options, message) => {
    const { abrController } = Hls.DefaultConfig;
    expect(() => createSwarm(options)).toThrow(message);
    expect(() => install(Hls, options)).toThrow(message);
    expect(Hls.DefaultConfig.abrController).toBe(abrController);
  },
);
