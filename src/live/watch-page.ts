/**
 * `/watch/<stream>`: a page that plays a stream in the swarm and says what it saves, to try it with. A site has a page of its
 * own. hls.js is that of whoever installed us.
 */
import { readFile } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import { createRequire } from "node:module";
import { answer, HTML, TEXT } from "../http/answer.ts";

export class WatchPage {
  readonly #tracker: string | undefined;

  /** Without a tracker's address the page asks port 8080 of the host that it came from. */
  constructor(tracker: string | undefined) {
    this.#tracker = tracker;
  }

  /** `name` is a stream's, or that of one of the page's scripts. */
  async answer(response: ServerResponse, name: string): Promise<void> {
    const script = PACKAGED.get(name);
    if (name === "page.js")
      answer(response, 200, SCRIPT, `const given = ${JSON.stringify(this.#tracker ?? "")};${PAGE_SCRIPT}`);
    else if (script === undefined) answer(response, 200, HTML, PAGE, { "content-security-policy": POLICY });
    else {
      const text = await textOf(script);
      if (text === undefined) answer(response, 404, TEXT, `npm install ${script.replace(/\/.*/, "")} to watch here\n`);
      else answer(response, 200, SCRIPT, text, { "cache-control": "max-age=600" });
    }
  }
}

/** Undefined where the package is not installed. */
async function textOf(script: string): Promise<string | undefined> {
  try {
    return await readFile(createRequire(import.meta.url).resolve(script), "utf8");
  } catch {
    return undefined;
  }
}

/** A stream that is not there yet is asked for again. */
const RETRY_MS = 2000;

const PAGE = `<!doctype html>
<html lang="en">
  <meta charset="utf-8" />
  <meta name="viewport" content="width=device-width" />
  <title>hls-swarm live</title>
  <video controls muted autoplay playsinline></video>
  <p></p>
  <script src="hls.js"></script>
  <script src="hls-swarm.js"></script>
  <script src="page.js"></script>
</html>
`;

const PAGE_SCRIPT = `
const sheet = new CSSStyleSheet();
sheet.replaceSync(
  "body { max-width: 60rem; margin: 1rem auto; padding: 0 1rem; font: 1rem/1.5 system-ui, sans-serif }" +
  "video { width: 100%; aspect-ratio: 16 / 9; background: #000 }",
);
document.adoptedStyleSheets = [sheet];
const line = document.querySelector("p");
const source = "/" + location.pathname.split("/").pop() + "/index.m3u8" + location.search;
// Of the origin and of the tracker, which share the secret.
const ticket = new URLSearchParams(location.search).get("ticket");
const tracker = given || (location.protocol === "https:" ? "wss://" : "ws://") + location.hostname + ":8080";

function faultOf({ details, response }) {
  if ([404, 503].includes(response?.code)) return "Nobody publishes this stream yet. ";
  if ([401, 403].includes(response?.code)) return "The origin wants a good ticket: add ?ticket=… to the address of this page. ";
  return "hls.js gave up: " + details + ". ";
}

function savings({ offload, peers, peerBytes, originBytes }) {
  const megabytes = (bytes) => (bytes / 1e6).toFixed(1) + " MB";
  return Math.round(100 * offload) + " % from " + peers.length + (peers.length === 1 ? " other viewer: " : " other viewers: ") +
    megabytes(peerBytes) + ", and " + megabytes(originBytes) + " from the origin. ";
}

/** Why nothing may come of others. */
function obstacle(stats) {
  if (!isSecureContext) return "Browsers let a page check what others bring over HTTPS or at localhost alone: here nothing is taken of them.";
  if (stats.tracker === "lost") return "The tracker " + tracker + " cannot be reached: hls-swarm tracker starts one, hls-swarm live --tracker names another.";
  return "";
}

if (!window.Hls || !window.HlsSwarm) line.textContent = "install hls.js beside hls-swarm to watch here";
else {
  const swarm = HlsSwarm.createSwarm({ tracker, ...(ticket && { ticket }) });
  const hls = new Hls({ ...swarm.config(Hls) });
  let fault = "";
  hls.on(Hls.Events.ERROR, (event, error) => {
    if (!error.fatal) return;
    fault = faultOf(error);
    setTimeout(() => hls.loadSource(source), ${RETRY_MS});
  });
  hls.on(Hls.Events.MANIFEST_PARSED, () => (fault = ""));
  hls.loadSource(source);
  hls.attachMedia(document.querySelector("video"));
  setInterval(() => (line.textContent = (fault || savings(swarm.stats)) + obstacle(swarm.stats)), 1000);
}
`;

/** Where the packages have them. */
const PACKAGED: ReadonlyMap<string, string> = new Map([
  ["hls.js", "hls.js/dist/hls.min.js"],
  ["hls-swarm.js", "hls-swarm/hls-swarm.iife.min.js"],
]);
const SCRIPT = "text/javascript; charset=utf-8";
/** Nothing but its own scripts runs; hls.js plays and works out of blobs, and the tracker may be anywhere. */
const POLICY =
  "default-src 'none'; script-src 'self'; worker-src blob:; media-src blob:; connect-src * blob:; base-uri 'none'";
