/** A tracker and links between viewers of one process: no socket, no WebRTC, everything in order and as a later task. For Node. */
import type { PeerId } from "../src/protocol/ids.ts";
import { parseTrackerToViewer, encodeTrackerMessage } from "../src/protocol/tracker-codec.ts";
import type { TrackerToViewer } from "../src/protocol/tracker-message.ts";
import type { OpenPeerLink, PeerLinkOptions } from "../src/swarm/io/peer-link.ts";
import type { OpenTrackerLink, TrackerLinkEvents } from "../src/swarm/io/tracker-link.ts";

interface End {
  readonly events: PeerLinkOptions["events"];
  other: End | undefined;
  isClosed: boolean;
}

export class OneProcess {
  readonly #ends: End[] = [];
  #came = 0;
  readonly #viewers = new Map<PeerId, TrackerLinkEvents>();

  readonly openPeerLink: OpenPeerLink = ({ initiator, events }) => {
    const end: End = { events, other: undefined, isClosed: false };
    const index = this.#ends.push(end) - 1;
    const ours = String(index);
    if (initiator) later(end, () => events.signal(ours));
    return {
      signal: (signal) => {
        const other = this.#ends[Number(signal)];
        if (!other || end.other) return;
        end.other = other;
        if (!initiator) later(end, () => events.signal(ours));
        else later(end, () => connect(end, other));
      },
      send: (frame) => {
        const { other } = end;
        const copy = frame.slice();
        if (other && !end.isClosed) later(other, () => other.events.frame(copy));
      },
      close: () => {
        hangUp(end, "closed");
        if (end.other) hangUp(end.other, "closed by the other side");
      },
    };
  };

  /** Introduces everybody who comes to all who are there. */
  readonly openTrackerLink: OpenTrackerLink = (_, events) => {
    const peer = `peer${String(this.#came++).padStart(6, "0")}` as PeerId;
    let isClosed = false;
    const say = (to: TrackerLinkEvents, message: TrackerToViewer): void => {
      const heard = parseTrackerToViewer(encodeTrackerMessage(message));
      setImmediate(() => {
        if (!isClosed) to.message(heard);
      });
    };
    setImmediate(() => {
      events.open();
    });
    return {
      send: (message) => {
        if (message.type === "signal") {
          const to = this.#viewers.get(message.to);
          if (to) say(to, { type: "signal", from: peer, signal: message.signal });
        } else if (message.type === "join") {
          const peers = [...this.#viewers.keys()].map((known) => ({ peer: known, uplink: 1 as const }));
          this.#viewers.set(peer, events);
          const told = { version: 1, peer, resume: "token", reportEveryMs: 60_000 };
          say(events, { type: "joined", ...told, viewers: this.#viewers.size, peers });
        }
      },
      close: () => {
        isClosed = true;
        this.#viewers.delete(peer);
      },
    };
  };
}

function connect(end: End, other: End): void {
  later(other, () => other.events.open());
  end.events.open();
}

function hangUp(end: End, reason: string): void {
  if (end.isClosed) return;
  end.isClosed = true;
  setImmediate(() => {
    end.events.closed(reason);
  });
}

function later(end: End, perform: () => void): void {
  setImmediate(() => {
    if (!end.isClosed) perform();
  });
}
