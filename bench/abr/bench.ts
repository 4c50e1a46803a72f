/** The ABR bench: which levels plain hls.js and hls-swarm play through the same scripted CDN. Started by run.mjs. */
import path from "node:path";
import { launchChromium } from "../../testkit/chromium.ts";
import { UsageError } from "../command-line.ts";
import { shortcomingsOf } from "./figures.ts";
import { parseOptions, usage } from "./options.ts";
import { buildPage, playScript, type ScriptResult, type Surroundings } from "./session.ts";
import { tableOf } from "./table.ts";

export interface BenchSurroundings {
  readonly arguments: readonly string[];
  readonly root: string;
  /** Where built files may go. */
  readonly cache: string;
  readonly openCdn: Surroundings["openCdn"];
  /** Makes sure that dist/ is there and up to date. */
  readonly buildLibrary: () => void;
}

/** Returns the exit code: 0 whatever the figures say, 1 when they could not be taken. */
export async function runBench(given: BenchSurroundings): Promise<number> {
  try {
    const options = parseOptions(given.arguments);
    given.buildLibrary();
    const surroundings = { root: given.root, pages: path.join(given.cache, "pages"), openCdn: given.openCdn };
    await buildPage(given.root, surroundings.pages);
    const browser = await launchChromium();
    const results: (ScriptResult & { readonly shortcomings: readonly string[] })[] = [];
    try {
      for (const script of options.scripts) {
        console.error(`${script.name}: ${script.seconds} s`);
        const result = await playScript(script, browser, surroundings);
        results.push({ ...result, shortcomings: shortcomingsOf(script, result.plain, result.swarm) });
      }
    } finally {
      await browser.close();
    }
    console.log(options.json ? jsonOf(results) : tableOf(results));
    return 0;
  } catch (error) {
    console.error(error instanceof UsageError ? `${error.message}\n\n${usage}` : error);
    return 1;
  }
}

const jsonOf = (scripts: readonly ScriptResult[]): string =>
  JSON.stringify({ scripts }, (_key, value: unknown) => (typeof value === "number" ? rounded(value) : value), 2);

/** Three decimals: more would only look exact. */
const rounded = (value: number): number => Math.round(value * 1000) / 1000;
