/**
 * STUN (RFC 8489), as much of it as tells a browser its own public address: Binding requests without credentials, and
 * their answers. Knows no socket. Whatever else it is sent it does not answer, not even with an error, so that nobody can
 * have it send anything but this to an address that is not his.
 */

/** Where a request came from: 4 bytes of IPv4, or 16 of IPv6, in network order. */
export interface StunSource {
  readonly address: Uint8Array;
  readonly port: number;
}

/** The answer to a request, 12 bytes longer than the shortest one for IPv4 and 24 for IPv6; undefined when it is none. */
export function answerBinding(request: Uint8Array, { address, port }: StunSource): Uint8Array | undefined {
  if (!isBindingRequest(request)) return undefined;
  const valueBytes = 4 + address.byteLength;
  const answer = new Uint8Array(HEADER_BYTES + ATTRIBUTE_HEADER_BYTES + valueBytes);
  const view = new DataView(answer.buffer);
  view.setUint16(0, BINDING_SUCCESS);
  view.setUint16(2, ATTRIBUTE_HEADER_BYTES + valueBytes);
  answer.set(request.subarray(4, HEADER_BYTES), 4); // magic cookie and transaction id
  view.setUint16(20, XOR_MAPPED_ADDRESS);
  view.setUint16(22, valueBytes);
  view.setUint16(24, address.byteLength === 4 ? FAMILY_IPV4 : FAMILY_IPV6);
  view.setUint16(26, port ^ (MAGIC_COOKIE >>> 16));
  // With the cookie and the transaction id: routers rewrite addresses that they recognize (section 14.2).
  for (const [index, byte] of address.entries()) answer[28 + index] = byte ^ (answer[4 + index] ?? 0);
  return answer;
}

/** Well formed to the last byte, and asking for nothing that would have to be understood. */
function isBindingRequest(request: Uint8Array): boolean {
  const { byteLength } = request;
  if (byteLength < HEADER_BYTES || byteLength > REQUEST_BYTES_MAX) return false;
  const view = new DataView(request.buffer, request.byteOffset, byteLength);
  if (view.getUint16(0) !== BINDING_REQUEST || view.getUint16(2) !== byteLength - HEADER_BYTES) return false;
  if (view.getUint32(4) !== MAGIC_COOKIE) return false;
  let at = HEADER_BYTES;
  while (at + ATTRIBUTE_HEADER_BYTES <= byteLength) {
    if (view.getUint16(at) < OPTIONAL_ATTRIBUTES) return false;
    at += ATTRIBUTE_HEADER_BYTES + Math.ceil(view.getUint16(at + 2) / 4) * 4;
  }
  return at === byteLength;
}

const BINDING_REQUEST = 0x0001;
const BINDING_SUCCESS = 0x0101;
const MAGIC_COOKIE = 0x2112a442;
const HEADER_BYTES = 20;
const ATTRIBUTE_HEADER_BYTES = 4;
const XOR_MAPPED_ADDRESS = 0x0020;
const FAMILY_IPV4 = 0x01;
const FAMILY_IPV6 = 0x02;
/** Below it a receiver that does not know an attribute must not go on (section 14). */
const OPTIONAL_ATTRIBUTES = 0x8000;
/** What browsers send has 20 to 60: a name of the software and a checksum. */
const REQUEST_BYTES_MAX = 256;
