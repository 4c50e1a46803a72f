/**
 * Links to parents that ask for tickets: each call shows one of its own. The tracker's may be long expired, or there is no
 * tracker; whoever has run for a day must be let in again when its parent was away.
 */
import type { SwarmId } from "../protocol/ids.ts";
import type { PeerLink } from "../swarm/io/peer-link.ts";
import { admittedTo, type TicketSource } from "../swarm/io/viewer-identity.ts";
import type { OpenParentLink } from "../swarm/io/websocket-peer-link.ts";

export const ticketedParentLinks =
  (open: OpenParentLink, swarm: SwarmId, source: TicketSource): OpenParentLink =>
  (url, events, connectTimeoutMs) => {
    let link: PeerLink | undefined;
    let isClosed = false;
    const end = (reason: string): void => {
      if (isClosed) return;
      isClosed = true;
      queueMicrotask(() => {
        events.closed(reason);
      });
    };
    const call = async (): Promise<void> => {
      // Parents do not ask whether we have the key that a ticket may name (SE81).
      const ticket = typeof source === "function" ? await source({ key: undefined, swarm }) : source;
      if (isClosed) return;
      const address = `${url.replace(/[^/]*$/, admittedTo(ticket, swarm))}?ticket=${ticket}`;
      link = open(address, events, connectTimeoutMs);
    };
    void call().catch((error: unknown) => {
      end(`no ticket: ${String(error)}`);
    });
    return {
      signal: (text) => {
        link?.signal(text);
      },
      send: (frame) => {
        link?.send(frame);
      },
      close: () => {
        if (link) link.close();
        else end("closed here");
      },
    };
  };
