/** Files of a page, found by URL path under mounted directories. Read anew each time: this serves developers. */
import { readFile, stat } from "node:fs/promises";
import path from "node:path";

/**
 * @param {Readonly<Record<string, string>>} mounts  path prefix to directory or file
 * @param {string} urlPath
 * @returns {Promise<{ bytes: Buffer, type: string } | undefined>}
 */
export async function findFile(mounts, urlPath) {
  const longestFirst = Object.entries(mounts).sort(([a], [b]) => b.length - a.length);
  for (const [prefix, directory] of longestFirst) {
    if (!urlPath.startsWith(prefix)) continue;
    const root = path.resolve(directory);
    const file = path.resolve(root, `.${path.sep}${urlPath.slice(prefix.length)}`);
    if (file !== root && !file.startsWith(root + path.sep)) continue; // "..": not ours to give
    const found = await readIfThere(file);
    if (found) return found;
  }
  return undefined;
}

/** @param {string} file */
async function readIfThere(file) {
  try {
    const target = (await stat(file)).isDirectory() ? path.join(file, "index.html") : file;
    return { bytes: await readFile(target), type: TYPES[path.extname(target)] ?? "application/octet-stream" };
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR")) return;
    throw error;
  }
}

/** @type {Readonly<Record<string, string>>} */
const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json",
  ".map": "application/json",
  ".svg": "image/svg+xml",
  ".mp4": "video/mp4",
  ".m4s": "video/iso.segment",
  ".m3u8": "application/vnd.apple.mpegurl",
};
