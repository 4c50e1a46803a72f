/** What sites do to a playlist before they publish it. Each edit gives a new playlist for whoever asks, now. */
import { mapSegments, windowOf, withHead, withTag, type Playlist, type PlaylistSegment } from "./playlist.ts";
import type { Asking } from "./stream-kind.ts";

export type Edit = (playlist: Playlist, asking: Asking) => Playlist;

export const inOrder =
  (...edits: readonly Edit[]): Edit =>
  (playlist, asking) =>
    edits.reduce((edited, edit) => edit(edited, asking), playlist);

/** A new key, `key-0.bin`, `key-1.bin`, every so many segments. */
export const rotatingKeys =
  (every: number): Edit =>
  (playlist) =>
    mapSegments(playlist, (segment, index) =>
      index % every === 0 ? withTag(segment, `#EXT-X-KEY:METHOD=AES-128,URI="key-${index / every}.bin"`) : segment,
    );

export const sampleAes =
  (iv: Buffer): Edit =>
  (playlist) =>
    withHead(playlist, `#EXT-X-KEY:METHOD=SAMPLE-AES,URI="key.bin",IV=0x${iv.toString("hex")}`);

/** The last `segments` of what an encoder has made, one more each second. */
export const live =
  (segments: number): Edit =>
  (playlist, asking) =>
    windowOf(playlist, Math.max(0, made(asking) - segments), made(asking));

/** A broadcast that keeps all of itself, is over after a while, and then is a recording. */
export const broadcast =
  (segments: number): Edit =>
  (playlist, asking) => {
    const known = windowOf(playlist, 0, Math.min(segments, made(asking)));
    const ended = made(asking) >= segments;
    return withHead({ ...known, ended }, `#EXT-X-PLAYLIST-TYPE:${ended ? "VOD" : "EVENT"}`);
  };

/** An encoder that is started anew in the middle: numbers, names and timestamps begin again, and time goes on. */
export const restarted =
  (segments: number, atSeconds: number, epochMs: number): Edit =>
  (playlist, asking) => {
    const isAgain = asking.seconds >= atSeconds;
    const clock = isAgain ? { ...asking, seconds: asking.seconds - atSeconds } : asking;
    const shown = inOrder(
      live(segments),
      dated(() => epochMs + (isAgain ? atSeconds * 1000 : 0)),
    )(playlist, clock);
    return isAgain ? mapSegments(shown, (segment) => ({ ...segment, uri: `${segment.uri}?again` })) : shown;
  };

/** A date for every segment, a second apart; `from` may depend on who asks. */
export const dated =
  (from: (asking: Asking) => number, stepSeconds = 1): Edit =>
  (playlist, asking) => {
    const first = sequenceOf(playlist);
    return mapSegments(playlist, (segment, index) => {
      const date = new Date(from(asking) + (first + index) * stepSeconds * 1000);
      return withTag(segment, `#EXT-X-PROGRAM-DATE-TIME:${date.toISOString()}`);
    });
  };

/** A token of one's own at every address, another one every few seconds. */
export const signed: Edit = (playlist, { viewer, seconds }) =>
  mapSegments(playlist, (segment) => ({ ...segment, uri: `${segment.uri}?token=${viewer}.${tokenAt(seconds)}` }));

/** Whether a token is not this viewer's, or too old. */
export function isForged({ viewer, query, seconds, file }: Asking): boolean {
  const [owner, at] = (query.get("token") ?? "").split(".");
  return file.endsWith(".ts") && (owner !== viewer || Number(at) < tokenAt(seconds) - TOKENS_VALID);
}

/** One segment that the encoder lost. */
export const withGap =
  (at: number): Edit =>
  (playlist) =>
    mapSegments(playlist, (segment, index) =>
      index === at ? { ...withTag(segment, "#EXT-X-GAP"), uri: `lost.ts` } : segment,
    );

/** Three segments of an advert after segment `at`, wherever they are for whoever asks. */
export const withAdvert =
  (at: number, uriOf: (index: number, asking: Asking) => string): Edit =>
  (playlist, asking) => {
    const { segments } = playlist;
    const cut = "#EXT-X-DISCONTINUITY";
    const advert = [0, 1, 2].map((index): PlaylistSegment => {
      const segment = { tags: ["#EXTINF:1.000000,"], uri: uriOf(index, asking) };
      return index === 0 ? withTag(segment, cut) : segment;
    });
    const [next, ...rest] = segments.slice(at);
    return {
      ...playlist,
      segments: [...segments.slice(0, at), ...advert, ...(next ? [withTag(next, cut)] : []), ...rest],
    };
  };

/** Addresses with variables in them (RFC 8216bis section 4.3). */
export const withVariables: Edit = (playlist, { viewer }) => {
  const head = [
    "#EXT-X-VERSION:8",
    '#EXT-X-DEFINE:NAME="stem",VALUE="s"',
    `#EXT-X-DEFINE:NAME="who",VALUE="${viewer}"`,
  ];
  const edited = mapSegments(playlist, (segment) => ({
    ...segment,
    uri: segment.uri.replace(/^s(.*)/, "{$stem}$1?{$who}"),
  }));
  return { ...edited, head: [...playlist.head.filter((tag) => !tag.startsWith("#EXT-X-VERSION")), ...head] };
};

/** Only what is new to those who ask for that (RFC 8216bis section 6.2.5.1). */
export const skipping: Edit = (playlist, { query }) => {
  const offered = withHead(playlist, "#EXT-X-VERSION:9", `#EXT-X-SERVER-CONTROL:CAN-SKIP-UNTIL=${KEPT_SEGMENTS}`);
  const skipped = playlist.segments.length - KEPT_SEGMENTS;
  if (query.get("_HLS_skip") !== "YES" || skipped <= 0) return offered;
  const head = [...offered.head, `#EXT-X-SKIP:SKIPPED-SEGMENTS=${skipped}`];
  return { ...offered, head, segments: offered.segments.slice(skipped) };
};

/** An advert that is not in the playlist but in one of its own, from second 6 on. */
export const interstitial =
  (startMs: number): Edit =>
  (playlist, { base }) => {
    const start = new Date(startMs + 6000).toISOString();
    const asset = `X-ASSET-URI="${base}ads/index.m3u8",X-RESUME-OFFSET=0`;
    const tag = `#EXT-X-DATERANGE:ID="ad",CLASS="com.apple.hls.interstitial",START-DATE="${start}",DURATION=3,${asset}`;
    return { ...playlist, head: [...playlist.head, tag] };
  };

/** Segments made so far: a few before anybody asked. */
const made = ({ seconds }: Asking): number => MADE_BEFORE + Math.floor(seconds);

const sequenceOf = ({ head }: Playlist): number =>
  Number(head.find((tag) => tag.startsWith("#EXT-X-MEDIA-SEQUENCE"))?.split(":")[1] ?? 0);

const tokenAt = (seconds: number): number => Math.floor(seconds / TOKEN_SECONDS);

const MADE_BEFORE = 6;
const TOKEN_SECONDS = 2;
/** A window is this long, and a request that waits for its turn must not be refused. */
const TOKENS_VALID = 5;
/** The least that the standard allows: six target durations. */
const KEPT_SEGMENTS = 6;
