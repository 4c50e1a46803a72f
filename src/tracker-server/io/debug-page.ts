/**
 * The operator's page: one self-contained document that asks `/debug.json` every two seconds and draws the answer. Shows
 * what the report holds and nothing else; loads nothing from anywhere.
 */
import { createHash } from "node:crypto";
import { DEBUG_PAGE_SCRIPT } from "./debug-page-script.ts";
import { DEBUG_PAGE_STYLE } from "./debug-page-style.ts";

const chart = (id: string, title: string): string =>
  `<section class="chart"><h2>${title} <b id="${id}-now"></b></h2>
<svg id="${id}" viewBox="0 0 300 96" preserveAspectRatio="none" role="img" aria-label="${title.toLowerCase()}, the last five minutes at most"><path class="area"/><path class="line"/></svg></section>`;

const card = (id: string, title: string): string =>
  `<section><h2>${title}</h2><dl id="${id}" class="list"></dl></section>`;

/** The whole document. */
export const DEBUG_PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>hls-swarm tracker</title>
<link rel="icon" href="data:,">
<style>${DEBUG_PAGE_STYLE}</style>
<main>
<header><h1>hls-swarm tracker</h1><span id="state" class="pill" role="status">…</span><span id="about" class="dim"></span></header>
<section id="tiles" class="tiles"></section>
<div class="row">
${chart("viewers", "Viewers")}
${chart("joins", "Joins per second")}
${chart("relays", "Signals per second")}
</div>
<div class="row">
<section><h2>Offload *</h2>
<div class="share"><b id="offload">…</b><span class="dim">of the bytes played came from peers</span></div>
<div id="split" class="bar"></div>
<div class="legend dim"><span id="peer" class="peer"></span><span id="origin" class="origin"></span><span id="wasted"></span></div>
<p class="dim note">The CDN sent <b id="sent">…</b> in all, to viewers and seeders.</p>
<p class="dim note">* As viewers and seeders report it, added up and not verified.</p></section>
${card("regions", "Regions")}
${card("nodes", "Tracker processes")}
</div>
<section><h2>Swarms</h2>
<div class="scroll"><table><thead><tr><th>swarm<th>viewers<th>seeders<th>offload *<th class="wide">peers<th class="wide">CDN<th class="wide">wasted<th class="wide">held out<th class="wide">can upload<th class="wide">tracks</tr></thead>
<tbody id="swarms"></tbody></table></div><span id="more" class="dim"></span></section>
<div class="row">
${card("events", "Since the start")}
<section><h2>Refused</h2><dl id="refusals" class="list"></dl><span id="no-refusals" class="dim"></span></section>
${card("process", "This process")}
</div>
</main>
<script>${DEBUG_PAGE_SCRIPT}</script>
</html>
`;

const hashOf = (text: string): string => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

/** Exactly this style and this script, and talk to this server only: whatever a report might hold, it cannot run. */
export const DEBUG_PAGE_POLICY = [
  "default-src 'none'",
  `style-src ${hashOf(DEBUG_PAGE_STYLE)}`,
  `script-src ${hashOf(DEBUG_PAGE_SCRIPT)}`,
  "connect-src 'self'",
  "img-src data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");
