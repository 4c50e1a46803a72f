/** Brings viewers to a stream: finds the stream, loads WebRTC, and gives each viewer an engine and a name of its own. */
import { readFileSync } from "node:fs";
import type { Logger } from "../base/logger.ts";
import { OptionError } from "../base/option-error.ts";
import type { Seconds } from "../base/time.ts";
import { openHeadlessSwarm } from "../headless/headless-swarm.ts";
import { loadNodeWebRtc } from "../headless/node-web-rtc.ts";
import { openStream, type StreamFollowerOptions } from "../headless/stream-follower.ts";
import { TrackerWatch, type TrackerNews } from "../headless/tracker-watch.ts";
import { isLanHost } from "../swarm/io/peer-address.ts";
import type { TicketSource } from "../swarm/io/viewer-identity.ts";
import { issueTicket } from "../ticket/issue.ts";
import { HeadlessViewer, type GotSegment } from "./headless-viewer.ts";
import { SharedStream } from "./shared-stream.ts";
import { ViewerPool } from "./viewer-pool.ts";

/** As the command line has them; what may be left out has no default here. */
export interface SwarmOptions {
  /** URL of the stream. */
  readonly playlist: string;
  readonly tracker: readonly string[];
  readonly viewers: number;
  readonly rampSeconds: Seconds;
  readonly leaveRate: number;
  /** Share of the viewers that gives, and what each of them gives at most. */
  readonly upload: number;
  readonly uplinkMbps?: number;
  readonly integrity: "required" | "if-signed";
  readonly content?: string;
  readonly ticket?: string;
  readonly ticketSecretFile?: string;
  /** Where a VOD begins. */
  readonly startAt: Seconds;
  readonly memoryMb: number;
}

export interface ViewerEvents {
  readonly logger: Logger;
  readonly trackers?: TrackerNews;
  got(segment: GotSegment & { readonly viewer: string }): void;
}

export interface OpenedViewers {
  readonly pool: ViewerPool;
  /** Everybody leaves. */
  close(): void;
}

/** Rejects with an {@link OptionError} that says what is wrong with the options, or with the stream. */
export async function openViewers(
  options: SwarmOptions,
  { logger, trackers, got }: ViewerEvents,
): Promise<OpenedViewers> {
  const { content, viewers, rampSeconds, leaveRate, memoryMb, integrity } = options;
  const ticket = ticketSourceOf(options);
  const contentId = content === undefined ? {} : { contentId: content };
  const follower = await openStream({ urls: [options.playlist], ...contentId, choose, logger });
  const webRtc = await loadNodeWebRtc(); // last: its threads would hold up the exit of who has nothing to play
  const stream = new SharedStream(follower);
  const tracks = follower.renditions.map(({ track }) => track);
  const lan = options.tracker.some((url) => isLanHost(new URL(url).hostname));
  const trackerWatch = trackers && new TrackerWatch(trackers);
  const watched = trackerWatch ? { trackerWatch } : {};
  const most = options.uplinkMbps === undefined ? {} : { uploadBitsPerSecondMax: options.uplinkMbps * 1e6 };

  const open = (turn: number): HeadlessViewer => {
    const name = `viewer-${turn + 1}`;
    // Evenly spread: of three viewers of which a third gives, it is always the third.
    const upload = Math.floor((turn + 1) * options.upload) > Math.floor(turn * options.upload);
    return new HeadlessViewer({
      ...{ name, tracks, startAt: options.startAt },
      open: (onPlaylist) =>
        openHeadlessSwarm({
          ...{ follower: stream.open(), trackers: options.tracker, webRtc, lan, upload, integrity, ticket, logger },
          ...{ memoryBytesMax: memoryMb * 1e6, sharing: most, onPlaylist, ...watched },
        }),
      got: (segment) => {
        got({ viewer: name, ...segment });
      },
    });
  };
  const pool = new ViewerPool({ viewers, rampSeconds, leaveRate, open });
  return {
    pool,
    close() {
      trackerWatch?.close();
      pool.close();
      stream.close();
    },
  };
}

/** What one player plays: the rendition that is listed first, as hls.js begins with, and the first sound beside it. */
const choose: NonNullable<StreamFollowerOptions["choose"]> = (all) =>
  (["main", "audio"] as const).flatMap((kind) => all.find((rendition) => rendition.kind === kind) ?? []);

function ticketSourceOf({ ticket, ticketSecretFile, content }: SwarmOptions): TicketSource | undefined {
  if (ticketSecretFile === undefined) return ticket;
  if (ticket !== undefined) throw new OptionError("give --ticket or --ticket-secret-file, not both");
  if (content === undefined) throw new OptionError("--ticket-secret-file needs --content: what is to be watched");
  const [secret = ""] = readSecret(ticketSecretFile)
    .trim()
    .split(/\s*\n\s*/);
  return ({ key }) => issueTicket({ secret }, { content, key });
}

function readSecret(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new OptionError(`${file} cannot be read: ${String(error)}`);
  }
}
