/** What a live origin says of itself: `/healthz` for load balancers, `/status` for a person or a page. No key, no address. */
import { statfs } from "node:fs/promises";
import type { Millis } from "../base/time.ts";
import type { LiveStream } from "./live-stream.ts";

export interface LiveFigures {
  readonly uptimeSeconds: number;
  readonly streams: readonly StreamFigures[];
  readonly publishers: number;
  readonly heldRequests: number;
  readonly sentBytes: number;
  /** How many answers had each status. */
  readonly answers: Readonly<Record<string, number>>;
  readonly refusedPublishers: Readonly<Record<string, number>>;
  /** Of this process, since it began; ffmpeg's are its own. */
  readonly cpuSeconds: number;
  readonly memoryBytes: number;
  readonly diskFreeBytes: number;
}

export interface StreamFigures {
  readonly name: string;
  readonly state: LiveStream["state"];
  readonly isPublished: boolean;
  readonly renditions: ReadonlyArray<{ readonly name: string; readonly streamInf: string }>;
}

export const streamFiguresOf = ({ name, state, isPublished, renditions }: LiveStream): StreamFigures => ({
  name,
  state,
  isPublished,
  renditions: renditions.map((rendition) => ({ name: rendition.name, streamInf: rendition.streamInf })),
});

/** What the process itself says. */
export function processFigures(startedAt: Millis): Pick<LiveFigures, "uptimeSeconds" | "cpuSeconds" | "memoryBytes"> {
  const { user, system } = process.cpuUsage();
  return {
    uptimeSeconds: Math.floor((performance.now() - startedAt) / 1000),
    cpuSeconds: (user + system) / 1e6,
    memoryBytes: process.memoryUsage.rss(),
  };
}

/** Where nobody can tell, it is as if there were nothing. */
export async function diskFreeBytesOf(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder).catch(() => ({ bavail: 0, bsize: 0 }));
  return bavail * bsize;
}
