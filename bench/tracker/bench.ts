/** Measures the servers in turn, in one run, and prints ratios: absolute figures are the machine's. */
import { parseArgs } from "node:util";
import { bareWire } from "./bare-wire.ts";
import { bittorrentWire } from "./bittorrent-wire.ts";
import { measure, type Scale, type TrackerFigures } from "./measure.ts";
import { ownWire } from "./own-wire.ts";

export async function runBench(args: readonly string[], root: string): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: { json: { type: "boolean" }, quick: { type: "boolean" }, rounds: { type: "string", default: "1" } },
  });
  const rounds: TrackerFigures[][] = [];
  for (let round = 0; round < Number(values.rounds); round++) {
    const figures: TrackerFigures[] = [];
    for (const wire of [ownWire, bittorrentWire, bareWire]) {
      console.error(`round ${String(round + 1)}: ${wire.name}`);
      figures.push(await measure(wire, values.quick ? QUICK : WHOLE, root));
    }
    rounds.push(figures);
  }
  const servers = (rounds[0] ?? []).map((_, index) => medianOf(rounds.flatMap((round) => round[index] ?? [])));
  console.log(values.json ? JSON.stringify({ servers }) : tableOf(servers));
}

function medianOf(rounds: readonly TrackerFigures[]): TrackerFigures {
  const of = <Value extends number | undefined>(read: (figures: TrackerFigures) => Value): Value => {
    const sorted = rounds.map(read).sort((a, b) => (a ?? 0) - (b ?? 0));
    return sorted[Math.floor(sorted.length / 2)] as Value;
  };
  return {
    name: rounds[0]?.name ?? "bare-ws",
    joinsPerCpuSecond: of((figures) => figures.joinsPerCpuSecond),
    introducedPerCpuSecond: of((figures) => figures.introducedPerCpuSecond),
    relaysPerCpuSecond: of((figures) => figures.relaysPerCpuSecond),
    relayMsP99: of((figures) => figures.relayMsP99),
    bytesPerIdleViewer: of((figures) => figures.bytesPerIdleViewer),
    wireBytesPerConnection: of((figures) => figures.wireBytesPerConnection),
  };
}

function tableOf(servers: readonly TrackerFigures[]): string {
  const row = (name: string, cells: readonly string[]): string =>
    name.padEnd(26) + cells.map((text) => text.padStart(20)).join("");
  const number = (value: number | undefined, digits = 0): string => (value === undefined ? "-" : value.toFixed(digits));
  const [own, bittorrent, bare] = servers;
  const ratio = (name: string, ours: number | undefined, theirs: number | undefined, wanted: string): string =>
    row(name, [ours && theirs ? `${(ours / theirs).toFixed(2)} x` : "-", `(aim ${wanted})`]);
  return [
    row(
      "",
      servers.map(({ name }) => name),
    ),
    row(
      "joins / CPU s",
      servers.map((server) => number(server.joinsPerCpuSecond)),
    ),
    row(
      "introduced / CPU s",
      servers.map((server) => number(server.introducedPerCpuSecond)),
    ),
    row(
      "relays / CPU s",
      servers.map((server) => number(server.relaysPerCpuSecond)),
    ),
    row(
      "relay p99, half load, ms",
      servers.map((server) => number(server.relayMsP99, 1)),
    ),
    row(
      "bytes / idle viewer",
      servers.map((server) => number(server.bytesPerIdleViewer)),
    ),
    row(
      "wire bytes / connection",
      servers.map((server) => number(server.wireBytesPerConnection)),
    ),
    "",
    ratio("introduced, of BitTorrent", own?.introducedPerCpuSecond, bittorrent?.introducedPerCpuSecond, ">= 3.5"),
    ratio("joins, of BitTorrent", own?.joinsPerCpuSecond, bittorrent?.joinsPerCpuSecond, ">= 4"),
    ratio("relays, of bare ws", own?.relaysPerCpuSecond, bare?.relaysPerCpuSecond, ">= 1.15"),
    ratio("memory, of bare ws", own?.bytesPerIdleViewer, bare?.bytesPerIdleViewer, "<= 1.35"),
    ratio("wire bytes, of BitTorrent", own?.wireBytesPerConnection, bittorrent?.wireBytesPerConnection, "<= 0.5"),
  ].join("\n");
}

const WHOLE: Scale = { joins: 3_000, connects: 4_000, pairs: 100, relays: 40_000, openLoopMs: 4_000, idle: 5_000 };
const QUICK: Scale = { joins: 400, connects: 100, pairs: 50, relays: 5_000, openLoopMs: 1_000, idle: 1_000 };
