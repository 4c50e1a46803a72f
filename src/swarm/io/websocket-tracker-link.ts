import { encodeTrackerMessage, parseTrackerToViewer } from "../../protocol/tracker-codec.ts";
import type { TrackerToViewer } from "../../protocol/tracker-message.ts";
import { TRACKER_SUBPROTOCOL } from "../../protocol/version.ts";
import type { OpenTrackerLink, TrackerLink } from "./tracker-link.ts";

/** As much of the standard WebSocket as we use; the `ws` package has it too. */
export interface WebSocketLike {
  readonly readyState: number;
  addEventListener(type: "open" | "error", listener: () => void): void;
  addEventListener(type: "message", listener: (event: { readonly data: unknown }) => void): void;
  addEventListener(type: "close", listener: (event: { readonly code: number }) => void): void;
  send(text: string): void;
  close(): void;
}

export type WebSocketClass = new (url: string, subprotocol: string) => WebSocketLike;

/**
 * Tracker links over WebSocket: the browser's own, or for Node another class with the same interface. A URL of the web is
 * that of a list of trackers.
 */
export const createWebSocketTrackerLinks =
  (webSocketClass?: WebSocketClass): OpenTrackerLink =>
  (url, events) => {
    let socket: WebSocketLike | undefined;
    let isClosed = false;
    const abort = new AbortController();

    /** Ends the link now. The socket goes on for as long as it takes to send what is queued and to say goodbye. */
    const end = (reason: string): void => {
      if (isClosed) return;
      isClosed = true;
      clearTimeout(connectTimer);
      socket?.close();
      abort.abort();
      queueMicrotask(() => {
        events.closed(reason);
      });
    };
    const connectTimer = setTimeout(() => {
      end("connect timeout");
    }, CONNECT_MS_MAX);

    const link: TrackerLink = {
      send(message) {
        if (!isClosed && socket?.readyState === OPEN) socket.send(encodeTrackerMessage(message));
      },
      close() {
        end("closed here");
      },
    };
    const hear = (data: unknown): void => {
      if (isClosed) return;
      const message = parseOrExplain(data);
      if (typeof message === "string") end(message);
      else events.message(message);
    };

    /** To the core it is one more tracker: one without a socket, that says nothing but where to go (TR31). */
    const readList = (): void => {
      void fetch(url, { signal: abort.signal, credentials: "omit" })
        .then((response) => response.text())
        .then(hear) // no more of it than a message may have
        .then(() => "that was the list", messageOf)
        .then(end);
    };

    try {
      if (/^http/i.test(url)) {
        readList();
        return link;
      }
      socket = new (webSocketClass ?? WebSocket)(url, TRACKER_SUBPROTOCOL);
      socket.addEventListener("open", () => {
        clearTimeout(connectTimer);
        if (!isClosed) events.open();
      });
      socket.addEventListener("message", ({ data }) => {
        hear(data);
      });
      socket.addEventListener("error", () => {
        end("connection failed");
      });
      socket.addEventListener("close", ({ code }) => {
        end(`closed by the tracker with code ${String(code)}`);
      });
    } catch (error) {
      // Not a WebSocket URL, one the page's security policy forbids, or no WebSocket here.
      end(messageOf(error));
    }

    return link;
  };

/** Tracker links over the browser's WebSocket. */
export const openWebSocketTrackerLink: OpenTrackerLink = createWebSocketTrackerLinks();

/** The message, or what is wrong with it. */
function parseOrExplain(data: unknown): TrackerToViewer | string {
  if (typeof data !== "string") return "not a text message";
  try {
    return parseTrackerToViewer(data);
  } catch (error) {
    return `broke the protocol: ${messageOf(error)}`;
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** `WebSocket.OPEN`, which an injected class may lack. */
const OPEN = 1;

/** A handshake takes three round trips; a tracker that needs longer than this is of no help to a live stream. */
const CONNECT_MS_MAX = 10_000;
