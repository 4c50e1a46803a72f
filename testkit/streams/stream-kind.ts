/** What a kind of stream is to the test server and to the tests: files, how they are published, and what to expect. */
import type { Way } from "../server-ways.ts";
import type { Files } from "./encodings.ts";

/** One request, as far as what is published may depend on it. */
export interface Asking {
  /** The label of whoever asks: `plain`, `alone`, `one`, `two`, `three`. */
  readonly viewer: string;
  /** Relative to the stream. */
  readonly file: string;
  readonly query: URLSearchParams;
  /** Since the stream was first asked for. */
  readonly seconds: number;
  /** `http://127.0.0.1:port/name/`, and the same stream on another host. */
  readonly base: string;
  readonly otherBase: string;
}

export interface StreamKind {
  readonly name: string;
  /** `index.m3u8` is what is played. */
  files(): Promise<Files>;
  /** What a playlist says to whoever asks; also of other texts. Default: as it is. */
  readonly publish?: (text: string, asking: Asking) => string;
  /** Which file a request is for. Default: its path. */
  readonly locate?: (asking: Asking) => string;
  /** Who may not have it. Default: nobody is refused. */
  readonly refuses?: (asking: Asking) => boolean;
  /** How media is served. Default `well`. */
  readonly way?: Way;

  /** How it is watched. Default: to its end. */
  readonly watch?: "10 s live" | "10 s live, seeking back" | "live to its end";
  /** What hls.js takes for the end of a stream is its beginning anew: the page loads the source once more, as sites do. */
  readonly reloads?: boolean;
  /** Segments that the site does not let the swarm share, by a part of their URL. */
  readonly unshared?: string;

  /** Viewers of the swarm with whom nothing is shared. */
  readonly strangers?: readonly string[];
  /** What every viewer must ask the origin for, or else the test shows nothing. */
  readonly asks?: readonly string[];
  /** What a viewer may do without: the playlists of levels that it did not choose. */
  readonly optional?: RegExp;
  /** Media that every viewer must have whole from the origin. */
  readonly ownOnly?: RegExp;
  /** Whether plain hls.js plays it to the end. Default true. */
  readonly playable?: boolean;
}
