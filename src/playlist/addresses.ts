/** How the texts of one playlist become addresses: its variables (EXT-X-DEFINE) are put in, its own URL is the base. */
import type { Attributes } from "./attributes.ts";
import { PlaylistError } from "./playlist-error.ts";

export interface Addresses {
  /** Of the playlist; absolute. */
  readonly base: string;
  /** Those defined so far. */
  readonly variables: ReadonlyMap<string, string>;
  define(attributes: Attributes, line: number): void;
  /** With variables replaced. */
  text(written: string, line: number): string;
  /** Absolute. */
  url(uri: string, line: number): string;
}

/** RFC 8216bis section 4.4.2.3. `imported` are the variables of the multivariant playlist that led here. */
export class PlaylistAddresses implements Addresses {
  readonly base: string;
  readonly variables = new Map<string, string>();
  readonly #imported: ReadonlyMap<string, string> | undefined;

  constructor(base: string, imported?: ReadonlyMap<string, string>) {
    this.base = base;
    this.#imported = imported;
  }

  define(attributes: Attributes, line: number): void {
    const { NAME, VALUE = "", IMPORT, QUERYPARAM } = attributes;
    const name = QUERYPARAM ?? IMPORT ?? NAME;
    if (name === undefined) throw new PlaylistError(line, "EXT-X-DEFINE names no variable");
    const given = QUERYPARAM === undefined ? VALUE : new URL(this.base).searchParams.get(name);
    const value = IMPORT === undefined ? given : this.#imported?.get(name);
    if (value === undefined || value === null) throw new PlaylistError(line, `nothing gives the variable ${name}`);
    if (this.variables.has(name)) throw new PlaylistError(line, `the variable ${name} is defined twice`);
    this.variables.set(name, value);
  }

  text(written: string, line: number): string {
    return written.replace(REFERENCE, (_, name: string) => {
      const value = this.variables.get(name);
      if (value === undefined) throw new PlaylistError(line, `the variable ${name} is not defined`);
      return value;
    });
  }

  url(uri: string, line: number): string {
    if (!URL.canParse(uri, this.base)) throw new PlaylistError(line, `${uri} is no address`);
    return new URL(uri, this.base).href;
  }
}

/** For whoever has the text alone: nothing is replaced, nothing made absolute. */
export const AS_WRITTEN: Addresses = {
  base: "",
  variables: new Map(),
  define: () => undefined,
  text: (written) => written,
  url: (uri) => uri,
};

const REFERENCE = /\{\$([\w-]+)\}/g;
