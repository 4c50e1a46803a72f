/** Types of the ABR bench's CDN. */
export interface CdnOptions {
  readonly root: string;
  /** Directory of the viewers' pages, found under `/pages`. */
  readonly pages: string;
  /** Bit rates of the renditions, lowest first. */
  readonly levels: readonly number[];
  readonly segmentSeconds: number;
  /** Length of the title. */
  readonly seconds: number;
}

export interface Cdn {
  readonly url: string;
  readonly streamUrl: string;
  /** Of the line to each viewer, from now on; 0 for no limit. */
  setRate(bitsPerSecond: number): void;
  /** Media bytes that left for a viewer. */
  bytesTo(viewer: string): number;
  close(): Promise<void>;
}

export function openCdn(options: CdnOptions): Promise<Cdn>;
