/** What strict pages ask of our files: a content security policy, subresource integrity; and the prompt under both. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { launchChromium } from "../../testkit/chromium.ts";
import { createOrigin, type RunningOrigin } from "../../testkit/origin/origin.mjs";

const DIST = new URL("../../dist/", import.meta.url);
const SCRIPT = "hls-swarm.iife.min.js";
/** The strictest there is that lets a page have a script. */
const POLICY = "default-src 'none'; script-src 'self'; require-trusted-types-for 'script'";

let browser: Browser;
let origin: RunningOrigin;
/** What is in the page's body. */
let body = "";

beforeAll(async () => {
  [browser, origin] = await Promise.all([
    launchChromium(),
    createOrigin({
      mounts: { "/dist/": DIST.pathname },
      extraHandlers: [
        (_, response, urlPath) => {
          response.setHeader("Content-Security-Policy", POLICY);
          if (urlPath !== "/") return false;
          response.setHeader("Content-Type", "text/html");
          response.end(`<!doctype html><html lang="en"><meta name="color-scheme" content="light dark"><body>${body}`);
          return true;
        },
      ],
    }),
  ]);
});
afterEach(async () => {
  await Promise.all(browser.contexts().map((context) => context.close()));
});
afterAll(async () => {
  await browser.close();
  await origin.close();
});

async function open(content: string, options: Parameters<Browser["newContext"]>[0] = {}) {
  body = content;
  const complaints: string[] = [];
  const page = await (await browser.newContext(options)).newPage();
  page.on("pageerror", ({ message }) => complaints.push(message));
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  await page.goto(`${origin.url}/`);
  return { page, complaints };
}

describe("[T24] the built files", () => {
  test.each([SCRIPT, "hls-swarm.js", "consent-prompt.js"])("%s makes no code of text", (file) => {
    const text = readFileSync(new URL(file, DIST), "utf8");
    expect(text).not.toMatch(/\beval\b|\bFunction\(|set(?:Timeout|Interval)\(\s*["'`]|\.innerHTML|document\.write/);
  });

  test("are loaded with the right hash, and refused with a wrong one", async () => {
    const hashOf = (bytes: Buffer): string => `sha384-${createHash("sha384").update(bytes).digest("base64")}`;
    const bytes = readFileSync(new URL(SCRIPT, DIST));
    const scriptWith = (hash: string): string => `<script src="/dist/${SCRIPT}" integrity="${hash}"></script>`;
    const right = await open(scriptWith(hashOf(bytes)));
    expect(await right.page.evaluate("typeof HlsSwarm.createSwarm")).toBe("function");
    expect(right.complaints).toEqual([]);
    const wrong = await open(scriptWith(hashOf(bytes.subarray(1))));
    expect(await wrong.page.evaluate("typeof HlsSwarm")).toBe("undefined");
    expect(wrong.complaints.join()).toContain("integrity");
  });
});

describe("[CO9] the prompt", () => {
  const ask = async (page: Page, options: Record<string, unknown> = {}): Promise<Locator> => {
    await page.evaluate(
      `import("/dist/consent-prompt.js").then(({ showConsentPrompt }) => {
        globalThis.answer = showConsentPrompt(${JSON.stringify(options)});
      })`,
    );
    return page.getByRole("dialog");
  };
  const answer = (page: Page): Promise<unknown> => page.evaluate("answer");
  const hasFocus = (locator: Locator): Promise<boolean> => locator.evaluate((node) => node.matches(":focus"));

  test("is read out, answered with the keyboard, and gives the focus back", async () => {
    const { page, complaints } = await open(`<button id="before">Play</button>`);
    const before = page.locator("#before");
    await before.focus();
    const dialog = await ask(page, { learnMoreUrl: "/privacy" });
    expect(await hasFocus(dialog)).toBe(true);
    expect(await dialog.ariaSnapshot()).toBe(`- dialog "Share this video with other viewers?":
  - heading "Share this video with other viewers?" [level=2]
  - paragraph:
    - text: Other viewers, and anyone who joins, can see your IP address. Your connection will upload video to them. The video plays either way.
    - link "Learn more":
      - /url: /privacy
  - button "Share"
  - button "Do not share"`);
    for (const name of ["link", "button", "button"] as const) {
      await page.keyboard.press("Tab");
      expect(await hasFocus(dialog.getByRole(name).and(page.locator(":focus")))).toBe(true);
    }
    await page.keyboard.press("Shift+Tab");
    await page.keyboard.press("Enter");
    expect(await answer(page)).toBe(true);
    expect(await dialog.count()).toBe(0);
    expect(await hasFocus(before)).toBe(true);

    await ask(page);
    await page.keyboard.press("Escape");
    expect(await answer(page)).toBe(false);
    expect(await hasFocus(before)).toBe(true);

    await (await ask(page)).getByRole("button", { name: "Do not share" }).click();
    expect(await answer(page)).toBe(false);
    expect(complaints).toEqual([]);
  });

  test("speaks other languages", async () => {
    const { page } = await open("");
    const texts = { title: "לשתף?", text: "כן או לא", yes: "כן", no: "לא" };
    const dialog = await ask(page, { texts, lang: "he" });
    expect(await dialog.getAttribute("lang")).toBe("he");
    expect(await dialog.getByRole("button").allTextContents()).toEqual(["כן", "לא"]);
    expect(await dialog.evaluate((node) => getComputedStyle(node).direction)).toBe("rtl");
  });

  test.each([
    ["light", 390],
    ["dark", 390],
    ["light", 1000],
    ["dark", 1000],
  ] as const)("%s, %i px wide: its words stand out, yes and no weigh the same", async (colorScheme, width) => {
    const { page } = await open("", { colorScheme, viewport: { width, height: 420 } });
    const dialog = await ask(page, { learnMoreUrl: "/privacy" });
    for (const part of [
      dialog.getByRole("paragraph"),
      dialog.getByRole("link"),
      ...(await dialog.getByRole("button").all()),
    ])
      expect(await part.evaluate(contrastOf)).toBeGreaterThanOrEqual(4.5);
    const [yes, no] = await dialog.getByRole("button").evaluateAll((buttons) =>
      buttons.map((button) => {
        const { backgroundColor, color, fontWeight, fontSize } = getComputedStyle(button);
        const { width: across, height } = button.getBoundingClientRect();
        return { backgroundColor, color, fontWeight, fontSize, across, height };
      }),
    );
    expect(yes).toEqual(no);
    expect(yes?.height).toBeGreaterThanOrEqual(44);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
  });
});

/** WCAG 2.2, 1.4.3, of an element's own colour on the nearest ground that is not see-through. Runs in the page. */
function contrastOf(node: Element): number {
  const paint = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const luminanceOf = (colour: string): number => {
    if (!paint) throw new Error("no canvas");
    paint.fillStyle = colour;
    paint.fillRect(0, 0, 1, 1);
    const [r = 0, g = 0, b = 0] = [...paint.getImageData(0, 0, 1, 1).data].map((value) => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  let ground: Element | null = node;
  while (ground && getComputedStyle(ground).backgroundColor === "rgba(0, 0, 0, 0)") ground = ground.parentElement;
  const colours = [getComputedStyle(node).color, getComputedStyle(ground ?? document.body).backgroundColor];
  const [dark = 0, light = 0] = colours.map(luminanceOf).sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}
