/** What EXT-X-STREAM-INF says of a rendition (RFC 8216bis section 4.4.6.2). */
import type { Track } from "./core/init-segment.ts";

export interface MediaFacts {
  readonly tracks: readonly Pick<Track, "kind" | "codec" | "size">[];
  /** 0 where that is not known. */
  readonly framesPerSecond: number;
}

/** The stable id is what viewers know the rendition by: the rest may be measured anew when the stream begins again. */
export function streamInfOf(name: string, bitsPerSecond: number, { tracks, framesPerSecond }: MediaFacts): string {
  const codecs = tracks.map(({ codec }) => codec);
  const size = tracks.find(({ kind }) => kind === "video")?.size;
  return [
    `BANDWIDTH=${Math.round(bitsPerSecond)}`,
    ...(codecs.length > 0 && codecs.every((codec) => codec !== undefined) ? [`CODECS="${codecs.join(",")}"`] : []),
    ...(size ? [`RESOLUTION=${size.width}x${size.height}`] : []),
    ...(framesPerSecond > 0 ? [`FRAME-RATE=${framesPerSecond.toFixed(3)}`] : []),
    `STABLE-VARIANT-ID="${name}"`,
  ].join(",");
}
