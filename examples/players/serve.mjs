/** `npm run players`: a live stream, a tracker, and every page of this folder, until Ctrl-C. `--port 0` takes any port. */
import { once } from "node:events";
import { readdir, readFile } from "node:fs/promises";
import { createServer } from "node:http";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { createOrigin } from "../../testkit/origin/origin.mjs";
import { findFile } from "../../testkit/origin/static-files.mjs";
import { onFreePort } from "../demo/ports.mjs";
import { prepare } from "../demo/prepare.mjs";
import { buildPage } from "./build-page.mjs";

const PAGES = import.meta.dirname;
const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** The players are development dependencies of the matrix tests: nothing else needs them. */
const PLAYERS = path.join(ROOT, "tests/matrix/node_modules");
const DIST = path.join(ROOT, "dist");
const say = (/** @type {string} */ text) => void process.stdout.write(`${text}\n`);

/** What pages name by script and link tags; longer prefixes are looked at first. */
const MOUNTS = {
  "/node_modules/": PLAYERS,
  "/node_modules/hls.js/": path.join(ROOT, "node_modules/hls.js"),
  "/node_modules/hls-swarm/dist/": DIST,
};

const { values } = parseArgs({ options: { port: { type: "string", default: "8010" } } });
const port = Number(values.port);
await prepare(ROOT, say, "--players");
const { startTracker } = await import("../../dist/tracker.js");

const after = (/** @type {number} */ offset) => (port === 0 ? 0 : port + offset);
const cdn = await onFreePort(after(1), (free) => createOrigin({ port: free, signed: true }));
const tracker = await onFreePort(after(2), (free) => startTracker({ host: "127.0.0.1", port: free }));
const pages = await onFreePort(port, listen);

say("\n  The players: open any of them twice\n");
say(`  page     http://localhost:${String(pages.port)}`);
say(`  CDN      http://localhost:${String(cdn.port)}/live/index.m3u8`);
say(`  tracker  http://localhost:${String(tracker.port)}/debug`);
say("\n  Ctrl-C stops it.\n");
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(0));

/** @param {number} free */
async function listen(free) {
  const server = createServer((request, response) => {
    const [urlPath = "/"] = (request.url ?? "/").split("?");
    answer(urlPath).then(
      (found) => {
        if (!found) return response.writeHead(404).end();
        return response.writeHead(200, { "Content-Type": found.type, "Cache-Control": "no-cache" }).end(found.bytes);
      },
      (error) => response.writeHead(500).end(String(error)),
    );
  });
  server.listen(free, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return { port: typeof address === "object" && address ? address.port : free };
}

/** @param {string} urlPath */
async function answer(urlPath) {
  const names = await pageNames();
  const name = names.find((page) => urlPath === `/${page}`);
  if (urlPath === "/") return { bytes: await indexOf(names), type: HTML };
  if (!name) return findFile(MOUNTS, urlPath);
  const page = await buildPage(path.join(PAGES, name), {
    packages: [PLAYERS, path.join(ROOT, "node_modules")],
    alias: { "hls-swarm": path.join(DIST, "hls-swarm.js") },
  });
  // Pages are written as for a site; here its CDN and its tracker are these.
  const bytes = page
    .replaceAll("https://cdn.example.com", `http://127.0.0.1:${String(cdn.port)}`)
    .replaceAll("wss://tracker.example.com", `ws://127.0.0.1:${String(tracker.port)}`);
  return { bytes, type: HTML };
}

async function pageNames() {
  const files = await readdir(PAGES, { recursive: true });
  return files
    .filter((name) => name.endsWith(".html"))
    .map((name) => name.replaceAll(path.sep, "/"))
    .sort();
}

/** @param {readonly string[]} names */
async function indexOf(names) {
  const links = names.map(async (name) => {
    const title = /<title>(.*)<\/title>/.exec(await readFile(path.join(PAGES, name), "utf8"))?.[1] ?? name;
    return `<li><a href="/${name}">${title}</a></li>`;
  });
  return `<!doctype html><meta charset="utf-8" /><title>Players</title><ul>${(await Promise.all(links)).join("")}</ul>`;
}

const HTML = "text/html; charset=utf-8";
