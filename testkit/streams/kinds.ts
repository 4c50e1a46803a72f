/** The kinds of streams that we say we play, as data. What is asserted of each is for `prove-kind.ts` to know. */
import { createCipheriv, createHash } from "node:crypto";
import * as edits from "./edits.ts";
import { encoding, SAMPLE_IV, SAMPLE_KEY, type EncodingName, type Files } from "./encodings.ts";
import { parsePlaylist, printPlaylist } from "./playlist.ts";
import type { Asking, StreamKind } from "./stream-kind.ts";

const KEY_SEGMENTS = 4;
/** Day 0 of the test streams. */
const EPOCH_MS = Date.UTC(2026, 0, 1);
const ADVERTS = { "ads/a/": "advert a", "ads/b/": "advert b", "ads/c/": "advert c" } as const;

const plain = (name: EncodingName) => (): Promise<Files> => encoding(name);

/** Several encodings, each in a folder, and texts of one's own. */
const together =
  (folders: Readonly<Record<string, EncodingName>>, texts: Readonly<Record<string, string>> = {}) =>
  async (): Promise<Files> => {
    const files = new Map<string, Buffer>();
    for (const [folder, name] of Object.entries(folders))
      for (const [file, bytes] of await encoding(name)) files.set(`${folder}${file}`, bytes);
    for (const [file, text] of Object.entries(texts)) files.set(file, Buffer.from(text));
    return files;
  };

/** Edits of media playlists; other texts stay as they are. */
const media =
  (...steps: readonly edits.Edit[]) =>
  (text: string, asking: Asking): string =>
    text.includes("#EXTINF") ? printPlaylist(edits.inOrder(...steps)(parsePlaylist(text), asking)) : text;

/** The initialisation vector is the media sequence number (RFC 8216 section 5.2). */
async function withRotatingKeys(): Promise<Files> {
  const files = new Map(await encoding("ts"));
  for (let index = 0, bytes = files.get("s0.ts"); bytes; bytes = files.get(`s${++index}.ts`)) {
    const turn = Math.floor(index / KEY_SEGMENTS);
    const key = createHash("md5").update(`key ${turn}`).digest();
    const iv = Buffer.alloc(16);
    iv.writeUInt32BE(index, 12);
    const cipher = createCipheriv("aes-128-cbc", key, iv);
    files.set(`s${index}.ts`, Buffer.concat([cipher.update(bytes), cipher.final()]));
    files.set(`key-${turn}.bin`, key);
  }
  return files;
}

const master = (...lines: readonly string[]): string => ["#EXTM3U", "#EXT-X-VERSION:7", ...lines, ""].join("\n");
const variant = (kilobits: number, size: string, uri: string, more = ""): string =>
  `#EXT-X-STREAM-INF:BANDWIDTH=${kilobits}000,RESOLUTION=${size},CODECS="avc1.4d400d,mp4a.40.2"${more}\n${uri}`;
const sound = (name: string, language: string, uri: string): string =>
  `#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="sound",NAME="${name}",LANGUAGE="${language}",DEFAULT=${name === "Low" ? "YES" : "NO"},AUTOSELECT=YES,URI="${uri}"`;
const cue = (second: number): string => `00:00:0${second}.000 --> 00:00:0${second + 1}.000\nsecond ${second}\n`;
const audioPlaylist = ["#EXTM3U", "#EXT-X-TARGETDURATION:1", "#EXT-X-PLAYLIST-TYPE:VOD", "#EXT-X-MEDIA-SEQUENCE:0"]
  .concat(Array.from({ length: 16 }, (_, index) => `#EXTINF:1.0,\ns${index}.aac`))
  .concat("#EXT-X-ENDLIST")
  .join("\n");
const letterOf = ({ viewer }: Asking): string => ({ two: "b", three: "c" })[viewer] ?? "a";
const advertFile = ({ file, query }: Asking): string =>
  file.startsWith("advert") ? `ads/${query.get("for") ?? ""}/s${query.get("n") ?? ""}.ts` : file;
/** Three viewers start on different hosts. */
const hostsOf = ({ viewer, base, otherBase }: Asking): readonly [string, string] =>
  viewer === "two" ? [otherBase, base] : [base, otherBase];

