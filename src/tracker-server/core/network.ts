import type { PeerId } from "../../protocol/ids.ts";

/**
 * Where a viewer's address lies, as far as the tracker knows. Compared, and never shown or sent to viewers; what a tracker
 * asks others over the bus for a viewer (TK31) carries its prefix and area.
 */
export interface Network {
  /** Viewers with the same key share a network: an IPv4 /24 or an IPv6 /48. */
  readonly prefixKey: string;
  /** The autonomous system, from the GeoIP database. */
  readonly asn?: number | undefined;
  /** ISO 3166-1 or whatever the operator's proxy writes, from the GeoIP database or the region header. */
  readonly region?: string | undefined;
  /** On a private network: the address, which is one machine there. */
  readonly privateAddress?: string | undefined;
  /** It is this very machine. */
  readonly isLoopback?: true | undefined;
}

/**
 * Of all viewers with the same key one word counts, about what the origin serves and about a peer (TK71). Whoever has two
 * machines in a private network has two words there.
 */
export const witnessKeyOf = ({ network, peer }: { readonly network: Network; readonly peer: PeerId }): string =>
  network.isLoopback ? peer : (network.privateAddress ?? network.prefixKey);

/** What viewers that are near each other have in common. A region says more about distance than who runs the cable. */
export const areaOf = ({ region, asn }: Network): string | number | undefined => region ?? asn;

/** Whether two prefixes are known to be different ones. */
export const isElsewhere = (prefix: string, other: string): boolean =>
  prefix !== other && prefix !== "" && other !== "";
