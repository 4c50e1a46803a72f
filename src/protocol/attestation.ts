/** What a tracker signs when it attests the hashes of a segment's chunks (`docs/protocol.md`, IN14). Signing is io's. */
import { bytesOfHex, type SwarmId } from "./ids.ts";
import { asciiBytes, joinInput } from "./segment-root.ts";
import type { ChunkHashes } from "./tracker-message.ts";

/** Ed25519 signs it as it is. Numbers are decimal, and each line ends with a line feed. */
export function attestationInput(swarm: SwarmId, attested: ChunkHashes): Uint8Array<ArrayBuffer> {
  const { track, sequence, tag, byteLength, from, hashes } = attested;
  const lines = [swarm, track, sequence, tag, byteLength, from, ""].join("\n");
  return joinInput(ATTESTATION_DOMAIN, asciiBytes(lines), bytesOfHex(hashes));
}

/** What is signed is never what is hashed of a chunk or of a root. */
const ATTESTATION_DOMAIN = 2;

/** Of Ed25519. */
export const SIGNATURE_BYTES = 64;
