/** Those with a socket, by what they came for. */
export interface Headcount {
  /** They watch, those held out included. */
  readonly viewers: number;
  readonly seeders: number;
}

/** One tracker process, as the others and its viewers' list of trackers know it. */
export interface TrackerNode extends Headcount {
  /** The two characters that every peer id of this process begins with. */
  readonly node: string;
  /** Where viewers reach it, `wss://…`; undefined when its operator did not say. Workers of one machine share it. */
  readonly publicUrl: string | undefined;
  readonly region: string | undefined;
  /** Of viewers and seeders together. */
  readonly viewersMax: number;
  readonly draining: boolean;
}
