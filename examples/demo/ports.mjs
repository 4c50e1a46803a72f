/** Listens on a port, or on the next one that is free. */

/**
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

const PORTS_TRIED = 50;
