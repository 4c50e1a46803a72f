import { createPrivateKey, createPublicKey, hkdfSync, sign } from "node:crypto";
import type { Attester } from "../core/attestation.ts";

/**
 * The Ed25519 key that a tracker attests with, made of its secret: so all processes with one secret have the same, and so
 * does each of them after a restart. Nothing of the secret can be told from it.
 */
export function createAttester(secret: string): Attester {
  const seed = Buffer.from(hkdfSync("sha256", secret, "", KEY_LABEL, SEED_BYTES));
  const key = createPrivateKey({ key: Buffer.concat([PKCS8_HEAD, seed]), format: "der", type: "pkcs8" });
  const spki = createPublicKey(key).export({ format: "der", type: "spki" });
  return {
    publicKey: spki.subarray(-KEY_BYTES).toString("hex"),
    sign: (input) => sign(null, input, key).toString("hex"),
  };
}

/** Keeps this key apart from whatever else is made of the secret (RFC 5869 section 3.2). */
const KEY_LABEL = "hls-swarm attestation 1";

/** Ed25519's private key is a seed of 32 bytes, and so long is the public one (RFC 8032 section 5.1). */
const SEED_BYTES = 32;
const KEY_BYTES = 32;

/** What stands before the seed of an Ed25519 key in PKCS #8 (RFC 8410 section 7). */
const PKCS8_HEAD = Buffer.from("302e020100300506032b657004220420", "hex");
