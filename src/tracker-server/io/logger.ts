/** What a line of the log says beside its words. Never an address, an id, a signal or a secret. */
export type LogFields = Readonly<Record<string, string | number | boolean>>;

/** Where the tracker says what an operator should know; `console` is one. Never told an address, an id or a signal. */
export interface TrackerLogger {
  info(text: string, fields?: LogFields): void;
  warn(text: string, fields?: LogFields): void;
  /** A bug of ours, with what was thrown. */
  error(text: string, cause: unknown): void;
}

export const SILENT: TrackerLogger = { info: () => undefined, warn: () => undefined, error: () => undefined };
