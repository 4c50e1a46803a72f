/** What a socket is told whose messages are not taken in, whatever they say. */
import type { Rate } from "./rate-limit.ts";
import type { Millis } from "../../base/time.ts";
import type { Refusal } from "./viewers.ts";

export const tooMany = ({ burst, perSecond }: Rate, retryInMs: Millis): Refusal => {
  const message = `at most ${String(perSecond)} messages a second, and ${String(burst)} at once`;
  return { reason: "rate-limited", error: { code: "rate-limited", message, retryInMs } };
};

export const ALREADY_JOINED: Refusal = {
  reason: "already-joined",
  error: { code: "already-joined", message: "a socket joins once: open another, or leave" },
};
export const NOT_JOINED: Refusal = {
  reason: "not-joined",
  error: { code: "not-joined", message: "join a swarm first" },
};

export const bannedFor = (retryInMs: Millis): Refusal => ({
  reason: "banned",
  error: { code: "banned", message: "peers in several networks found what you sent altered", retryInMs },
});
