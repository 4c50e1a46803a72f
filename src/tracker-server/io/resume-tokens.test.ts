import { expect, test } from "vitest";
import type { PeerId, SwarmId } from "../../protocol/ids.ts";
import { ResumeTokens } from "./resume-tokens.ts";

const SECRET = "a secret of at least 32 characters";
const [PEER, OTHER] = ["AbCdEf_-09" as PeerId, "AbCdEf_-08" as PeerId];
const [SWARM, ELSEWHERE] = ["swarm_of-16chars" as SwarmId, "swarm_of-16charz" as SwarmId];
const HOUR_MS = 3_600_000;

test("[TK43] a token is good for its peer and swarm, in every process with the secret", () => {
  const token = new ResumeTokens(SECRET).sign(PEER, SWARM);
  expect(new ResumeTokens(SECRET).read(token, SWARM)).toEqual({ peer: PEER });
  expect(new ResumeTokens(SECRET).read(token, ELSEWHERE)).toBeUndefined();
  expect(new ResumeTokens(`${SECRET}!`).read(token, SWARM)).toBeUndefined();
});

test("[TK43] a token lasts a day", () => {
  let now = 1_795_000_000_000;
  const tokens = new ResumeTokens(SECRET, () => now);
  const token = tokens.sign(PEER, SWARM);
  now += 23 * HOUR_MS;
  expect(tokens.read(token, SWARM)).toEqual({ peer: PEER });
  now += HOUR_MS;
  expect(tokens.read(token, SWARM)).toBeUndefined();
});

test("[TK43] no character of a token can be changed, left out or added", () => {
  const tokens = new ResumeTokens(SECRET);
  const token = tokens.sign(PEER, SWARM);
  for (let at = 0; at < token.length; at++) {
    const other = token[at] === "A" ? "B" : "A";
    expect(tokens.read(token.slice(0, at) + other + token.slice(at + 1), SWARM)).toBeUndefined();
    expect(tokens.read(token.slice(0, at) + token.slice(at + 1), SWARM)).toBeUndefined();
    expect(tokens.read(`${token.slice(0, at)}é${token.slice(at + 1)}`, SWARM)).toBeUndefined();
  }
  expect(tokens.read(token.replace(PEER, OTHER), SWARM)).toBeUndefined();
  for (const rubbish of ["", "1", "x".repeat(37), token + token]) expect(tokens.read(rubbish, SWARM)).toBeUndefined();
});

test("[TI6] what is left of a ticket is in the token, signed, and within what a token may have", () => {
  const tokens = new ResumeTokens(SECRET);
  const pass = { ticket: "t".repeat(64), class: "c".repeat(32), isTrusted: true };
  const token = tokens.sign(PEER, SWARM, pass);
  expect(token.length).toBeLessThanOrEqual(256);
  expect(tokens.read(token, SWARM)).toEqual({ peer: PEER, pass });
  const plain = { ticket: "a", class: undefined, isTrusted: false };
  expect(tokens.read(tokens.sign(PEER, SWARM, plain), SWARM)).toEqual({ peer: PEER, pass: plain });
  for (const forged of [token.replace(".ttt", ".utt"), token.replace(/1$/, ""), token.replace(/\..*/, ""), `${token}.`])
    expect(tokens.read(forged, SWARM)).toBeUndefined();
  expect(tokens.read(`${tokens.sign(PEER, SWARM)}.a..1`, SWARM)).toBeUndefined();
});
