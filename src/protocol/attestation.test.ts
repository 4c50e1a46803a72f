import { expect, test } from "vitest";
import { attestationInput } from "./attestation.ts";
import { trackIdOf, type SwarmId } from "./ids.ts";

const SWARM = "a-swarm-of-viewers" as SwarmId;
const attested = {
  track: trackIdOf("video"),
  sequence: 12,
  tag: 0xffff_ffff,
  byteLength: 70_000,
  from: 1,
  hashes: "00ff".repeat(8) + "10".repeat(16),
};

test("[IN14] an attestation signs swarm, segment, size and place of the hashes, each on its line, and the hashes", () => {
  const input = attestationInput(SWARM, attested);
  const lines = `a-swarm-of-viewers\n${attested.track}\n12\n4294967295\n70000\n1\n`;
  expect(input[0]).toBe(2);
  expect(String.fromCharCode(...input.subarray(1, 1 + lines.length))).toBe(lines);
  expect([...input.subarray(1 + lines.length)]).toEqual([
    ...Array.from({ length: 8 }, () => [0x00, 0xff]).flat(),
    ...Array.from({ length: 16 }, () => 0x10),
  ]);
});

test("[IN14] [T4] whatever differs makes another input", () => {
  const input = String(attestationInput(SWARM, attested));
  for (const change of [
    { sequence: 1 },
    { tag: 2 },
    { byteLength: 69_999 },
    { from: 2 },
    { track: trackIdOf("audio") },
  ])
    expect(String(attestationInput(SWARM, { ...attested, ...change }))).not.toBe(input);
  expect(String(attestationInput("another-swarm-of-viewers" as SwarmId, attested))).not.toBe(input);
});
