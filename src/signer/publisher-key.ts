/** The publisher's key pair (Ed25519): a PEM file here, 64 hex digits in the page. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, sign, type KeyObject } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { OptionError } from "../base/option-error.ts";
import { signedText, type SegmentRoot } from "../protocol/segment-root.ts";

export class PublisherKey {
  readonly #key: KeyObject;
  readonly #stream: string;

  /** Rejects with an {@link OptionError} for what is no such file. `stream` is the page's `contentId`. */
  static async read(file: string, stream: string): Promise<PublisherKey> {
    const pem = await readFile(file).catch((error: unknown) => {
      throw new OptionError(`${file} cannot be read: ${String(error)}`);
    });
    try {
      const key = createPrivateKey(pem);
      if (key.asymmetricKeyType === "ed25519") return new PublisherKey(key, stream);
    } catch {
      // Its own words are OpenSSL's.
    }
    throw new OptionError(`${file} is no private Ed25519 key in PEM`);
  }

  constructor(key: KeyObject, stream: string) {
    this.#key = key;
    this.#stream = stream;
  }

  /** What a page gives as `publisherKey`. */
  get publicKey(): string {
    const { x = "" } = createPublicKey(this.#key).export({ format: "jwk" });
    return Buffer.from(x, "base64url").toString("hex");
  }

  sign(root: SegmentRoot, rendition: string): string {
    return sign(null, Buffer.from(signedText(root, this.#stream, rendition)), this.#key).toString("hex");
  }
}

/** Where there is a file already it stays: the old key may be in pages. */
export async function writeNewKey(file: string): Promise<PublisherKey> {
  const { privateKey } = generateKeyPairSync("ed25519");
  try {
    await writeFile(file, privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600, flag: "wx" });
  } catch (error) {
    throw new OptionError(`${file} cannot be written: ${String(error)}`);
  }
  return new PublisherKey(privateKey, "");
}
