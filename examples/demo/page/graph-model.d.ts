/** Types of the graph, for its test. */
export interface GraphNode {
  readonly id: string;
  readonly kind: "cdn" | "tracker" | "seeder" | "you" | "viewer";
  readonly name: string;
  /** It has said itself what it gets. */
  readonly speaks?: boolean;
  readonly note?: string;
}

export interface GraphLink {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  /** `o` from the CDN, `p` from a peer, `s` signals alone. */
  readonly source: "o" | "p" | "s";
  readonly state: string;
  readonly bytes: number;
}

export interface GraphMember {
  readonly name?: string;
  readonly kind?: "seeder" | "viewer";
  readonly self?: string;
  readonly tracker: string;
  readonly originReceivedBytes: number;
  readonly peers: ReadonlyArray<{
    readonly peer: string;
    readonly state: string;
    readonly seeder: boolean;
    readonly receivedBytes: number;
    readonly sentBytes: number;
  }>;
}

export function graphOf(
  members: readonly GraphMember[],
  own: GraphMember,
): { readonly nodes: readonly GraphNode[]; readonly links: readonly GraphLink[] };
