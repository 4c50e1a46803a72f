/** Whether a publisher has signed a root (`docs/protocol.md`, IN23 to IN25), by the browser's own Ed25519 (RFC 8032). */
import type { Logger } from "../../base/logger.ts";
import { bytesOfHex } from "../../protocol/ids.ts";
import { renditionNames, signedText, type SegmentRoot } from "../../protocol/segment-root.ts";
import { isSignedBy } from "./ed25519.ts";

/** Named by the page, which does not come from the CDN. */
export interface Publisher {
  /** 64 hex digits. */
  readonly key: string;
  /** What the page calls the stream; empty where it has no name for it. */
  readonly stream: string;
}

/**
 * Without a publisher every root counts. Without Ed25519 (before Chromium 137, Firefox 129, Safari 17, and on pages that
 * did not come over HTTPS) none does.
 */
export async function hasSigned(publisher: Publisher | undefined, root: SegmentRoot, log: Logger): Promise<boolean> {
  if (!publisher) return true;
  const { signed } = root;
  try {
    const signature = bytesOfHex(signed?.signature ?? "");
    for (const rendition of signed ? renditionNames(new URL(signed.playlistUrl).pathname) : [])
      if (await isSignedBy(publisher.key, signature, signedText(root, publisher.stream, rendition))) return true;
    log.warn("swarm", () => `the publisher has not signed ${JSON.stringify(root)}`);
  } catch (error) {
    log.warn("swarm", () => `no check of signatures here: ${String(error)}`);
  }
  return false;
}
