import type { PeerId } from "../../protocol/ids.ts";
import type { IdSource } from "../core/viewers.ts";
import { drawRandomBytes } from "./random-pool.ts";
import { ResumeTokens } from "./resume-tokens.ts";

/** Ids that nobody can guess: 60 random bits for a peer; with the secret that signs the tokens which take them over. */
export function createIds(secret = drawRandomBytes(SECRET_BYTES).toString("hex")): IdSource {
  const tokens = new ResumeTokens(secret);
  return {
    newPeerId: () => drawRandomBytes(8).toString("base64url").slice(0, PEER_ID_CHARS) as PeerId,
    resumeToken: (peer, swarm) => tokens.sign(peer, swarm),
    ownerOf: (token, swarm) => tokens.read(token, swarm),
  };
}

const PEER_ID_CHARS = 10;
const SECRET_BYTES = 32;
