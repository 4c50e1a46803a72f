/**
 * Tickets as a site issues them (TI1 to TI3): JSON Web Tokens (RFC 7519) signed with HS256 or EdDSA, so that a site in any
 * language can make the same with its own library. For Node only; knows nothing of the tracker but what it will check.
 */
import { createHmac, createPrivateKey, createPublicKey, randomBytes, sign, type KeyObject } from "node:crypto";
import { OptionError } from "../base/option-error.ts";
import { SWARM_ID_PATTERN, type SwarmId } from "../protocol/ids.ts";
import { ProtocolError } from "../protocol/protocol-error.ts";
import {
  parseTicketClaims,
  TICKET_SECRET_CHARS_MIN,
  TICKET_TTL_SECONDS,
  TICKET_TTL_SECONDS_MAX,
} from "../protocol/ticket.ts";

/** What the site signs with: a secret that the tracker has, too, or a private key of which the tracker has the other half. */
export type TicketSigner =
  { /** At least 32 characters. */ readonly secret: string } | { /** Ed25519, PEM. */ readonly privateKey: string };

export interface TicketOptions {
  /** What is to be watched: any text that is the same for all its viewers. Several for a page with several streams. */
  readonly content?: string | readonly string[] | undefined;
  /** Swarm ids, where they are not to be made of `content`. */
  readonly swarms?: readonly string[] | undefined;
  /** For how long it lets somebody in, at most a day. Who is in may stay. Default 300. */
  readonly ttlSeconds?: number | undefined;
  /** How often it lets somebody in. Default 4. */
  readonly uses?: number | undefined;
  /** What the viewer may see, like `gold` or `fr`: viewers of different classes never meet. */
  readonly class?: string | undefined;
  /** For the operator's own: its word on what the origin sent is enough, and it may be a seeder. */
  readonly role?: "trusted" | undefined;
  /** The viewer's own public key, 64 hex digits: whoever has the ticket without the key is not let in. */
  readonly key?: string | undefined;
  /** By which it can be revoked. Default: 12 random characters. */
  readonly id?: string | undefined;
}

/** A ticket for one viewer. Throws an {@link OptionError} that names what is wrong. Takes 14 µs, half a millisecond with a key. */
export function issueTicket(signer: TicketSigner, options: TicketOptions): string {
  const { content = [], swarms = [], ttlSeconds = TICKET_TTL_SECONDS, id } = options;
  const contents = typeof content === "string" ? [content] : content;
  if (!(Number.isInteger(ttlSeconds) && ttlSeconds >= 1 && ttlSeconds <= TICKET_TTL_SECONDS_MAX))
    throw new OptionError(`ttlSeconds must be a whole number from 1 to ${String(TICKET_TTL_SECONDS_MAX)}`);
  const key = keyOf(signer);
  const claims = {
    jti: id ?? randomBytes(9).toString("base64url"),
    exp: Math.floor(Date.now() / 1000) + ttlSeconds,
    swarms: [...contents.map((text) => idOf(key, text)), ...swarms],
    ...(options.uses !== undefined && { uses: options.uses }),
    ...(options.class !== undefined && { class: options.class }),
    ...(options.role !== undefined && { role: options.role }),
    ...(options.key !== undefined && { key: options.key }),
  };
  try {
    parseTicketClaims(claims);
  } catch (error) {
    throw new OptionError(`no ticket: ${error instanceof ProtocolError ? error.message : String(error)}`);
  }
  const head = encoded({ alg: typeof key === "string" ? "HS256" : "EdDSA", typ: "JWT" });
  const text = `${head}.${encoded(claims)}`;
  const signature =
    typeof key === "string" ? createHmac("sha256", key).update(text).digest() : sign(null, Buffer.from(text), key);
  return `${text}.${signature.toString("base64url")}`;
}

/** The swarm of a content: nobody can compute it who has not what the site signs with (TI7). */
export const keyedSwarmId = (signer: TicketSigner, content: string): SwarmId => idOf(keyOf(signer), content);

/** What trackers and players are told so that they know the site's signature: 64 hex digits. */
export function publicKeyOf(privateKey: string): string {
  const { x = "" } = createPublicKey(privateKeyOf(privateKey)).export({ format: "jwk" });
  return Buffer.from(x, "base64url").toString("hex");
}

function idOf(key: string | KeyObject, content: string): SwarmId {
  if (content === "") throw new OptionError("content must name what is watched, and not be empty");
  const secret = typeof key === "string" ? key : key.export({ type: "pkcs8", format: "der" });
  // No ticket has a line break, so that no signature of one is ever the id of another.
  const id = createHmac("sha256", secret).update(`hls-swarm swarm\n${content}`).digest("base64url");
  if (!SWARM_ID_PATTERN.test(id)) throw new Error("43 characters of base64url are a swarm id");
  return id as SwarmId;
}

function keyOf(signer: TicketSigner): string | KeyObject {
  if ("privateKey" in signer) return privateKeyOf(signer.privateKey);
  if (signer.secret.length < TICKET_SECRET_CHARS_MIN)
    throw new OptionError(`secret must have at least ${String(TICKET_SECRET_CHARS_MIN)} characters`);
  return signer.secret;
}

function privateKeyOf(pem: string): KeyObject {
  let key: KeyObject | undefined;
  try {
    key = createPrivateKey(pem);
  } catch {
    // Said below: what the parser says may quote the key.
  }
  if (key?.asymmetricKeyType !== "ed25519") throw new OptionError("privateKey must be an Ed25519 private key, PEM");
  return key;
}

const encoded = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
