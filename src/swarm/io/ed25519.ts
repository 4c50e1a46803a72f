/** Ed25519 (RFC 8032) by the browser's own hand: one key pair, and the check of others' signatures. Keys are hex. */
import { bytesOfHex, hexOf } from "../../protocol/ids.ts";

export interface Signer {
  readonly publicKey: string;
  /** 128 hex digits. */
  sign(text: string): Promise<string>;
}

/**
 * A key pair that nothing can read out and that nobody keeps. Undefined where there is no Ed25519: browsers before
 * Chromium 137, Firefox 129 and Safari 17, and pages that did not come over HTTPS.
 */
export async function createSigner(): Promise<Signer | undefined> {
  try {
    const pair = await crypto.subtle.generateKey(ED25519, false, ["sign", "verify"]);
    if (!("privateKey" in pair)) return undefined;
    return {
      publicKey: hexOf(new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey))),
      sign: async (text) => hexOf(new Uint8Array(await crypto.subtle.sign(ED25519, pair.privateKey, bytesOf(text)))),
    };
  } catch {
    return undefined;
  }
}

/** Whether that key has signed the text. Rejects or says no to what is no key and no signature. */
export async function isSignedBy(key: string, signature: Uint8Array<ArrayBuffer>, text: string): Promise<boolean> {
  return isSignature(await importKey(key), signature, bytesOf(text));
}

/** Rejects what is no key, also where there is no SubtleCrypto: on pages that did not come over HTTPS. */
export const importKey = async (digits: string): Promise<CryptoKey> =>
  crypto.subtle.importKey("raw", bytesOfHex(digits), ED25519, false, ["verify"]);

/** The same for a key that is imported once and used often. */
export const isSignature = (
  key: CryptoKey,
  signature: Uint8Array<ArrayBuffer>,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<boolean> => crypto.subtle.verify(ED25519, key, signature, bytes);

const bytesOf = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

const ED25519 = "Ed25519";
