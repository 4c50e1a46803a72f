/**
 * What a viewer shows of itself, for one session: to its tracker a ticket and the public half of a key, to its peers
 * descriptions that this key has signed. Stands around the links of a driver, which knows nothing of either; lets in no
 * description of a peer that somebody has changed on the way. Keeps nothing when the session is over.
 */
import type { Logger } from "../../base/logger.ts";
import type { PeerId, SwarmId } from "../../protocol/ids.ts";
import { SWARM_ID_PATTERN } from "../../protocol/ids.ts";
import type { TrackerToViewer, ViewerToTracker } from "../../protocol/tracker-message.ts";
import { FORGED_SIGNAL } from "../core/event.ts";
import { bytesOfHex, createSigner, isSignedBy, type Signer } from "./ed25519.ts";
import type { OpenPeerLink } from "./peer-link.ts";
import { encodePeerSignal, parsePeerSignal, signedText, type PeerDescription } from "./peer-signal.ts";
import { isTicketFor, readTicket } from "./ticket.ts";
import type { OpenTrackerLink } from "./tracker-link.ts";

/** Whom a ticket is for. */
export interface TicketViewer {
  /** Ed25519 public key of this session, 64 lowercase hex digits; undefined where the browser has no Ed25519. */
  readonly key: string | undefined;
  /** The id that the swarm has without a ticket that says otherwise. */
  readonly swarm: string;
}

export type TicketSource = string | ((viewer: TicketViewer) => string | Promise<string>);

export interface ViewerIdentityOptions {
  readonly swarm: SwarmId;
  readonly ticket?: TicketSource | undefined;
  /** The site's public key: peers must show tickets that it has signed. */
  readonly ticketKey?: string | undefined;
  readonly logger: Logger;
}

type Join = Extract<ViewerToTracker, { type: "join" }>;

export class ViewerIdentity {
  readonly #options: ViewerIdentityOptions;
  #swarm: SwarmId;
  /** Made when the first tracker is called. */
  #signer: Promise<Signer | undefined> | undefined;
  #ticket: Promise<string | undefined> | undefined;
  #askedAt = -Infinity;
  /** The tracker knows us and asks for no other ticket. */
  #isKnown = false;
  #self: PeerId | undefined;
  #stun: readonly string[] = [];
  /** The keys that peers have shown: an id belongs to the first. */
  readonly #keys = new Map<PeerId, string>();

  constructor(options: ViewerIdentityOptions) {
    this.#options = options;
    this.#swarm = options.swarm;
  }

