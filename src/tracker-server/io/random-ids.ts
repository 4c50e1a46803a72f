import type { PeerId } from "../../protocol/ids.ts";
import type { IdSource } from "../core/viewers.ts";
import { drawRandomBytes } from "./random-pool.ts";

/** Ids that nobody can guess: 60 random bits for a peer, 144 for the token that takes it over. */
export const randomIds: IdSource = {
  newPeerId: () => drawRandomBytes(8).toString("base64url").slice(0, PEER_ID_CHARS) as PeerId,
  newResumeToken: () => drawRandomBytes(18).toString("base64url"),
};

const PEER_ID_CHARS = 10;
