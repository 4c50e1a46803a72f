/** docs/simulation.md as text: what is modelled, what is not, and the answers. */
import type { NamedChart } from "./charts.ts";
import { commandFor, type Aim, type Question } from "./questions.ts";
import type { Answer } from "./report.ts";

export interface Page {
  readonly answers: readonly Answer[];
  readonly charts: readonly NamedChart[];
  /** Runs behind each answer. */
  readonly seeds: number;
}

export function pageOf({ answers, charts, seeds }: Page): string {
  const of = (table: Question["table"]): readonly Answer[] =>
    answers.filter(({ question }) => question.table === table);
  const picture = (name: string): string =>
    charts
      .filter((one) => one.name === name)
      .map(({ chart }) => `![${chart.title}](simulation/${name}.svg)\n`)
      .join("");
  return [
    INTRODUCTION,
    `Every number below is ${seeds > 1 ? `the median of ${seeds} runs with different seeds` : "one run with one seed"}; stalls are those of all runs together. Unless a row says otherwise: 100 viewers with \`mixed\` uplinks, segments of 4 s at 5 Mbit/s, 12 s behind the edge, sessions of 5 minutes, 96 s measured. HTTP requests are per viewer and segment; Jain's index says how evenly uplinks are used, 1 being all to the same share.\n`,
    "## As the swarm grows\n",
    picture("offload-of-bound"),
    picture("offload"),
    picture("copies"),
    picture("age"),
    "Dashed in the last chart: what all uplinks together need to carry a segment to everybody, were there something to send at once and no way to go.\n",
    table(of("live"), ["viewers", "uplinks"], ({ asked }) => [String(asked.viewers), String(asked.uplinks)]),
    "## Nobody comes or goes\n",
    "What is left when the start of newcomers is not counted: the election alone. One copy is the least there can be.\n",
    picture("copies-without-churn"),
    table(of("no-churn"), ["viewers"], ({ asked }) => [String(asked.viewers)]),
    "## Every scenario\n",
    ...[...new Set(of("scenarios").map(({ question }) => question.scenario))].map(
      ({ name, question }) => `- \`${name}\`: ${question}`,
    ),
    "",
    table(of("scenarios"), ["scenario"], (question) => [`\`${commandFor(question)}\``]),
    "In video on demand there are no copies per segment to speak of and no age: everybody is somewhere else.\n",
    "## Where the origin's bytes go\n",
    "Shares of the bytes that viewers used. `start`: the first segment of a newcomer or after a seek, taken from the origin at once so that a start is as fast as without a swarm. `elected`: fetched for all. `due`: fetched because no peer would have been in time. `alone`: fetched without anybody to ask.\n",
    originTable(answers),
    violations(answers),
  ].join("\n");
}

function table(
  answers: readonly Answer[],
  titles: readonly string[],
  names: (question: Question) => readonly string[],
): string {
  return markdownTable(
    [...titles, ...FIGURES.map(({ title }) => title)],
    answers.map((answer) => [...names(answer.question), ...FIGURES.map(({ cell }) => cell(answer))]),
  );
}

const originTable = (answers: readonly Answer[]): string =>
  markdownTable(
    ["run", "start", "elected", "due", "alone"],
    answers.map(({ question, originByReason: { start, elected, due, alone } }) => [
      `\`${commandFor(question)}\``,
      ...[start, elected, due, alone].map((share) => pct(100 * share, 2)),
    ]),
  );

function violations(answers: readonly Answer[]): string {
  const found = answers.flatMap((answer) =>
    answer.violations.map((violation) => `- \`${commandFor(answer.question)}\`, ${violation}`),
  );
  if (found.length === 0) return "In none of these runs anything failed of what must always hold.\n";
  return ["## What did not hold\n", ...found, ""].join("\n");
}

function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map((_, i) => (i === 0 ? "---" : "---:"))), ...rows.map(line), ""].join("\n");
}

interface Column {
  readonly title: string;
  readonly cell: (answer: Answer) => string;
}

const pct = (value: number, digits: number): string => value.toFixed(digits);
const seconds = (ms: number): string => (ms === 0 ? "-" : (ms / 1000).toFixed(1));
const inRegion = (share: number): string => (share === 1 ? "-" : pct(100 * share, 1));
const copies = (value: number): string => (value === 0 ? "-" : value.toFixed(2));

function aimText(aim: Aim | undefined, { figures }: Answer): string {
  if (!aim) return "-";
  const isMet = "least" in aim ? figures[aim.figure] >= aim.least : figures[aim.figure] <= aim.most;
  const of = aim.figure === "peerBytesWithinRegion" ? " in region" : "";
  const wanted = "least" in aim ? `≥ ${pct(100 * aim.least, 1)} %${of}` : `≤ ${aim.most} copies`;
  return `${wanted}, ${isMet ? "met" : "**missed**"}`;
}

