/** The load: viewers without uplink, as the command `swarm` sends them to a stream, spread over some processes. */
import { Program } from "./program.ts";

export interface PeersSetup {
  readonly cli: string;
  readonly streamUrl: string;
  readonly trackerUrl: string;
  readonly peers: number;
  readonly processes: number;
}

/** Of all peers together, since they came. */
export interface PeersReport {
  readonly playing: number;
  readonly peerReceivedBytes: number;
  readonly originReceivedBytes: number;
  readonly stalls: number;
}

export class Peers {
  readonly #programs: readonly Program[];

  private constructor(programs: readonly Program[]) {
    this.#programs = programs;
  }

  static async open({ cli, streamUrl, trackerUrl, peers, processes }: PeersSetup): Promise<Peers> {
    const programs: Program[] = [];
    for (let left = peers, open = Math.min(processes, peers); open > 0; open--) {
      const viewers = Math.ceil(left / open);
      left -= viewers;
      const load = [
        "--viewers",
        String(viewers),
        "--ramp-seconds",
        String(viewers / JOINS_PER_SECOND),
        "--upload",
        "0",
      ];
      const reports = ["--seconds", "0", "--json", "--report-seconds", String(REPORT_SECONDS)];
      programs.push(await Program.command(cli, ["swarm", streamUrl, "--tracker", trackerUrl, ...load, ...reports]));
    }
    return new Peers(programs);
  }

  report(): PeersReport {
    const reports = this.#programs.map(({ last }) => reportOf(last));
    const sum = (of: (report: PeersReport) => number): number =>
      reports.reduce((total, report) => total + of(report), 0);
    return {
      playing: sum(({ playing }) => playing),
      peerReceivedBytes: sum(({ peerReceivedBytes }) => peerReceivedBytes),
      originReceivedBytes: sum(({ originReceivedBytes }) => originReceivedBytes),
      stalls: sum(({ stalls }) => stalls),
    };
  }

  async close(): Promise<void> {
    await Promise.all(this.#programs.map((program) => program.stop()));
  }
}

/** A line of `swarm --json`. */
function reportOf(line: unknown): PeersReport {
  const number = (name: string): number => {
    const value: unknown = typeof line === "object" && line !== null ? Reflect.get(line, name) : undefined;
    if (typeof value !== "number") throw new Error(`the viewers do not tell ${name}`);
    return value;
  };
  return {
    playing: number("playing"),
    peerReceivedBytes: number("peerBytes"),
    originReceivedBytes: number("cdnBytes"),
    stalls: number("stalls"),
  };
}

/** Each process's. All at once would be a flood of handshakes, and not what is measured. */
const JOINS_PER_SECOND = 5;
/** What is read is older than it seems by half of this. */
const REPORT_SECONDS = 0.25;
