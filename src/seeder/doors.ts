/** The ports that a seeder opens. Knows not what is said there. */
import { createHttpServer, listen, stopListening, urlOf } from "../http/listening.ts";
import type { Logger } from "../base/logger.ts";
import type { SwarmId } from "../protocol/ids.ts";
import type { SwarmDriver } from "../swarm/io/driver.ts";
import { keyedSwarmId } from "../ticket/issue.ts";
import { SeederMetrics } from "./metrics.ts";
import type { HttpProxy } from "./http-proxy.ts";
import type { SeederOptions } from "./options.ts";
import { listenForPeers, type PeerListener } from "./peer-listener.ts";
import { statusPages } from "./status-pages.ts";
import type { StatusSource } from "./status.ts";

export interface Rooms {
  readonly swarm: SwarmId;
  readonly driver: SwarmDriver;
  readonly proxy: HttpProxy;
  readonly status: StatusSource;
  readonly logger: Logger;
}

export class Doors {
  readonly #closers: Array<() => Promise<void>> = [];
  #httpUrl: string | undefined;
  #statusUrl: string | undefined;
  #peers: PeerListener | undefined;

  get statusUrl(): string | undefined {
    return this.#statusUrl;
  }

  get httpUrl(): string | undefined {
    return this.#httpUrl;
  }

  get peers(): PeerListener | undefined {
    return this.#peers;
  }

  /** Opens those that are asked for. Rejects when a port is taken; what is open by then is for `close`. */
  async open(options: SeederOptions, { swarm, driver, proxy, status, logger }: Rooms): Promise<void> {
    const {
      httpPort,
      httpHost = "0.0.0.0",
      statusPort,
      statusHost = "127.0.0.1",
      peerPort,
      peerHost,
      contentId,
      ticketSecret,
      tls,
      allowOrigins,
      callersPerAddressMax,
    } = options;
    if (peerPort !== undefined) {
      // By which those call whose tickets are for the content (TI7).
      const keyed =
        ticketSecret === undefined || contentId === undefined
          ? undefined
          : keyedSwarmId({ secret: ticketSecret }, contentId);
      const peers = await listenForPeers({
        port: peerPort,
        ...(peerHost !== undefined && { host: peerHost }),
        ...(tls && { tls }),
        ...(allowOrigins && { allowOrigins }),
        ...(callersPerAddressMax !== undefined && { socketsPerAddressMax: callersPerAddressMax }),
        ...(ticketSecret !== undefined && { ticketSecrets: [ticketSecret] }),
        driverOf: (asked) => (asked === swarm || asked === keyed ? driver : undefined),
        logger,
      });
      this.#peers = peers;
      this.#closers.push(() => peers.close());
    }
    if (httpPort !== undefined) {
      const server = createHttpServer(proxy.handle, PLAYERS);
      this.#httpUrl = urlOf("http", httpHost, await listen(server, httpPort, httpHost));
      this.#closers.push(() => stopListening(server));
    }
    if (statusPort !== undefined) {
      const server = createHttpServer(statusPages(status, new SeederMetrics(status)));
      this.#statusUrl = urlOf("http", statusHost, await listen(server, statusPort, statusHost));
      this.#closers.push(() => stopListening(server));
    }
  }

  async close(): Promise<void> {
    for (let close = this.#closers.pop(); close; close = this.#closers.pop()) await close();
  }
}

/** Players keep their connection from one segment to the next. */
const PLAYERS = { keepAliveTimeout: 30_000 };
