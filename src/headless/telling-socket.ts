/**
 * Node's WebSocket that says why a call came to nothing. The standard's events, which are all that a link hears, do not:
 * pages are not to learn it. A program's operator is.
 */
import type { IncomingMessage } from "node:http";
import { WebSocket } from "ws";
import type { FrameSocketClass } from "../swarm/io/websocket-peer-link.ts";
import type { WebSocketClass } from "../swarm/io/websocket-tracker-link.ts";

export interface CallFault {
  /** Without an address: `ECONNREFUSED`, `HTTP 401: the ticket has expired`. */
  readonly why: string;
  /** The server answered over HTTP, and not by opening a socket. */
  readonly answered: boolean;
}

/** `tell` hears of a socket at most once, before that is closed. */
export const tellingSocket = (tell: (fault: CallFault) => void): FrameSocketClass & WebSocketClass =>
  class extends WebSocket {
    #isOver = false;

    constructor(url: string, subprotocol?: string) {
      super(url, subprotocol);
      this.on("error", (error: NodeJS.ErrnoException) => {
        if (!this.#isOver) tell({ why: error.code ?? error.message, answered: false });
      });
      this.on("unexpected-response", (_, response) => {
        void firstLineOf(response).then((line) => {
          const { statusCode = 0 } = response;
          tell({ why: `HTTP ${String(statusCode)}${line === "" ? "" : `: ${line}`}`, answered: true });
          this.#isOver = true;
          this.terminate();
        });
      });
    }

    override close(): void {
      // That it was closed before it was open is its own error.
      this.#isOver = true;
      super.close();
    }
  };

/** Of an answer in plain text, as ours are; of anything else nothing. Resolves whatever becomes of it. */
function firstLineOf(response: IncomingMessage): Promise<string> {
  const isText = response.headers["content-type"]?.startsWith("text/plain") ?? false;
  let text = "";
  return new Promise((resolve) => {
    const done = (): void => {
      resolve((/^[ -~]*/.exec(text)?.[0] ?? "").slice(0, LINE_CHARS_MAX));
    };
    if (!isText) {
      resolve("");
      return;
    }
    response.setEncoding("latin1");
    response.on("data", (piece: string) => {
      text += piece;
      if (text.length >= LINE_CHARS_MAX) done();
    });
    response.on("close", done);
    response.on("error", done);
  });
}

/** As long as what our own servers refuse with. */
const LINE_CHARS_MAX = 120;
