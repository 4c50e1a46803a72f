/**
 * What a viewer shows of itself, for one session: to its tracker a ticket and the public half of a key, to its peers
 * descriptions that this key has signed. Stands around the links of a driver, which knows nothing of either; lets in no
 * description of a peer that somebody has changed on the way. Keeps nothing when the session is over.
 */
import type { Logger } from "../../base/logger.ts";
import type { PeerId, SwarmId } from "../../protocol/ids.ts";
import { bytesOfHex, SWARM_ID_PATTERN } from "../../protocol/ids.ts";
import type { TrackerToViewer, ViewerToTracker } from "../../protocol/tracker-message.ts";
import { FORGED_SIGNAL } from "../core/event.ts";
import { createSigner, isSignedBy, type Signer } from "./ed25519.ts";
import type { OpenPeerLink } from "./peer-link.ts";
import { encodePeerSignal, parsePeerSignal, signedText } from "./peer-signal.ts";
import { claimsOf, isTicketFor, swarmsOf } from "./ticket.ts";
import type { OpenTrackerLink } from "./tracker-link.ts";
import type { OpenParentLink } from "./websocket-peer-link.ts";

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
  #shown: string | undefined;
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
          if (isWaiting) this.#warn("no ticket in time");
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
            if (await this.#isGenuine(peer, text).catch(() => false)) link.signal(text);
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

  /**
   * Shows seeders the newest ticket, if any, and calls them by the swarm that it admits to. An old one may be refused, and
   * then the next call has another.
   */
  parentLinks(open: OpenParentLink): OpenParentLink {
    return (url, events, connectTimeoutMs) => {
      if (this.#shown) this.#renewTicket();
      const shown = this.#shown === undefined ? "" : `?ticket=${this.#shown}`;
      return open(url.replace(/[^/]*$/, this.#swarm) + shown, events, connectTimeoutMs);
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
    const key = (await this.#signer)?.publicKey;
    const ticket = await this.#ticket;
    const { swarm, ...needed } = this.#options;
    if (needed.ticketKey && !key) this.#warn("this browser has no Ed25519");
    else if (needed.ticket && !ticket) this.#warn("no ticket");
    else {
      this.#swarm = ticket ? admittedTo(ticket, swarm) : swarm;
      return { ...join, swarm: this.#swarm, ticket, key };
    }
    return undefined;
  }

  #askTicket(): void {
    const { ticket, swarm } = this.#options;
    this.#askedAt = performance.now();
    this.#ticket = (async () => {
      try {
        return (this.#shown =
          typeof ticket === "function" ? await ticket({ key: (await this.#signer)?.publicKey, swarm }) : ticket);
      } catch (error) {
        this.#warn(String(error));
        return undefined;
      }
    })();
  }

  #renewTicket(): void {
    if (performance.now() > this.#askedAt + RENEW_MS) this.#askTicket();
  }

  async #sign(to: PeerId, text: string): Promise<string> {
    const signal = parsePeerSignal(text);
    const signer = await this.#signer;
    const from = this.#self;
    if (signal.type === "candidates" || !signer || !from) return text;
    const { ticketKey } = this.#options;
    if (ticketKey) this.#renewTicket();
    const ticket = ticketKey && (await this.#ticket);
    const signature = await signer.sign(signedText({ swarm: this.#swarm, from, to }, signal));
    return encodePeerSignal({ ...signal, key: signer.publicKey, signature, ticket });
  }

  /** Whether what came is the peer's own, as far as can be told. Throws or rejects when it is no signal at all. */
  async #isGenuine(from: PeerId, text: string): Promise<boolean> {
    const signal = parsePeerSignal(text);
    if (signal.type === "candidates") return true;
    const { key, signature, ticket = "" } = signal;
    const { ticketKey } = this.#options;
    const swarm = this.#swarm;
    const known = this.#keys.get(from);
    // Where one of the two has no Ed25519 nothing is proven; a site that wants it in any case gives `ticketKey`.
    if (!key || !signature || !(await this.#signer)) return !ticketKey && !known;
    if (known && known !== key) return false;
    if (ticketKey && !(await isTicketFor(ticket, { siteKey: ticketKey, key, swarm }))) return false;
    const route = { swarm, from, to: this.#self ?? "" };
    if (!(await isSignedBy(key, bytesOfHex(signature), signedText(route, signal)))) return false;
    if (this.#keys.size >= KEYS_MAX) this.#keys.clear();
    this.#keys.set(from, key);
    return true;
  }

  #warn(why: string): void {
    this.#options.logger.warn("swarm:tracker", () => `no swarm: ${why}`);
  }
}

/** Of the swarms that a ticket lists `swarm`, if it is one of them, else the first. A tracker may have tickets of another kind. */
export function admittedTo(ticket: string, swarm: SwarmId): SwarmId {
  try {
    const swarms = swarmsOf(claimsOf(ticket)).filter(isSwarmId);
    return swarms.includes(swarm) ? swarm : (swarms[0] ?? swarm);
  } catch {
    return swarm;
  }
}

const isSwarmId = (value: unknown): value is SwarmId => typeof value === "string" && SWARM_ID_PATTERN.test(value);

/** Tickets live for some minutes: instead of an older one peers are shown another. */
const RENEW_MS = 240_000;

/** Peers are introduced a few at a time; the oldest of so many are long gone. */
const KEYS_MAX = 1024;
