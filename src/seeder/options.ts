/** What a seeder is made of, as a program that starts one says it. The command's settings become the same. */
import type { TlsFiles } from "../http/tls.ts";
import type { ProcessLogger } from "../settings/process-logger.ts";
import type { TicketSource } from "../swarm/io/viewer-identity.ts";

export interface SeederOptions {
  /** The playlist that viewers are given; several are the same stream at several upstreams, the best first. */
  readonly playlists: readonly string[];
  /** WebSocket URLs of the trackers, or of lists of them, the best first. Default: none, and no peers over WebRTC. */
  readonly trackers?: readonly string[];
  /** Names the stream as its viewers' pages do. Default: the path of the playlist. */
  readonly contentId?: string;
  /** Which renditions: `720p`, `1280x720`, `<3M`, a word of their name. Default: all. */
  readonly renditions?: readonly string[];
  /** Follows the parts of low-latency streams, too. Default false. */
  readonly lowLatency?: boolean;
  /** Fetches live segments also while nobody is there to give them to. Default false. */
  readonly warm?: boolean;
  /** Segments kept in memory, in bytes. Default 512 MB. */
  readonly memoryBytesMax?: number;
  /** Keeps segments in this folder, too, across restarts. Default: in memory alone. */
  readonly cacheFolder?: string;
  /** How much of it, in bytes. Default 10 GB. */
  readonly cacheBytesMax?: number;
  /** What may go out, bits per second; the number of peers follows from it. Default: as much as the machine sends, to `peersMax` peers. */
  readonly uplinkBitsPerSecond?: number;
  /** Default 200. */
  readonly peersMax?: number;
  /** What the trackers let the seeder in with; `ticketSecret` makes tickets instead. Default: none. */
  readonly ticket?: TicketSource;
  /** The secret that the site signs its tickets with: the seeder makes itself tickets of role `trusted`. */
  readonly ticketSecret?: string;
  /** What is taken of peers where the playlist has no roots: see the browser's option. Default `required`. */
  readonly integrity?: "required" | "if-signed";
  /** The address that peers are told, where a NAT maps it to this machine one to one. Default: the machine's own addresses. */
  readonly publicAddress?: string;
  /** One UDP port for all peers. Default: a port for each. */
  readonly udpPort?: number;
  /** STUN servers, like `stun:stun.example.com:3478`. Default: those of the tracker. */
  readonly stun?: readonly string[];
  /** Whether peers may be met over addresses of private networks. Default: where the playlist comes from such a network. */
  readonly lan?: boolean;
  /** Where peers call over WebSocket: other seeders, and viewers that WebRTC is blocked for; 0 takes any free port. Default: nowhere. */
  readonly peerPort?: number;
  /** Default: all addresses of this machine. */
  readonly peerHost?: string;
  /** PEM files, to speak TLS there. Default: something in front of it does, for pages over HTTPS. */
  readonly tls?: TlsFiles;
  /** Sites whose pages may call there, like `https://your.site`. Default: all. */
  readonly allowOrigins?: readonly string[];
  /** Callers of one address at most. Default 64. */
  readonly callersPerAddressMax?: number;
  /** Seeders that this one gets from before it asks its upstreams, `wss://…`, the best first. Default: none. */
  readonly parents?: readonly string[];
  /** Where the stream is served over HTTP, by the paths of the upstream; 0 takes any free port. Default: nowhere. */
  readonly httpPort?: number;
  /** Default: all addresses of this machine. */
  readonly httpHost?: string;
  /** Where /healthz, /metrics, /status, /peers and /segments are; 0 takes any free port. Default: nowhere. */
  readonly statusPort?: number;
  /** Default 127.0.0.1. */
  readonly statusHost?: string;
  /** Default: silence. */
  readonly logger?: ProcessLogger;
}
