/** Opens and closes the ports of our servers. Knows not what is served there. */
import { createServer, type RequestListener, type Server, type ServerOptions } from "node:http";
import { createServer as createTlsServer, type Server as TlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { SecureContextOptions } from "node:tls";

/** With `options` in place of what short answers need: whoever takes or gives media takes longer. */
export const createHttpServer = (handle: RequestListener, options: ServerOptions = {}): Server =>
  createServer({ ...HTTP_OPTIONS, ...options }, handle);

export const createHttpsServer = (
  certificate: Pick<SecureContextOptions, "cert" | "key">,
  handle: RequestListener,
): TlsServer => createTlsServer({ ...HTTP_OPTIONS, ...TLS_OPTIONS, ...certificate }, handle);

/** Resolves with the port; rejects when it is taken. */
export function listen(server: Server | TlsServer, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve(portOf(server.address()));
    });
  });
}

/** Resolves when the port is free. Whoever is connected is cut off. */
export function stopListening(server: Server | TlsServer): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
    server.closeAllConnections();
  });
}

/** `scheme://host:port` as this machine reaches it. */
export function urlOf(scheme: string, host: string, port: number): string {
  if (host === "0.0.0.0") return `${scheme}://127.0.0.1:${String(port)}`;
  if (host === "::") return `${scheme}://[::1]:${String(port)}`;
  return `${scheme}://${host.includes(":") ? `[${host}]` : host}:${String(port)}`;
}

const portOf = (address: AddressInfo | string | null): number =>
  typeof address === "object" && address ? address.port : 0;

/** Node's defaults let a client take a minute over its headers, a byte at a time. */
const HTTP_OPTIONS: ServerOptions = {
  headersTimeout: 5_000,
  requestTimeout: 10_000,
  connectionsCheckingInterval: 2_000,
  keepAliveTimeout: 5_000,
  maxHeaderSize: 8 * 1024,
  noDelay: true,
};

/** As long as for the headers: two minutes, which is Node's default, would let half-open handshakes pile up. */
const TLS_OPTIONS = { handshakeTimeout: 5_000 };
