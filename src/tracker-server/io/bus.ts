/**
 * What carries messages between tracker processes: three verbs, so that Redis, NATS or a unix socket can be it. At most
 * once, in no promised order between channels; a subscriber also gets what it publishes itself.
 */
export interface Bus {
  /** Resolves when it was handed on; rejects or never resolves while the engine is away. Never throws. */
  publish(channel: string, message: Buffer): Promise<void>;
  /** Resolves once messages of `channel` come in. One listener a channel. */
  subscribe(channel: string, listener: (message: Buffer) => void): Promise<void>;
  unsubscribe(channel: string): Promise<void>;
}
