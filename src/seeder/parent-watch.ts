/**
 * How a seeder stands with its parents, for its operator: which one is linked, which is lost, and why another is not. Stands
 * around the links, as the engine opens and closes them; says a thing when it changes, not with each attempt.
 */
import type { Millis } from "../base/time.ts";
import { tellingSocket, type CallFault } from "../headless/telling-socket.ts";
import type { SwarmId } from "../protocol/ids.ts";
import { decodePeerMessage } from "../protocol/peer-codec.ts";
import { ProtocolError } from "../protocol/protocol-error.ts";
import type { ProcessLogger } from "../settings/process-logger.ts";
import type { PeerLink } from "../swarm/io/peer-link.ts";
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
      const link: PeerLink = make(tellingSocket((fault) => (call.fault = fault)))(
        url,
        {
          ...events,
          open: () => {
            call.opened();
            events.open();
          },
          frame: (frame) => {
            try {
              if (call.hear(frame)) this.#turn(place, "linked");
            } catch (error) {
              if (!(error instanceof ProtocolError)) throw error;
              call.fault = { why: `it speaks no protocol of ours: ${error.message}`, answered: true };
              link.close();
              return;
            }
            events.frame(frame);
          },
          closed: (reason) => {
            const end = call.endOf(reason);
            if (end) this.#turn(place, ...end);
            events.closed(reason);
          },
        },
        connectTimeoutMs,
      );
      return {
        signal: (text) => {
          link.signal(text);
        },
        send: (frame) => {
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
    else if (fault !== undefined) this.#logger.warn(SAID[state], { parent: host, why: fault });
  }
}

/** One call of a parent, from its beginning to its end. */
class Call {
  /** The engine wants it no more. */
  isLeft = false;
  fault: CallFault | undefined;
  #phase: "calling" | "open" | "linked" = "calling";
  #goodbye: string | undefined;
  #heardAt: Millis = 0;

  opened(): void {
    this.#phase = "open";
    this.#heardAt = performance.now();
  }

  /** Whether this frame makes it a link; throws ProtocolError where what is said is no message of a peer. */
  hear(frame: Uint8Array): boolean {
    this.#heardAt = performance.now();
    if (this.#phase === "linked" && frame.byteLength !== BYE_BYTES) return false;
    const message = decodePeerMessage(frame);
    if (message?.type === "bye") this.#goodbye = `it said goodbye: ${message.reason}`;
    if (this.#phase === "linked" || message?.type !== "hello") return false;
    this.#phase = "linked";
    return true;
  }

  /** How the parent stands after it; undefined when that is no other than before. */
  endOf(reason: string): readonly [ParentState["state"], string?] | undefined {
    const why = this.#goodbye ?? this.fault?.why;
    const isSilent = performance.now() - this.#heardAt > SILENT_MS;
    switch (this.#phase) {
      case "calling":
        if (this.isLeft) return undefined;
        return [this.fault?.answered ? "refused" : "unreachable", why ?? reason];
      case "open":
        if (this.isLeft && why === undefined) return isSilent ? ["refused", "it says nothing"] : undefined;
        return ["refused", why ?? reason];
      case "linked":
        if (why !== undefined || !this.isLeft) return ["lost", why ?? reason];
        return isSilent ? ["lost", "it says nothing any more"] : ["waiting"];
    }
  }
}

/** Its type and its reason. */
const BYE_BYTES = 2;
/** The engine gives up who was silent for 6 s, and looks every half second (SW82). */
const SILENT_MS: Millis = 5000;

/** As log lines. */
const SAID = {
  waiting: "a parent is not needed",
  lost: "a parent is lost",
  unreachable: "a parent cannot be reached",
  refused: "a parent does not let us in",
};
