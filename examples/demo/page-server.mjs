/** Serves the page, hls.js, the engine as it was built, and `/setting.json`, which tells the page where the rest is. */
import { once } from "node:events";
import { createServer } from "node:http";
import path from "node:path";
import { findFile } from "../../testkit/origin/static-files.mjs";

/**
 * @param {string} root  of the repository
 * @param {{ host: string, port: number, setting: object }} options
 */
export async function startPageServer(root, { host, port, setting }) {
  // As the repository has them, so that the pages' imports read like its folders.
  const mounts = {
    "/": path.join(root, "examples/demo/page"),
    "/dist/": path.join(root, "dist"),
    "/examples/minimal/": path.join(root, "examples/minimal"),
    "/node_modules/hls.js/": path.join(root, "node_modules/hls.js"),
  };
  const server = createServer((request, response) => {
    const [urlPath = "/"] = (request.url ?? "/").split("?");
    const found =
      urlPath === "/setting.json"
        ? Promise.resolve({ bytes: JSON.stringify(setting), type: "application/json" })
        : findFile(mounts, urlPath);
    found.then(
      (file) => {
        if (!file) return response.writeHead(404).end();
        // The next build must show at once.
        return response.writeHead(200, { "Content-Type": file.type, "Cache-Control": "no-cache" }).end(file.bytes);
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