  /** Adds ticket and key to what `open`'s links say. A link without the ticket that it needs is closed. */
  trackerLinks(open: OpenTrackerLink): OpenTrackerLink {
    return (url, events) => {
      this.#signer ??= createSigner();
      // While the socket opens; a list of trackers asks for none.
      if (!this.#isKnown && !/^http/i.test(url)) this.#askTicket();
      let isWaiting = false;
      const link = open(url, {
        ...events,
        message: (message) => {
          this.#hear(message);
          events.message(message);
        },
      });
      const join = async (message: Join): Promise<void> => {
        isWaiting = true;
        const admission = await this.#admission(message);
        isWaiting = false;
        if (admission) link.send(admission);
        else link.close();
      };
      return {
        send(message) {
          if (message.type === "join") void join(message);
          else link.send(message);
        },
        close: () => {
          if (isWaiting) this.#warn("no ticket came in time");
          link.close();
        },
      };
    };
  }

  /** Signs what `open`'s links describe, and keeps from them what is not signed as it should be. */
  peerLinks(open: OpenPeerLink): OpenPeerLink {
    return (options) => {
      const { peer, events, rtc } = options;
      let isClosed = false;
      let refusal: string | undefined;
      // One after the other: candidates must not overtake their description.
      let told = Promise.resolve();
      let heard = Promise.resolve();
      const link = open({
        ...options,
        rtc: { iceServers: this.#stun.length > 0 ? [{ urls: [...this.#stun] }] : [], ...rtc },
        events: {
          ...events,
          signal: (text) => {
            told = told.then(async () => {
              const signed = await this.#sign(peer, text);
              if (!isClosed) events.signal(signed);
            });
          },
          closed: (reason) => {
            isClosed = true;
            events.closed(refusal ?? reason);
          },
        },
      });
      return {
        signal: (text) => {
          heard = heard.then(async () => {
            if (await this.#isGenuine(peer, text)) link.signal(text);
            else if (!isClosed) {
              refusal = FORGED_SIGNAL;
              link.close();
            }
          });
        },
        send: (frame) => {
          link.send(frame);
        },
        close: () => {
          link.close();
        },
      };
    };
  }

  #hear(message: TrackerToViewer): void {
    if (message.type === "joined") {
      this.#isKnown = true;
      this.#self = message.peer;
      this.#stun = message.stun ?? [];
    } else if (message.type === "error" && message.code === "bad-ticket") {
      this.#isKnown = false;
      this.#warn(message.message);
    }
  }

  /** `join` as it goes out; undefined when there is nothing to be let in with. */
  async #admission(join: Join): Promise<Join | undefined> {
    const signer = await this.#signer;
    const ticket = await this.#ticket;
    if (this.#options.ticketKey && !signer) {
      this.#warn("this browser has no Ed25519, which ticketKey asks for");
      return undefined;
    }
    if (this.#options.ticket !== undefined && ticket === undefined) return undefined;
    const swarms = ticket === undefined ? undefined : readTicket(ticket)?.swarms;
    const [first] = swarms ?? [];
    const { swarm } = this.#options;
    this.#swarm = swarm;
    if (typeof first === "string" && SWARM_ID_PATTERN.test(first) && !swarms?.includes(swarm))
      this.#swarm = first as SwarmId;
    return { ...join, swarm: this.#swarm, ticket, key: signer?.publicKey };
  }

  #askTicket(): void {
    const { ticket, swarm } = this.#options;
    this.#askedAt = performance.now();
    this.#ticket = (async () => {
      try {
        const key = (await this.#signer)?.publicKey;
        const given: unknown = typeof ticket === "function" ? await ticket({ key, swarm }) : ticket;
        if (typeof given === "string" && given) return given;
        if (ticket !== undefined) this.#warn("ticket gave none");
      } catch (error) {
        this.#warn(`ticket failed: ${String(error)}`);
      }
      return undefined;
    })();
  }

  /** The ticket to show to a peer: another, once the one that we came in with has expired. */
  async #validTicket(): Promise<string | undefined> {
    const ticket = await this.#ticket;
    const exp = ticket === undefined ? undefined : readTicket(ticket)?.exp;
    const isOld = typeof exp === "number" && exp * 1000 < Date.now();
    if (isOld && performance.now() > this.#askedAt + RENEW_MS_MIN) this.#askTicket();
    return (await this.#ticket) ?? ticket;
  }

  async #sign(to: PeerId, text: string): Promise<string> {
    const signal = parsePeerSignal(text);
    const signer = await this.#signer;
    if (signal.type === "candidates" || !signer || this.#self === undefined) return text;
    const ticket = this.#options.ticketKey ? await this.#validTicket() : undefined;
    const signature = await signer.sign(signedText({ swarm: this.#swarm, from: this.#self, to }, signal));
    return encodePeerSignal({ ...signal, proof: { key: signer.publicKey, signature, ticket } });
  }

  /** Whether what came is the peer's own, as far as can be told. What is no signal the link itself refuses. */
  async #isGenuine(from: PeerId, text: string): Promise<boolean> {
    let signal;
    try {
      signal = parsePeerSignal(text);
    } catch {
      return true;
    }
    return signal.type === "candidates" || this.#isProven(from, signal);
  }

  async #isProven(from: PeerId, signal: PeerDescription): Promise<boolean> {
    const { ticketKey } = this.#options;
    const { proof } = signal;
    const to = this.#self ?? "";
    const known = this.#keys.get(from);
    // Where one of the two cannot sign or verify there is no proof; a site that wants it in any case gives `ticketKey`.
    if (!proof || !(await this.#signer)) return !ticketKey && known === undefined;
    const { key, signature, ticket } = proof;
    if (known !== undefined && known !== key) return false;
    const swarm = this.#swarm;
    if (ticketKey) {
      const nowSeconds = Date.now() / 1000;
      if (!(await isTicketFor(ticket, { siteKey: ticketKey, key, swarm, nowSeconds }))) return false;
    }
    if (!(await isSignedBy(key, bytesOfHex(signature), signedText({ swarm, from, to }, signal)))) return false;
    if (this.#keys.size >= KEYS_MAX) this.#keys.clear();
    this.#keys.set(from, key);
    return true;
  }

  #warn(what: string): void {
    this.#options.logger.warn("swarm:tracker", () => `not in the swarm, playing from the CDN alone: ${what}`);
  }
}

/** A site whose tickets have expired when they come is not asked for each link. */
const RENEW_MS_MIN = 60_000;

/** Peers are introduced a few at a time; the oldest of so many are long gone. */
const KEYS_MAX = 1024;
