import type { Bytes } from "../../base/time.ts";
import type { LinkWindow } from "../../swarm/core/link-window.ts";
import type { SendLog } from "../../swarm/core/push.ts";
import type { Segment } from "../../swarm/core/segment.ts";

/** What was sent to a subscriber, until it says that it has it. */
export class ChainSendLog implements SendLog {
  readonly #window: LinkWindow;
  /** `end`: where in all that was sent the chunk ends. */
  readonly #sent: { readonly segment: Segment; readonly chunk: number; readonly end: Bytes }[] = [];

  constructor(window: LinkWindow) {
    this.#window = window;
  }

  add(segment: Segment, chunk: number): void {
    this.#sent.push({ segment, chunk, end: this.#window.sentBytes });
  }

  has(segment: Segment, chunk: number): boolean {
    const acknowledged = this.#window.sentBytes - this.#window.inFlightBytes;
    while (this.#sent[0] && this.#sent[0].end <= acknowledged) this.#sent.shift();
    return this.#sent.some((sent) => sent.segment === segment && sent.chunk === chunk);
  }
}
