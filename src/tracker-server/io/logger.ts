/** Where the tracker says what an operator should know; `console` is one. Never told an address, an id or a signal. */
export interface TrackerLogger {
  info(text: string): void;
  warn(text: string): void;
  /** A bug of ours, with what was thrown. */
  error(text: string, cause: unknown): void;
}

export const SILENT: TrackerLogger = { info: () => undefined, warn: () => undefined, error: () => undefined };
