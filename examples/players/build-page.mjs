/**
 * A page of this folder as a browser can open it: the module script that it holds or names is bundled, with the styles
 * that it imports, into the page itself. What a site's own bundler does, in the fewest lines.
 */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { build } from "esbuild";

/**
 * @param {string} file
 * @param {{ packages: readonly string[], alias: Record<string, string> }} where  packages are found: folders, and exceptions
 * @returns {Promise<string>}
 */
export async function buildPage(file, { packages, alias }) {
  const html = await readFile(file, "utf8");
  const script = /<script type="module"(?: src="(.+)")?>([^]*?)<\/script>/.exec(html);
  if (!script) return html; // plain script tags need no building
  const [tag, source, text] = script;
  const folder = path.dirname(file);
  const { outputFiles } = await build({
    ...(source ? { entryPoints: [path.join(folder, source)] } : { stdin: { contents: text, resolveDir: folder } }),
    nodePaths: [...packages],
    alias,
    bundle: true,
    format: "esm",
    target: "es2022",
    jsx: "automatic",
    write: false,
    outdir: folder, // nothing is written, but scripts and styles need names
    logLevel: "error",
  });
  const textOf = (/** @type {string} */ extension) =>
    outputFiles.find(({ path: name }) => name.endsWith(extension))?.text ?? "";
  // Functions, because in a text for `replace` a dollar means something.
  return html
    .replace("</head>", () => `<style>${textOf(".css")}</style></head>`)
    .replace(tag, () => `<script type="module">${textOf(".js")}</script>`);
}
