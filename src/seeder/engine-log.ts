/** What the engine says, as lines of the seeder's log. */
import type { Logger } from "../base/logger.ts";
import type { ProcessLogger } from "../settings/process-logger.ts";

/** Without what is said for debugging: every link that closes. */
export const engineLog = (log: ProcessLogger): Logger => ({
  debug: () => undefined,
  info: (from, message) => {
    log.info(message(), { from });
  },
  warn: (from, message) => {
    log.warn(message(), { from });
  },
  error: (from, message) => {
    log.error(from, message());
  },
});
