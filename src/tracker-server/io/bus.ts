/**
 * What carries messages between tracker processes: three verbs, so that Redis, NATS or a unix socket can be it. At most
 * once, in no promised order between channels; a subscriber also gets what it publishes itself. Nothing here throws or
 * waits for an engine that is away: it is tried again until `close`, and what is subscribed then comes in again.
 */
export interface Bus {
  /** Resolves when it was handed on; rejects while the engine is away or behind. */
  publish(channel: string, message: Buffer): Promise<void>;
  /** Messages of `channel` come in as soon as the engine is there. One listener a channel. */
  subscribe(channel: string, listener: (message: Buffer) => void): void;
  unsubscribe(channel: string): void;
  /** What was subscribed seems to be dead: everything anew, over fresh connections. */
  renew(): void;
  /** Gives every connection back. Whoever opened the bus does it. */
  close(): Promise<void>;
}
