/** Thrown where our own code broke its promise. Never caught to go on: the driver turns it into plain hls.js. */
export class BugError extends Error {
  override readonly name = "BugError";
}

/** Throws a {@link BugError} unless `condition` holds; in production too. */
export function assert(condition: unknown, what: string): asserts condition {
  if (!condition) throw new BugError(what);
}

/** The default branch of a total switch: does not compile while a case is missing. */
export function assertNever(value: never): never {
  throw new BugError(`unexpected ${JSON.stringify(value)}`);
}