export const KINDS = {
  ts: { name: "MPEG-TS", files: plain("ts") },
  fmp4: { name: "fMP4 with an init segment", files: plain("fmp4") },
  tsRanges: { name: "byte ranges of one MPEG-TS file", files: plain("ts in one file") },
  fmp4Ranges: { name: "byte ranges of one fMP4 file", files: plain("fmp4 in one file") },
  aes128: {
    name: "AES-128, another key every 4 segments",
    files: withRotatingKeys,
    publish: media(edits.rotatingKeys(KEY_SEGMENTS)),
    asks: ["key-0.bin", "key-1.bin", "key-2.bin", "key-3.bin"],
  },
  sampleAes: {
    name: "SAMPLE-AES",
    files: async () => new Map([...(await encoding("sample-aes")), ["key.bin", SAMPLE_KEY]]),
    publish: media(edits.sampleAes(SAMPLE_IV)),
    asks: ["key.bin"],
  },
  levels: {
    name: "three levels",
    optional: /^(?:low|mid|high)\//,
    files: together(
      { "low/": "low", "mid/": "fmp4", "high/": "high" },
      {
        "index.m3u8": master(
          variant(250, "160x90", "low/index.m3u8"),
          variant(520, "320x180", "mid/index.m3u8"),
          variant(950, "480x270", "high/index.m3u8"),
        ),
      },
    ),
  },
  audioGroups: {
    name: "alternate audio, fMP4",
    files: together(
      { "video/": "video only", "low/": "audio only", "high/": "other audio only" },
      {
        "index.m3u8": master(
          sound("Low", "en", "low/index.m3u8"),
          sound("High", "de", "high/index.m3u8"),
          variant(500, "320x180", "video/index.m3u8", ',AUDIO="sound"'),
        ),
      },
    ),
  },
  packedAudio: {
    name: "packed audio beside MPEG-TS",
    files: together(
      { "video/": "video only, ts", "audio/": "packed audio" },
      {
        "audio/index.m3u8": audioPlaylist,
        "index.m3u8": master(
          sound("Low", "en", "audio/index.m3u8"),
          variant(500, "320x180", "video/index.m3u8", ',AUDIO="sound"'),
        ),
      },
    ),
  },
  subtitles: {
    name: "WebVTT subtitles",
    files: together(
      { "video/": "fmp4" },
      {
        "text.vtt": `WEBVTT\n\n${[1, 3, 5, 7].map(cue).join("\n")}`,
        "text.m3u8": `#EXTM3U\n#EXT-X-TARGETDURATION:16\n#EXT-X-PLAYLIST-TYPE:VOD\n#EXTINF:16,\ntext.vtt\n#EXT-X-ENDLIST`,
        "index.m3u8": master(
          '#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="text",NAME="English",LANGUAGE="en",DEFAULT=YES,AUTOSELECT=YES,URI="text.m3u8"',
          variant(520, "320x180", "video/index.m3u8", ',SUBTITLES="text"'),
        ),
      },
    ),
    asks: ["text.vtt"],
  },
  discontinuity: {
    name: "discontinuities",
    files: together({ "": "ts", "ads/": "advert a" }),
    publish: media(edits.withAdvert(6, (index) => `ads/s${index}.ts`)),
  },
  advertsByPath: {
    name: "adverts of one's own, by path",
    files: together({ "": "ts", ...ADVERTS }),
    publish: media(edits.withAdvert(8, (index, asking) => `ads/${letterOf(asking)}/s${index}.ts`)),
    ownOnly: /^ads\//,
  },
  advertsByQuery: {
    name: "adverts of one's own, by query alone",
    files: together({ "": "ts", ...ADVERTS }),
    publish: media(edits.withAdvert(8, (index, asking) => `advert.ts?n=${index}&for=${letterOf(asking)}`)),
    locate: advertFile,
    ownOnly: /^ads\//,
  },
  advertsByKey: {
    name: "adverts of one's own at one numbered path, with a `segmentKey`",
    files: together({ "": "ts", ...ADVERTS }),
    publish: media(edits.withAdvert(8, (index, asking) => `advert${index}.ts?n=${index}&for=${letterOf(asking)}`)),
    locate: advertFile,
    unshared: "&for=",
    ownOnly: /^ads\//,
  },
  gap: { name: "EXT-X-GAP", files: plain("ts"), publish: media(edits.withGap(5)) },
  dated: { name: "program date time", files: plain("ts"), publish: media(edits.dated(() => EPOCH_MS)) },
  wronglyDated: {
    name: "program date time that goes backwards",
    files: plain("ts"),
    publish: media(edits.dated(() => EPOCH_MS, -5)),
  },
  otherwiseDated: {
    name: "program date time that differs between viewers",
    files: plain("ts"),
    publish: media(edits.dated(({ viewer }) => EPOCH_MS + (viewer === "three" ? 60_000 : 0))),
    strangers: ["three"],
  },
  live: { name: "live", files: plain("live"), publish: media(edits.live(8)), watch: "10 s live" },
  dvr: {
    name: "live with a DVR window, seeking back",
    files: plain("live"),
    publish: media(edits.live(1000)),
    watch: "10 s live, seeking back",
  },
  event: {
    name: "EVENT that ends and becomes VOD",
    files: plain("live"),
    publish: media(edits.broadcast(20)),
    watch: "live to its end",
  },
  restarted: {
    name: "live, media sequence numbers and names begin again, with dates",
    files: together({ "": "live", "again/": "live again" }),
    publish: media(edits.restarted(8, 8, EPOCH_MS)),
    locate: ({ file, query }) => (query.has("again") ? `again/${file}` : file),
    reloads: true,
    watch: "10 s live",
  },
  redundant: {
    name: "redundant variants on two hosts",
    files: together({ "video/": "fmp4" }, { "index.m3u8": master(variant(520, "320x180", "{}")) }),
    publish: (text, asking) =>
      text.includes("{}")
        ? master(...hostsOf(asking).map((host) => variant(520, "320x180", `${host}video/index.m3u8`)))
        : text,
  },
  steered: {
    name: "content steering between two hosts",
    files: together({ "video/": "fmp4" }, { "index.m3u8": master(variant(520, "320x180", "{}")), "steer.json": "{}" }),
    asks: ["steer.json"],
    publish: (text, asking) => {
      if (asking.file === "steer.json") {
        const order = asking.viewer === "two" ? ["b", "a"] : ["a", "b"];
        return JSON.stringify({ VERSION: 1, TTL: 300, "PATHWAY-PRIORITY": order });
      }
      if (!text.includes("{}")) return text;
      return master(
        '#EXT-X-CONTENT-STEERING:SERVER-URI="steer.json",PATHWAY-ID="a"',
        variant(520, "320x180", `${asking.base}video/index.m3u8`, ',PATHWAY-ID="a"'),
        variant(520, "320x180", `${asking.otherBase}video/index.m3u8`, ',PATHWAY-ID="b"'),
      );
    },
  },
  signed: {
    name: "signed URLs, a token for each viewer that changes",
    files: plain("live"),
    publish: media(edits.live(8), edits.signed),
    refuses: edits.isForged,
    watch: "10 s live",
  },
  gzip: { name: "gzip-encoded answers", files: plain("fmp4"), way: "compresses" },
  chunked: { name: "chunked answers without Content-Length", files: plain("fmp4"), way: "chunks" },
  noRanges: { name: "a CDN without Range", files: plain("ts"), way: "no-ranges" },
  answers416: { name: "a CDN that answers 416 to Range", files: plain("ts"), way: "answers-416" },
  wrongLength: {
    name: "a CDN with a wrong Content-Length",
    files: plain("ts"),
    way: "overstates-length",
    playable: false,
  },
  hiddenContentRange: { name: "Content-Range not exposed", files: plain("ts"), way: "hides-content-range" },
  variables: { name: "variable substitution", files: plain("ts"), publish: media(edits.withVariables) },
  delta: {
    name: "delta playlists",
    files: plain("live"),
    publish: media(edits.live(12), edits.skipping),
    asks: ["index.m3u8, what is new"],
    watch: "10 s live",
  },
  iFrames: {
    name: "I-frame playlists",
    files: together(
      { "video/": "fmp4" },
      {
        "index.m3u8": master(
          variant(520, "320x180", "video/index.m3u8"),
          '#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=90000,CODECS="avc1.4d400d",RESOLUTION=320x180,URI="video/index.m3u8"',
        ),
      },
    ),
  },
  interstitials: {
    name: "interstitials",
    files: together({ "": "ts", "ads/": "advert a" }),
    publish: (text, asking) =>
      asking.file === "index.m3u8"
        ? media(
            edits.dated(() => EPOCH_MS),
            edits.interstitial(EPOCH_MS),
          )(text, asking)
        : text,
    asks: ["ads/index.m3u8"],
    ownOnly: /^ads\//,
  },
} satisfies Readonly<Record<string, StreamKind>>;
