/** What the benchmark tells the servers' process and hears from it. */

export interface ServersSetup {
  readonly address: string;
  readonly segmentSeconds: number;
  readonly bitsPerSecond: number;
  /** When segment 0 began, milliseconds since 1970. */
  readonly epochMs: number;
  /** Directory of the witnesses' page. */
  readonly pages: string;
}

export interface ServersReport {
  readonly streamUrl: string;
  readonly pageUrl: string;
  readonly trackerUrl: string;
  /** Body bytes of segments that the origin has sent, and requests for segments that it was asked. */
  readonly originBytes: number;
  readonly requests: number;
  readonly segmentBytes: ReadonlyMap<number, number>;
}

export const isServersReport = (value: unknown): value is ServersReport =>
  typeof value === "object" && value !== null && "trackerUrl" in value;
