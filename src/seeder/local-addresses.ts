/**
 * A playlist as a proxy passes it on: absolute addresses of what the proxy has lose their scheme and host, and so lead to it.
 * Everything else stays as it was written.
 */

/** `isOurs` is asked by path and query. */
export const withLocalAddresses = (text: string, isOurs: (pathname: string, search: string) => boolean): string =>
  text.replace(ABSOLUTE, (written, before: string, address: string) => {
    if (!URL.canParse(address, ANY_SCHEME)) return written;
    const { pathname, search, hash } = new URL(address, ANY_SCHEME);
    return isOurs(pathname, search) ? `${before}${pathname}${search}${hash}` : written;
  });

/** A line that is an address, or an attribute URI; a tag's name is all that can be before one. */
const ABSOLUTE = /(^|^#.*[:,]URI=")((?:https?:)?\/\/[^\s"]+)/gim;
/** For `//host/path`. */
const ANY_SCHEME = "http://proxy";
