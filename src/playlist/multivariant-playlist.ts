/** The playlist of playlists (RFC 8216 section 4.3.4): which renditions there are and where. Chooses none. */
import type { Addresses } from "./addresses.ts";
import { parseAttributes, type Attributes } from "./attributes.ts";
import { PlaylistError } from "./playlist-error.ts";

/** What EXT-X-STREAM-INF describes. */
export interface Variant {
  readonly attributes: Attributes;
  /** Of its media playlist; absolute. */
  readonly url: string;
}

/** What EXT-X-MEDIA describes. */
export interface AlternativeRendition {
  readonly attributes: Attributes;
  /** Of its media playlist; absolute. Undefined where it comes with the variants. */
  readonly url: string | undefined;
}

export interface MultivariantPlaylist {
  readonly kind: "multivariant";
  /** After redirections. */
  readonly url: string;
  readonly variants: readonly Variant[];
  readonly alternatives: readonly AlternativeRendition[];
  /** Addresses in other tags (session keys, session data, I-frame playlists); absolute. */
  readonly otherUrls: readonly string[];
  /** What its media playlists may import. */
  readonly variables: ReadonlyMap<string, string>;
}

export function parseMultivariantPlaylist(text: string, addresses: Addresses): MultivariantPlaylist {
  const variants: Variant[] = [];
  const alternatives: AlternativeRendition[] = [];
  const otherUrls: string[] = [];
  let streamInf: Attributes | undefined;
  text.split("\n").forEach((raw, line) => {
    const written = raw.trim();
    const [tag = "", list = ""] = written.split(/:(.*)/);
    const read = (): Attributes => parseAttributes(list, (value) => addresses.text(value, line));
    if (tag === "#EXT-X-DEFINE") addresses.define(read(), line);
    else if (tag === "#EXT-X-STREAM-INF") streamInf = read();
    else if (tag === "#EXT-X-MEDIA") {
      const attributes = read();
      const { URI } = attributes;
      alternatives.push({ attributes, url: URI ? addresses.url(URI, line) : undefined });
    } else if (OTHER_TAGS.includes(tag)) {
      const { URI } = read();
      if (URI) otherUrls.push(addresses.url(URI, line));
    } else if (written !== "" && !written.startsWith("#") && streamInf) {
      variants.push({ attributes: streamInf, url: addresses.url(addresses.text(written, line), line) });
      streamInf = undefined;
    }
  });
  if (variants.length === 0) throw new PlaylistError(0, "lists neither segments nor renditions");
  const { base: url, variables } = addresses;
  return { kind: "multivariant", url, variants, alternatives, otherUrls, variables };
}

const OTHER_TAGS: readonly string[] = ["#EXT-X-I-FRAME-STREAM-INF", "#EXT-X-SESSION-KEY", "#EXT-X-SESSION-DATA"];
