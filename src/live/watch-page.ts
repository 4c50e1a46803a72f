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

const PAGE = `<!doctype html>
<html lang="en">
  <meta charset="utf-8" />
  <meta name="viewport" content="width=device-width" />
  <title>hls-swarm live</title>
  <video controls muted autoplay playsinline width="640"></video>
  <p></p>
  <script src="hls.js"></script>
  <script src="hls-swarm.js"></script>
  <script src="page.js"></script>
</html>
`;

const PAGE_SCRIPT = `
const line = document.querySelector("p");
const name = location.pathname.split("/").pop();
const tracker = given || "ws://" + location.hostname + ":8080";
if (!window.Hls || !window.HlsSwarm) line.textContent = "install hls.js beside hls-swarm to watch here";
else {
  const swarm = HlsSwarm.createSwarm({ tracker });
  const hls = new Hls({ ...swarm.config(Hls) });
  hls.loadSource("/" + name + "/index.m3u8" + location.search);
  hls.attachMedia(document.querySelector("video"));
  setInterval(() => {
    const { offload, peers, peerBytes, originBytes } = swarm.stats;
    const megabytes = (bytes) => (bytes / 1e6).toFixed(1) + " MB";
    line.textContent =
      Math.round(100 * offload) + " % from " + peers.length + (peers.length === 1 ? " other viewer: " : " other viewers: ") +
      megabytes(peerBytes) + ", and " + megabytes(originBytes) + " from the origin";
  }, 1000);
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
