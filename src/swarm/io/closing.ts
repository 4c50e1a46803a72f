/** What is closed is closed, whatever goes wrong on the way: nothing here throws. */
import type { Logger } from "../../base/logger.ts";
import { encodePeerMessage } from "../../protocol/peer-codec.ts";
import type { ByeReason } from "../../protocol/peer-message.ts";
import type { PeerLink } from "./peer-link.ts";

export class Closing {
  readonly #log: Logger;

  constructor(log: Logger) {
    this.#log = log;
  }

  attempt(act: () => void): void {
    try {
      act();
    } catch (error) {
      this.#log.warn("swarm", () => `while closing: ${String(error)}`);
    }
  }

  hangUp(link: PeerLink, reason: ByeReason): void {
    this.attempt(() => {
      link.send(encodePeerMessage({ type: "bye", reason }));
    });
    this.attempt(() => {
      link.close();
    });
  }
}