const FIGURES: readonly Column[] = [
  { title: "of bound %", cell: ({ figures }) => pct(100 * figures.offloadOfBound, 1) },
  { title: "aim", cell: (answer) => aimText(answer.question.aim, answer) },
  { title: "offload %", cell: ({ figures }) => pct(100 * figures.offload, 1) },
  { title: "bound %", cell: ({ figures }) => pct(100 * figures.bound, 1) },
  { title: "copies", cell: ({ figures }) => copies(figures.copiesPerSegment) },
  { title: "in region %", cell: ({ figures }) => inRegion(figures.peerBytesWithinRegion) },
  { title: "stalls", cell: ({ stalls }) => String(stalls) },
  { title: "age p50 / p95 s", cell: ({ figures }) => `${seconds(figures.ageMsP50)} / ${seconds(figures.ageMsP95)}` },
  { title: "start-up p50 s", cell: ({ figures }) => seconds(figures.startupMsP50) },
  { title: "duplicates %", cell: ({ figures }) => pct(figures.duplicatesPct, 2) },
  { title: "control %", cell: ({ figures }) => pct(figures.controlPct, 2) },
  { title: "HTTP requests", cell: ({ figures }) => pct(figures.httpRequestsPerViewerSegment, 2) },
  { title: "Jain", cell: ({ figures }) => pct(figures.uploadJain, 2) },
];

const INTRODUCTION = `# Simulation

How near the swarm comes to what no policy could better, from two viewers to two thousand. The simulator runs the very
[cores](../src/swarm/core) that run in browsers and in the tracker, with the real codec between viewers, over a modelled
network in virtual time. \`npm run sim -- report\` writes this page; nothing on it is typed by hand.

\`\`\`sh
npm run sim -- live --viewers 500 --uplinks tight --seed 42    # one run; the same seed gives the same trace hash
npm run --silent sim -- live --seeds 5 --json                  # medians of five, for scripts
npm run sim -- flash-crowd --trace flash-crowd.json            # opens in Perfetto, one track per viewer
npm run sim -- report                                          # this page; --quick takes minutes
\`\`\`

The command ends with 1 when something did not hold that must always hold, and says how to replay it.

## The bound

Of all bytes that viewers use, at most \`min(1 - one copy of everything, uplinks / (demand × 1.07))\` can come from peers: the
first copy comes from the origin, and peers cannot send more than their uplinks carry; 1.07 is what headers add. The bound is
reckoned for the very viewers of each run. It ignores that a newcomer's first segment comes from the origin at once, which
in sessions of five minutes is 1.3 % of all it plays: so 98.7 % of the bound is about the most there is in a live stream with
uplink to spare.

Uplinks, as multiples of the stream's rate: \`mixed\` 30 % none, 40 % 1 to 2, 30 % 5 to 10; \`tight\` 30 % none, 50 % 0.5 to 1,
20 % 1.5 to 3; \`poor\` 60 % none, 30 % 0.3 to 0.8, 10 % 2 to 4; \`edge\` all 1.15; \`equal\` all 20; \`tiny\` all 0.1; \`super\` one in fifty 60, the
others none; \`none\`.

## What is modelled

- Viewers with the real core and the real messages, encoded and decoded; the real tracker core.
- Each home's uplink: one queue of 500 ms that all connections share, so that what is sent too fast delays everything else
  (bufferbloat) and is dropped when the queue is full. Downlinks of 6 to 20 times the stream's rate.
- Each connection: a round trip of 10 to 150 ms, a window that starts at ten packets, doubles per round trip and halves at a
  loss, as SCTP's; retransmission by fast retransmit or, at the tail of a burst, after a timeout; loss where asked for.
- In \`regions\`, five parts of the world on a ring: 10 to 30 ms within one, 80 to 180 between two. The tracker is told the
  region of each viewer, unless \`--no-geo\` is given.
- Connecting: signals through the tracker, then 300 to 1300 ms; NATs of three kinds, so that 12 % of the pairs never meet.
- The origin: 40 to 120 ms to the first byte, 3 % of the requests 600 ms slower, 40 Mbit/s per request, counted byte by byte,
  with what was on its way when a request was aborted.
- The player: playlist reloads, one segment after the other up to 30 s of buffer, stalls to the millisecond, seeks.
- Coming and going: exponential sessions; three in ten leave without a word. Hidden tabs, whose timers run once a second.
  Liars, partitions, outages.

## What is not

- Packets. A message moves as a whole: windows, losses and queues are reckoned per message, so reordering within a
  connection and the fine play of congestion control are missing. Acknowledgements cost nothing.
- The processor: encryption, hashing, copying and the browser's own work take no time.
- Shared bottlenecks beyond the home: access networks, providers' links, a Wi-Fi that up- and downlink share.
- The library's own limits ([policy.md](policy.md)), unless \`--upload-ratio\` is given: with them, a crowd of which some cannot
  give has less. Nor what peers' bytes are checked against, unless \`--proof\` is given or attackers are played.
- Other traffic at home, but for the collapse of uplinks in its scenario. Uplinks else keep their rate.
- Geography, but for \`regions\`: round trips are else drawn at random per pair. Even there an ocean only takes time, and the
  CDN and the tracker are as near to everybody.
- ICE beyond whether two kinds of NAT meet: no TURN, no IPv6, no changing networks.
- hls.js itself: no adaptation of the bitrate (viewers keep their rendition), no parts of LL-HLS, no separate audio, no
  discontinuities, no pausing. The sizes of segments vary by chance, up to 10 % about the mean.
- Bytes. Chunks are names and lengths: whether one was altered is known of it, and hashing takes no time. Getting hashes does.
- A tracker under load: its messages arrive, in time, at no cost.
- The CDN's own limits and its caches.

## Answers
`;
