/**
 * Serves the page, hls.js, the engine as it was built, `/setting.json`, which tells the page where the rest is, and
 * `/topology`, which tells who else is there.
 */
import { once } from "node:events";
import { createServer } from "node:http";
import path from "node:path";
import { findFile } from "../../testkit/origin/static-files.mjs";

/** @import { Topology } from "./members.mjs" */
/** @typedef {{ cdnPort: number, trackerPort: number } & Record<string, unknown>} Setting */

/**
 * @param {string} root  of the repository
 * @param {{ host: string, port: number, setting: Setting, topology: () => Topology }} options
 */
export async function startPageServer(root, { host, port, setting, topology }) {
  // As the repository has them, so that the pages' imports read like its folders.
  const mounts = {
    "/": path.join(root, "examples/demo/page"),
    "/dist/": path.join(root, "dist"),
    "/examples/minimal/": path.join(root, "examples/minimal"),
    "/node_modules/hls.js/": path.join(root, "node_modules/hls.js"),
  };
  const server = createServer((request, response) => {
    const [urlPath = "/"] = (request.url ?? "/").split("?");
    const told = { "/setting.json": () => setting, "/topology": topology }[urlPath];
    const found = told
      ? Promise.resolve({ bytes: JSON.stringify(told()), type: "application/json" })
      : findFile(mounts, urlPath);
    found.then(
      (file) => {
        if (!file) return response.writeHead(404).end();
        const policy = urlPath.startsWith("/examples/")
          ? {}
          : { "Content-Security-Policy": policyFor(request, setting) };
        // The next build must show at once.
        const headers = { "Content-Type": file.type, "Cache-Control": "no-cache", ...policy };
        return response.writeHead(200, headers).end(file.bytes);
      },
      (bug) => response.writeHead(500).end(String(bug)),
    );
  });
  server.listen(port, host);
  await once(server, "listening");
  const address = server.address();
  return {
    port: typeof address === "object" && address ? address.port : port,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}

/**
 * As strict as a page with this player can be. The player's pictures come from a MediaSource, which is a blob; this build
 * of hls.js starts no worker, and nothing here styles itself from a script. The minimal page, one file, has its script in it.
 * @param {import("node:http").IncomingMessage} request  from whichever name this machine was called by
 * @param {Setting} setting
 */
function policyFor({ headers }, { cdnPort, trackerPort }) {
  const [host = "localhost"] = /^(?:[\w.-]+|\[[\da-f:]+\])/i.exec(headers.host ?? "") ?? [];
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "media-src blob:",
    `connect-src 'self' http://${host}:${String(cdnPort)} ws://${host}:${String(trackerPort)}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'self'",
  ].join("; ");
}
