/** The media type of a segment, by what its file is called: peers do not tell what the upstream called it. */
export const mediaTypeOf = (url: string): string =>
  TYPES[/\.(\w+)$/.exec(new URL(url).pathname)?.[1]?.toLowerCase() ?? ""] ?? "application/octet-stream";

const TYPES: Readonly<Record<string, string>> = {
  ...{ ts: "video/mp2t", mp4: "video/mp4", m4s: "video/mp4", m4v: "video/mp4", cmfv: "video/mp4" },
  ...{ m4a: "audio/mp4", cmfa: "audio/mp4", aac: "audio/aac", mp3: "audio/mpeg", ac3: "audio/ac3", ec3: "audio/eac3" },
  ...{ vtt: "text/vtt; charset=utf-8", webvtt: "text/vtt; charset=utf-8" },
};
