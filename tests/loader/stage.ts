/** One Chromium, one origin and the page, for the tests of one file. */
import { createHash } from "node:crypto";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll } from "vitest";
import { bundleForPage } from "../../testkit/bundle.ts";
import { launchChromium } from "../../testkit/chromium.ts";
import { createFaultOrigin, type FaultOrigin } from "./fault-origin.ts";
import type { Version } from "./page-players.ts";
import type * as PageApi from "./page.ts";

type Api = typeof PageApi;

export interface Stage {
  readonly origin: FaultOrigin;
  /** The URL of a playlist: how media is served, who asks. */
  url(way: string, viewer: string, playlist?: string): string;
  /** Calls a function of `page.ts`. */
  call<Name extends keyof Api>(name: Name, argument: Parameters<Api[Name]>[0]): ReturnType<Api[Name]>;
  sha256(file: string, from?: number, to?: number): string;
  /** `hls.js 1.7.4, Chromium 155.0.1`. */
  versions(version: Version): Promise<string>;
}

/** The page comes from another origin than the stream, as behind a CDN. */
export function useStage(): Stage {
  let browser: Browser;
  let page: Page;
  let origin: FaultOrigin;
  let pageOrigin: FaultOrigin;

  beforeAll(async () => {
    [browser, origin, pageOrigin] = await Promise.all([launchChromium(), createFaultOrigin(), createFaultOrigin()]);
    page = await browser.newPage();
    await page.goto(pageOrigin.url);
    await page.addScriptTag({ content: await bundleForPage(new URL("page.ts", import.meta.url), "LoaderTests") });
  });
  afterAll(async () => {
    await browser.close();
    await Promise.all([origin.close(), pageOrigin.close()]);
  });

  const call: Stage["call"] = (name, argument) =>
    page.evaluate(`LoaderTests.${name}(${JSON.stringify(argument)})`) as ReturnType<Api[typeof name]>;

  return {
    call,
    get origin() {
      return origin;
    },
    url: (way, viewer, playlist = "index.m3u8") => `${origin.url}/${way}/${viewer}/${playlist}`,
    sha256: (file, from, to) => createHash("sha256").update(origin.bytes(file).subarray(from, to)).digest("hex"),
    versions: async (version) => `hls.js ${await call("versionOf", version)}, Chromium ${browser.version()}`,
  };
}
