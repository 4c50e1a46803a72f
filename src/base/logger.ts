/** What the library says. Arguments are lazy: nothing is built unless somebody listens. Namespaces as in `swarm:peer`. */
export interface Logger {
  debug(namespace: string, message: () => string): void;
  info(namespace: string, message: () => string): void;
  warn(namespace: string, message: () => string): void;
  error(namespace: string, message: () => string): void;
}

const silence = (): void => undefined;

/** The default. */
export const SILENT: Logger = { debug: silence, info: silence, warn: silence, error: silence };
