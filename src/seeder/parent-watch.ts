/**
 * How a seeder stands with its parents, for its operator: which one is linked, which is lost, and why another is not. Stands
 * around the links, as the engine opens and closes them; says a thing when it changes, not with each attempt.
 */
import { tellingSocket, type CallFault } from "../headless/telling-socket.ts";
import type { SwarmId } from "../protocol/ids.ts";
import { decodePeerMessage } from "../protocol/peer-codec.ts";
import type { ByeReason } from "../protocol/peer-message.ts";
import { ProtocolError } from "../protocol/protocol-error.ts";
import type { ProcessLogger } from "../settings/process-logger.ts";
import type { PeerLinkEvents } from "../swarm/io/peer-link.ts";
import { peerUrlOf, type FrameSocketClass, type OpenParentLink } from "../swarm/io/websocket-peer-link.ts";

/**
 * `waiting`: not called yet, or let go for a better one. `lost`: it was linked. `refused`: it has answered, but not as a
 * parent does.
 */
export interface ParentState {
  readonly host: string;
  readonly state: "waiting" | "linked" | "lost" | "unreachable" | "refused";
  /** Why it is not linked. */
  readonly fault: string | undefined;
}

export class ParentWatch {
  readonly #urls: readonly string[];
  readonly #states: ParentState[];
  readonly #logger: ProcessLogger;

  /** `urls`: as the operator names them. */
  constructor(urls: readonly string[], swarm: SwarmId, logger: ProcessLogger) {
    this.#urls = urls.map((url) => peerUrlOf(url, swarm));
    this.#states = urls.map((url) => ({ host: new URL(url).host, state: "waiting", fault: undefined }));
    this.#logger = logger;
  }

  states(): readonly ParentState[] {
    return [...this.#states];
  }

  /** `make`: links over a class of sockets. */
  links(make: (socketClass: FrameSocketClass) => OpenParentLink): OpenParentLink {
    return (url, events, connectTimeoutMs) => {
      const place = this.#urls.indexOf(url);
      const call = new Call();
      const open = make(tellingSocket((fault) => (call.fault = fault)));
      const heard: PeerLinkEvents = {
        ...events,
        open: () => {
          call.phase = "open";
          events.open();
        },
        frame: (frame) => {
          if (!call.hear(frame)) {
            link.close();
            return;
          }
          events.frame(frame);
          // Unless the engine has closed it for what it said.
          if (call.phase !== "open" || call.isLeft || !call.greeted) return;
          call.phase = "linked";
          this.#turn(place, "linked");
        },
        closed: (reason) => {
          const end = call.endOf(reason);
          if (end) this.#turn(place, ...end);
          events.closed(reason);
        },
      };
      const link = open(url, heard, connectTimeoutMs);
      return {
        signal: (text) => {
          link.signal(text);
        },
        send: (frame) => {
          call.said(frame);
          link.send(frame);
        },
        close: () => {
          call.isLeft = true;
          link.close();
        },
      };
    };
  }

  #turn(place: number, state: ParentState["state"], fault?: string): void {
    const before = this.#states[place];
    if (!before || (before.state === state && before.fault === fault)) return;
    const { host } = before;
    this.#states[place] = { host, state, fault };
    if (state === "linked") this.#logger.info("a parent is linked", { parent: host });
    else if (state !== "waiting") this.#logger.warn(SAID[state], { parent: host, why: fault ?? "" });
  }
}

/** One call of a parent, from its beginning to its end. */
class Call {
  phase: "calling" | "open" | "linked" = "calling";
  greeted = false;
  /** The engine wants it no more. */
  isLeft = false;
  fault: CallFault | undefined;
  #goodbye: ByeReason | undefined;
  #ours: ByeReason | undefined;

  /** False for what is no message of a peer, where one is looked at: at the beginning, and at goodbyes. */
  hear(frame: Uint8Array): boolean {
    if (this.phase === "linked" && frame.byteLength !== BYE_BYTES) return true;
    try {
      const message = decodePeerMessage(frame);
      if (message?.type === "bye") this.#goodbye = message.reason;
      if (message?.type === "hello") this.greeted = true;
      return true;
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.fault = { why: `it speaks no protocol of ours: ${error.message}`, answered: true };
      return false;
    }
  }

  /** What goes out tells why the engine closes it. */
  said(frame: Uint8Array): void {
    if (frame.byteLength !== BYE_BYTES) return;
    const message = decodePeerMessage(frame);
    if (message?.type === "bye") this.#ours = message.reason;
  }

  /** How the parent stands after it; undefined when that is no other than before. */
  endOf(reason: string): readonly [ParentState["state"], string?] | undefined {
    const { phase, isLeft, fault } = this;
    const isNotNeeded = isLeft && (phase === "calling" || this.#ours === "idle" || this.#ours === "leaving");
    if (isNotNeeded && !this.#goodbye) return phase === "linked" ? ["waiting"] : undefined;
    const bad = phase === "linked" ? "lost" : phase === "open" || fault?.answered ? "refused" : "unreachable";
    if (this.#goodbye) return [bad, `it said goodbye: ${this.#goodbye}`];
    if (this.#ours) return [bad, this.#ours === "duplicate" ? "it is this seeder itself" : "it broke the protocol"];
    return [bad, fault?.why ?? (isLeft ? "it says nothing" : reason)];
  }
}

/** Its type and its reason. */
const BYE_BYTES = 2;

/** As log lines. */
const SAID = {
  lost: "a parent is lost",
  unreachable: "a parent cannot be reached",
  refused: "a parent does not let us in",
};
