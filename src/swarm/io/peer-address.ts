/**
 * Which network addresses a viewer shows its peers, and which of theirs it lets its browser knock at. Works on signals,
 * before they are signed and after they are verified; knows nothing of connections.
 */
import type { PeerSignal } from "./peer-signal.ts";

/**
 * A signal as it may be told, or taken in. Candidates travel in signals of their own, so a description needs none. Of
 * those only addresses of the public internet pass, unless `lan`: a private one tells strangers about the viewer's
 * network, and one that comes from a stranger has our browser send packets into it. What a candidate was learned through
 * (RFC 8839 section 5.1, `raddr`) is nobody's business in any case.
 */
export function hideAddresses(signal: PeerSignal, lan: boolean): PeerSignal {
  if (signal.type !== "candidates") {
    const sdp = signal.sdp.replace(CANDIDATE_LINES, "").replace(CONNECTION_LINES, "c=IN IP4 0.0.0.0");
    return { ...signal, sdp };
  }
  const candidates = signal.candidates.flatMap((one) => {
    const [, address = ""] = CANDIDATE.exec(one.candidate) ?? [];
    const candidate = one.candidate.replace(RELATED_ADDRESS, " raddr 0.0.0.0 rport 0");
    return lan || isPublicAddress(address) ? [{ ...one, candidate }] : [];
  });
  return { ...signal, candidates };
}

/** Whether a page of this host is one of a private network, where viewers meet each other directly. */
export const isLanHost = (hostname: string): boolean =>
  /(^|\.)local(host)?$/.test(hostname) ||
  (/^[\d.]+$|^\[/.test(hostname) && !isPublicAddress(hostname.replace("[", "")));

/** Names are none: a browser hides its addresses of the local network behind those of mDNS. */
const isPublicAddress = (address: string): boolean =>
  /^[23][\da-f]{3}:/i.test(address) || (/^\d+(\.\d+){3}$/.test(address) && !SPECIAL_IPV4.test(address));

const CANDIDATE = /^candidate:\S+ \d+ \S+ \d+ (\S+) \d+ typ /;
const RELATED_ADDRESS = / raddr \S+ rport \d+/;

/** Firefox reads names of attributes in any case. */
const CANDIDATE_LINES = /^a=(end-of-)?candidate.*\r?\n/gim;
/** Holds the address of the best candidate found by then (RFC 8839 section 4.2.1.2). */
const CONNECTION_LINES = /^c=.*$/gim;

/** What is not the public internet, of RFC 6890: this network, private, shared, loopback, link-local, multicast and above. */
const SPECIAL_IPV4 =
  /^(0|10\.|127\.|169\.254\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|22[4-9]\.|2[3-5]\d\.)/;
