/** One attribute of a tag's attribute list (RFC 8216 section 4.2), unquoted. */
export function parseAttribute(list: string, name: string): string | undefined {
  const [, quoted, plain] = new RegExp(`(?:^|,)\\s*${name}=(?:"([^"]*)"|([^,]*))`).exec(list) ?? [];
  return quoted ?? plain;
}
