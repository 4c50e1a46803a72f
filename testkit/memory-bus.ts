import type { Bus } from "../src/tracker-server/io/bus.ts";

/** An engine within one process: every `open` is another process's end of it. */
export function createMemoryEngine() {
  const ends = new Set<Map<string, (message: Buffer) => void>>();
  return {
    open(): Bus {
      const listeners = new Map<string, (message: Buffer) => void>();
      ends.add(listeners);
      return {
        publish(channel, message) {
          for (const end of ends) setImmediate(() => end.get(channel)?.(message));
          return Promise.resolve();
        },
        subscribe: (channel, listener) => void listeners.set(channel, listener),
        unsubscribe: (channel) => void listeners.delete(channel),
        renew: () => undefined,
        close() {
          ends.delete(listeners);
          return Promise.resolve();
        },
      };
    },
  };
}
