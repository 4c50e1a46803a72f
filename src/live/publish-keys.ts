/** The keys that let somebody publish: secrets that the operator hands out. Knows nothing of HTTP or RTMP. */
import { createHash, timingSafeEqual } from "node:crypto";
import { OptionError } from "../base/option-error.ts";

/** Why somebody may not publish; `missing` is who has shown no key at all. */
export type KeyFault = "missing" | "wrong" | "closed";

export interface PublishKeys {
  /** Undefined when whoever shows this key may publish. */
  faultOf(key: string | undefined): KeyFault | undefined;
}

/** Whoever has one of these. Throws an {@link OptionError} when one could be guessed. */
export function publishKeysOf(keys: readonly string[]): PublishKeys {
  if (keys.some((key) => !KEY_PATTERN.test(key)))
    throw new OptionError(
      `a publish key must have ${String(KEY_CHARS_MIN)} to 256 characters A-Z a-z 0-9 . _ ~ -, which need no escape in an address`,
    );
  const digests = keys.map(digestOf);
  return {
    faultOf(key) {
      if (key === undefined || key === "") return "missing";
      const shown = digestOf(key);
      // All are compared, and digests instead of keys: the time tells neither how long a key is nor how much of it was right.
      const hits = digests.filter((digest) => timingSafeEqual(digest, shown));
      return hits.length > 0 ? undefined : "wrong";
    },
  };
}

/** Nobody over the network: what the operator starts alone is published. */
export const NOBODY: PublishKeys = { faultOf: () => "closed" };
/** Everybody who can reach the port. */
export const EVERYBODY: PublishKeys = { faultOf: () => undefined };

const digestOf = (key: string): Buffer => createHash("sha256").update(key).digest();

/** 95 bits of what a generator makes; a shorter one is a word. */
const KEY_CHARS_MIN = 16;
const KEY_PATTERN = /^[\w.~-]{16,256}$/;
