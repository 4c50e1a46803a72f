/** The keys that the trackers of this session sign with (IN14). Without Ed25519 in the browser no signature is good. */
import { isSignature, importKey } from "./ed25519.ts";

export class AttestationKeys {
  /** By their digits, the newest last. */
  readonly #keys = new Map<string, Promise<CryptoKey>>();

  /** Returns whether signatures of this key can be checked here. */
  async add(digits: string): Promise<boolean> {
    const known = this.#keys.get(digits);
    this.#keys.delete(digits);
    const key = known ?? importKey(digits);
    this.#keys.set(digits, key);
    if (this.#keys.size > KEYS_MAX)
      for (const oldest of this.#keys.keys()) {
        this.#keys.delete(oldest);
        break;
      }
    return key.then(
      () => true,
      () => false,
    );
  }

  async verify(input: Uint8Array<ArrayBuffer>, signature: Uint8Array<ArrayBuffer>): Promise<boolean> {
    for (const coming of [...this.#keys.values()].reverse()) {
      const key = await coming.catch(() => undefined);
      if (key && (await isSignature(key, signature, input))) return true;
    }
    return false;
  }
}

/** Trackers of one list share a key; one more for when it is changed, and as many again. */
const KEYS_MAX = 4;
