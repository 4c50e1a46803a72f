import { expect, test } from "vitest";
import { OptionError } from "../base/option-error.ts";
import { createSwarm } from "./swarm.ts";

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
