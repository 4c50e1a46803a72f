import type { PeerId } from "../../protocol/ids.ts";
import type { NodeId } from "../core/bus-record.ts";
import { NODE_ID_CHARS } from "../core/peer-routes.ts";
import type { IdSource } from "../core/joining.ts";
import { createAttester } from "./attestation-key.ts";
import { drawRandomBytes } from "./random-pool.ts";
import { ResumeTokens } from "./resume-tokens.ts";

/**
 * Ids that nobody can guess: 48 random bits for a peer; with the secret that signs the tokens which take them over, and,
 * unless it is not to attest, what peers' bytes are checked against.
 */
export function createIds(
  secret = drawRandomBytes(SECRET_BYTES).toString("hex"),
  readers: Pick<IdSource, "readTicket" | "readSeederTicket"> = {},
  attests = true,
): IdSource {
  const tokens = new ResumeTokens(secret);
  return {
    attester: attests ? createAttester(secret) : undefined,
    newPeerId: (node) => (node + drawRandomBytes(6).toString("base64url")) as PeerId,
    resumeToken: (peer, swarm, pass) => tokens.sign(peer, swarm, pass),
    ownerOf: (token, swarm) => tokens.read(token, swarm),
    ...readers,
  };
}

/** The characters that all peer ids of a process begin with: one of 4,096, so that a dozen processes seldom clash. */
export const newNodeId = (): NodeId => drawRandomBytes(2).toString("base64url").slice(0, NODE_ID_CHARS);

/** Tells this process from any other that ever drew the same node id. */
export const newBootId = (): string => drawRandomBytes(12).toString("base64url");

const SECRET_BYTES = 32;
