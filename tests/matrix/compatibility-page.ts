/** Begins every matrix run with an empty record; with `COMPATIBILITY_PAGE` set, ends it with docs/compatibility.md. */
import { writeFileSync } from "node:fs";
import path from "node:path";
import { format } from "prettier";
import { forgetRows, readRows, SECTIONS, type Row } from "./rows.ts";

export function setup(): () => Promise<void> {
  forgetRows();
  return async () => {
    if (!process.env["COMPATIBILITY_PAGE"]) return;
    const page = path.resolve(import.meta.dirname, "../../docs/compatibility.md");
    writeFileSync(page, await format(pageOf(readRows(), new Date()), { parser: "markdown", printWidth: 120 }));
  };
}

function pageOf(rows: readonly Row[], at: Date): string {
  const day = at.toISOString().slice(0, 10);
  return [
    "# Compatibility",
    "",
    `Written by \`npm run test:matrix\` on ${day}: each row was played, built or run then, and passed. What is not here was not tried.`,
    ...SECTIONS.flatMap((section) => sectionOf(section, rows)),
    "",
    "## Not tried",
    "",
    "Safari and iOS: no Safari runs on the machines that test this. The library keeps to what they have (RTCPeerConnection,",
    "WebSocket, readable streams, ManagedMediaSource through hls.js, `bufferingEnabled`); native HLS without hls.js, as on",
    "iPhones before iOS 17.1, plays without a swarm.",
    "",
    "CENC and CBCS with a content decryption module: the loader passes on what is served, so peers share ciphertext and",
    "every viewer has its own licence, as with SAMPLE-AES above; played with a licence server they were not.",
  ].join("\n");
}

function sectionOf(section: Row["section"], rows: readonly Row[]): readonly string[] {
  const own = rows.filter((row) => row.section === section);
  if (own.length === 0) return [];
  const lines = own.map(({ what, versions, result }) => `| ${[what, versions, result].map(cell).join(" | ")} |`);
  return ["", `## ${TITLES[section]}`, "", "| tried | with | seen |", "| --- | --- | --- |", ...lines];
}

const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("\n", " ");

const TITLES: Readonly<Record<Row["section"], string>> = {
  streams: "Streams",
  "hls.js": "hls.js",
  players: "Players",
  browsers: "Browsers",
  bundlers: "Bundlers and pages without one",
  node: "Node, for the servers",
  proxies: "Proxies before the tracker",
};
