/**
 * Whether a page of this `Origin` is on the operator's list (TK92), of which each entry is one, all hosts below one
 * (`https://*.example.com`), or {@link NO_ORIGIN}. A browser does not lie about it; a program says what it likes.
 */
export function isListed(origin: string | undefined, list: readonly string[]): boolean {
  const told = origin?.toLowerCase() ?? NO_ORIGIN;
  return list.some((entry) => {
    const star = entry.indexOf("*.");
    if (star < 0) return entry === told;
    const [before, after] = [entry.slice(0, star), entry.slice(star + 1)];
    if (!told.startsWith(before) || !told.endsWith(after)) return false;
    return HOST_PATTERN.test(told.slice(before.length, -after.length));
  });
}

/** For programs, such as seeders, which send none. */
export const NO_ORIGIN = "none";
/** What stands for the star, of any number of labels: no other scheme, no port and no user before the host's end. */
const HOST_PATTERN = /^[a-z0-9.-]+$/;
