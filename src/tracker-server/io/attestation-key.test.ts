import { createPublicKey, verify } from "node:crypto";
import { expect, test } from "vitest";
import { createAttester } from "./attestation-key.ts";
import { createIds } from "./random-ids.ts";

const SECRET = "a secret of at least 32 characters";
const INPUT = Buffer.from("what is attested");

const isSigned = (publicKey: string, signature: string, input: Uint8Array = INPUT): boolean => {
  const jwk = { kty: "OKP", crv: "Ed25519", x: Buffer.from(publicKey, "hex").toString("base64url") };
  return verify(null, input, createPublicKey({ key: jwk, format: "jwk" }), Buffer.from(signature, "hex"));
};

test("[TK70] what is signed is found signed with the public half, and nothing else is", () => {
  const attester = createAttester(SECRET);
  expect(attester.publicKey).toMatch(/^[0-9a-f]{64}$/);
  expect(attester.sign(INPUT)).toMatch(/^[0-9a-f]{128}$/);
  expect(isSigned(attester.publicKey, attester.sign(INPUT))).toBe(true);
  expect(isSigned(attester.publicKey, attester.sign(INPUT), Buffer.from("another"))).toBe(false);
});

test("[TK70] all who share a secret have one key, and others have another", () => {
  const [one, other] = [createIds(SECRET), createIds(SECRET)].map(({ attester }) => attester);
  expect(one?.publicKey).toBe(other?.publicKey);
  expect(one && other && isSigned(other.publicKey, one.sign(INPUT))).toBe(true);
  const keys = [createIds(`${SECRET}!`), createIds(), createIds()].map(({ attester }) => attester?.publicKey);
  expect(new Set([one?.publicKey, ...keys]).size).toBe(4);
});

test("[TK70] whoever is not to attest has no key", () => {
  expect(createIds(SECRET, undefined, false).attester).toBeUndefined();
});
