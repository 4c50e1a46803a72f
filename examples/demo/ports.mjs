/** Ports that are free: to listen on at once, or to be told to a program. */
import { once } from "node:events";
import { createServer } from "node:net";

/**
 * Listens on a port, or on the next one that is free.
 * @template Server
 * @param {number} port  0 takes any
 * @param {(port: number) => Promise<Server>} listen  rejects with EADDRINUSE when the port is taken
 * @returns {Promise<Server>}
 */
export async function onFreePort(port, listen) {
  for (let tried = port; ; tried++) {
    try {
      return await listen(tried);
    } catch (error) {
      const taken = error instanceof Error && "code" in error && error.code === "EADDRINUSE";
      if (!taken || tried >= port + PORTS_TRIED) throw error;
    }
  }
}

/** One that is free now, for a program that is told its port. */
export async function onePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  return typeof address === "object" && address ? address.port : 0;
}

const PORTS_TRIED = 50;
