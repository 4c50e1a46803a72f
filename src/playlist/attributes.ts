/**
 * Attribute lists of tags (RFC 8216 section 4.2), presented as hls.js presents them: values are texts, without their
 * quotes; what has no quotes stays as it is. Tracks are named by them, so both must read alike.
 */
export type Attributes = Readonly<Record<string, string>>;

/** `substitute` replaces variables: where quotes or a hexadecimal sequence allow them (RFC 8216bis section 4.3). */
export function parseAttributes(list: string, substitute: (value: string) => string = asWritten): Attributes {
  const attributes: Record<string, string> = {};
  for (const [, written = "", value = ""] of list.matchAll(ATTRIBUTE)) {
    const name = written.trim();
    const isQuoted = value.length > 1 && value.startsWith('"') && value.endsWith('"');
    if (isQuoted) attributes[name] = substitute(value.slice(1, -1));
    else attributes[name] = HEXADECIMAL.includes(name) ? substitute(value) : value;
  }
  return attributes;
}

const asWritten = (value: string): string => value;

const ATTRIBUTE = /([^=]+)=("[^"]*"(?=,|$)|[^,]*)(?:,|$)/g;
const HEXADECIMAL: readonly string[] = ["IV", "SCTE35-CMD", "SCTE35-IN", "SCTE35-OUT"];
