/**
 * Where a playlist's next segment will be, told from the way its last two are named: what is equal in both stays, and
 * numbers go on growing as they did. A guess: whoever uses it checks it against the name of the segment.
 */

/**
 * The address `ahead` places after `newest`, which follows `before`; all as playlists give them, absolute or relative.
 * Undefined when the two do not tell. Host and query must be equal in both, because no name would prove them.
 */
export function foreseeAddress(before: string, newest: string, ahead: number): string | undefined {
  const [, host = "", path = "", query = ""] = PARTS.exec(newest) ?? [];
  const [, hostBefore = "", pathBefore = "", queryBefore = ""] = PARTS.exec(before) ?? [];
  if (host !== hostBefore || query !== queryBefore) return undefined;
  if (path.replace(NUMBER, "0") !== pathBefore.replace(NUMBER, "0")) return undefined;
  const numbersBefore = pathBefore.match(NUMBER) ?? [];
  const foreseen = path.replace(NUMBER, (digits) => {
    // Some packagers count nanoseconds: more digits than a number holds.
    const number = BigInt(digits);
    const step = number - BigInt(numbersBefore.shift() ?? digits);
    return String(number + step * BigInt(ahead)).padStart(digits.length, "0");
  });
  return host + foreseen + query;
}

/** Scheme and host, path, query and fragment (RFC 3986 appendix B). */
const PARTS = /^((?:[^:/?#]+:)?\/\/[^/?#]*)?([^?#]*)(.*)$/;

const NUMBER = /\d+/g;
