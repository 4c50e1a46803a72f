/** The ways in which servers answer a request for media, good and bad. Which bytes are asked for is the server's to know. */
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";

/** One request for media. */
export class Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly body: Buffer;
  readonly #sent: (bytes: number) => void;

  constructor(request: IncomingMessage, response: ServerResponse, body: Buffer, sent: (bytes: number) => void) {
    this.request = request;
    this.response = response;
    this.body = body;
    this.#sent = sent;
  }

  get range(): { from: number; to: number } | undefined {
    const match = /^bytes=(\d+)-(\d*)$/.exec(this.request.headers.range ?? "");
    if (!match) return undefined;
    const { length } = this.body;
    return { from: Number(match[1]), to: Math.min(length, match[2] ? Number(match[2]) + 1 : length) };
  }
  answer(status: number, body: Buffer | string, headers: OutgoingHttpHeaders = {}): void {
    this.#sent(body.length);
    answer(this.response, status, body, headers);
  }
  /** The first half of an answer that promises the whole. */
  begin(then: () => void): void {
    this.promise(this.body.length, this.body.subarray(0, this.body.length / 2), then);
  }
  /** The head of an answer that promises some length, and what comes of it. */
  promise(length: number, begun: Buffer, then: () => void): void {
    this.#sent(begun.length);
    this.response.writeHead(200, { ...CORS, "content-length": length });
    this.response.write(begun, then);
  }
  /** Everything, its length untold (RFC 9112 section 7.1). */
  stream(): void {
    this.#sent(this.body.length);
    this.response.writeHead(200, CORS);
    this.response.write(this.body.subarray(0, this.body.length / 2));
    this.response.end(this.body.subarray(this.body.length / 2));
  }
  /** As a good server does. */
  serve(headers: OutgoingHttpHeaders = {}): void {
    const { range, body } = this;
    if (!range) this.answer(200, body, headers);
    else if (range.from >= body.length)
      this.answer(416, "", { "content-range": `bytes */${String(body.length)}`, ...headers });
    else {
      const { from, to } = range;
      const contentRange = `bytes ${String(from)}-${String(to - 1)}/${String(body.length)}`;
      this.answer(206, body.subarray(from, to), { "content-range": contentRange, ...headers });
    }
  }
}

export const WAYS = {
  well: (exchange) => {
    exchange.serve();
  },
  missing: (exchange) => {
    exchange.answer(404, "not here");
  },
  forbids: (exchange) => {
    exchange.answer(403, "not for you");
  },
  broken: (exchange) => {
    exchange.answer(500, "out of order");
  },
  "never-answers": () => undefined,
  "never-ends": (exchange) => {
    exchange.begin(() => undefined);
  },
  "breaks-off": (exchange) => {
    exchange.begin(() => exchange.response.destroy());
  },
  "hangs-up": ({ request }) => {
    request.socket.destroy();
  },
  apologises: (exchange) => {
    exchange.answer(200, "<!doctype html><title>Sorry</title>", { "content-type": "text/html" });
  },
  mistypes: (exchange) => {
    exchange.serve({ "content-type": "text/html" });
  },
  "sends-a-playlist": (exchange) => {
    exchange.answer(200, "#EXTM3U\n#EXT-X-TARGETDURATION:2\n");
  },
  "no-ranges": (exchange) => {
    exchange.answer(200, exchange.body);
  },
  "hides-content-range": (exchange) => {
    exchange.serve({ "access-control-expose-headers": "" });
  },
  "refuses-ranges": (exchange) => {
    exchange.serve(exchange.range ? { "access-control-allow-origin": "https://elsewhere.example" } : {});
  },
  "wrong-range": (exchange) => {
    const { length } = exchange.body;
    if (!exchange.range) exchange.serve();
    else exchange.answer(206, exchange.body.subarray(0, 10), { "content-range": `bytes 0-9/${String(length)}` });
  },
  compresses: (exchange) => {
    exchange.answer(200, gzipSync(exchange.body), { "content-encoding": "gzip" });
  },
  "answers-416": (exchange) => {
    if (exchange.range) exchange.answer(416, "");
    else exchange.serve();
  },
  "overstates-length": (exchange) => {
    exchange.promise(exchange.body.length + 1000, exchange.body, () => exchange.response.destroy());
  },
  chunks: (exchange) => {
    if (exchange.range) exchange.serve();
    else exchange.stream();
  },
} satisfies Readonly<Record<string, (exchange: Exchange) => void>>;

export type Way = keyof typeof WAYS;

export const isWay = (name: string): name is Way => Object.hasOwn(WAYS, name);

export function answer(
  response: ServerResponse,
  status: number,
  body: Buffer | string,
  headers: OutgoingHttpHeaders = {},
): void {
  response.writeHead(status, { ...CORS, "content-length": Buffer.byteLength(body), ...headers });
  response.end(body);
}

const CORS = {
  "access-control-allow-origin": "*",
  "access-control-expose-headers": "Content-Range",
  "cache-control": "no-store",
};
