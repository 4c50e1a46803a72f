/** The `Range` header of a request for one range (RFC 9110 section 14). Several ranges are answered whole, as allowed. */

/**
 * `undefined`: answer whole. "unsatisfiable": answer 416. Otherwise the bytes `[from, to)`.
 * @param {string | undefined} header
 * @param {number} byteLength  of the whole, at least 1
 * @returns {{ from: number, to: number } | "unsatisfiable" | undefined}
 */
export function parseByteRange(header, byteLength) {
  const match = /^bytes=(\d*)-(\d*)$/i.exec(header?.trim() ?? "");
  if (!match || (match[1] === "" && match[2] === "")) return undefined;
  const [, first = "", last = ""] = match;
  if (first === "") {
    const suffix = Math.min(Number(last), byteLength);
    return suffix === 0 ? "unsatisfiable" : { from: byteLength - suffix, to: byteLength };
  }
  const from = Number(first);
  if (last !== "" && Number(last) < from) return undefined; // not a valid range: ignored (section 14.1.1)
  if (from >= byteLength) return "unsatisfiable";
  return { from, to: last === "" ? byteLength : Math.min(Number(last) + 1, byteLength) };
}
