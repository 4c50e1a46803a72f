/**
 * What leaves a real viewer: everything that goes over its data channels and to its tracker is recorded in the page, and
 * everything that Chromium asks of the network by its own developer tools.
 */
import { networkInterfaces } from "node:os";
import type { Browser, BrowserContext } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { decodePeerMessage } from "../../src/protocol/peer-codec.ts";
import { startTracker, type RunningTracker } from "../../src/tracker-server/index.ts";
import { bundleForPage } from "../../testkit/bundle.ts";
import { launchChromium } from "../../testkit/chromium.ts";
import { encoding } from "../../testkit/streams/encodings.ts";
import type { Watched, WatchOptions } from "../../testkit/streams/page.ts";
import { createStreamOrigin, type StreamOrigin } from "../../testkit/streams/stream-origin.ts";

declare global {
  /** What the page under test has sent and heard; `frames` one character a byte. */
  var recorded: {
    readonly frames: string[];
    readonly said: string[];
    readonly heard: string[];
    readonly ice: string[];
  };
}

const addresses = Object.values(networkInterfaces()).flatMap((all) => all ?? []);
const outside = addresses.find(({ family, internal }) => family === "IPv4" && !internal)?.address;

let browser: Browser;
let script: string;
let tracker: RunningTracker;
let origin: StreamOrigin;

beforeAll(async () => {
  [browser, script, tracker, origin] = await Promise.all([
    launchChromium(),
    bundleForPage(new URL("../../testkit/streams/page.ts", import.meta.url), "Streams"),
    startTracker({ port: 0, host: "0.0.0.0", stunPort: 0, stunAddress: outside ?? "127.0.0.1" }),
    createStreamOrigin({ name: "private", files: () => encoding("ts") }),
  ]);
});
afterAll(async () => {
  await browser.close();
  await Promise.all([tracker.close(), origin.close()]);
});

/** Runs in the page, before anything else. */
function record(): void {
  const recorded: typeof globalThis.recorded = { frames: [], said: [], heard: [], ice: [] };
  globalThis.recorded = recorded;
  globalThis.RTCDataChannel.prototype.send = new Proxy(globalThis.RTCDataChannel.prototype.send, {
    apply(send, channel, [data]: [Uint8Array]) {
      recorded.frames.push(String.fromCharCode(...data));
      Reflect.apply(send, channel, [data]);
    },
  });
  globalThis.WebSocket = class extends WebSocket {
    constructor(...given: ConstructorParameters<typeof WebSocket>) {
      super(...given);
      this.addEventListener("message", ({ data }) => recorded.heard.push(String(data)));
    }
    override send(data: string): void {
      recorded.said.push(data);
      super.send(data);
    }
  };
  globalThis.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(configuration?: RTCConfiguration) {
      super(configuration);
      recorded.ice.push(...(configuration?.iceServers ?? []).flatMap(({ urls }) => urls));
    }
  };
}

interface Session {
  readonly recorded: typeof globalThis.recorded;
  /** Every URL that Chromium went to. */
  readonly urls: readonly string[];
  readonly watched: Promise<Watched>;
}

/** One visit to the page. It has somebody to talk to once `met` resolves; what it recorded is complete with `end`. */
async function visit(
  context: BrowserContext,
  seconds: number,
): Promise<{ met(): Promise<unknown>; end(): Promise<Session> }> {
  const page = await context.newPage();
  const devtools = await context.newCDPSession(page);
  const urls: string[] = [];
  devtools.on("Network.requestWillBeSent", ({ request }) => urls.push(request.url));
  devtools.on("Network.webSocketCreated", ({ url }) => urls.push(url));
  await devtools.send("Network.enable");
  await page.addInitScript(record);
  await page.goto(new URL(`/?${TOKEN}`, origin.url).href);
  await page.addScriptTag({ content: script });
  const options: WatchOptions = {
    ...{ url: `${origin.url}?${TOKEN}`, tracker: tracker.url, rate: 1, seeksBack: false, reloads: false },
    ...{ leaves: false, patienceMs: 15_000, seconds },
  };
  await page.evaluate(`Streams.begin(${JSON.stringify(options)})`);
  const watched = page.evaluate<Watched>("Streams.watched()");
  return {
    met: () => page.waitForFunction(() => globalThis.recorded.frames.length > 0, undefined, { polling: 100 }),
    async end() {
      await watched;
      const session = { recorded: await page.evaluate(() => globalThis.recorded), urls, watched };
      await page.close();
      return session;
    },
  };
}

async function openContext(name: string): Promise<BrowserContext> {
  const context = await browser.newContext({ userAgent: `${AGENT}/${name}` });
  await context.addCookies([{ name: "session", value: COOKIE, url: origin.url }]);
  return context;
}

/** Frames without the media in them, which has texts of its own. */
function headOf(frame: string): string {
  const message = decodePeerMessage(Uint8Array.from(frame, (char) => char.charCodeAt(0)));
  return message?.type === "chunk" ? frame.slice(0, frame.length - message.payload.byteLength) : frame;
}

/** What tells one session from another. */
function identifiersOf({ recorded: { frames, said, heard } }: Session): readonly string[] {
  const all = [...said, ...heard].join("\n");
  const viewers = frames.flatMap((frame) => {
    const message = decodePeerMessage(Uint8Array.from(frame, (char) => char.charCodeAt(0)));
    return message?.type === "hello" ? [message.viewer] : [];
  });
  const [, key = ""] = /"key":"([\da-f]+)"/.exec(said[0] ?? "") ?? [];
  const [, peer = ""] = /"type":"joined".*?"peer":"([^"]+)"/.exec(all) ?? [];
  const [, fingerprint = ""] = /a=fingerprint:sha-256 ([\dA-F:]+)/.exec(said.join("\n")) ?? [];
  const [, ufrag = ""] = /a=ice-ufrag:(\S+?)\\r/.exec(said.join("\n")) ?? [];
  return [...new Set([...viewers, key, peer, fingerprint, ufrag])];
}

test.skipIf(outside === undefined)(
  "[T19] [T21] [T22] peers learn no URL, cookie, header or address, sessions share nothing, nobody else is asked",
  async () => {
    const [first, second] = [await openContext("one"), await openContext("two")];
    const visits = [await visit(first, 6), await visit(second, 6)];
    const sessions: Session[] = [];
    for (const one of visits) await one.met();
    for (const one of visits) sessions.push(await one.end());
    // The same browser, with all that it may have kept, comes again; and somebody for it to meet.
    const again = [await visit(first, 1), await visit(second, 1)];
    for (const one of again) await one.met();
    for (const one of again) sessions.push(await one.end());

    const frames = sessions.flatMap(({ recorded }) => recorded.frames);
    expect(frames.some((frame) => headOf(frame).length < frame.length)).toBe(true);
    for (const frame of frames) for (const secret of [TOKEN, COOKIE, AGENT]) expect(frame).not.toContain(secret);
    const texts = ["http", "ws:", "127.0.0.1", "localhost", "token", "cookie", "session", ".ts", ".m3u8", "private"];
    const ownAddresses = addresses.flatMap(({ address, family }) =>
      family === "IPv4" ? [address, String.fromCharCode(...address.split(".").map(Number))] : [address],
    );
    for (const head of frames.map(headOf))
      for (const text of [...texts, ...ownAddresses]) expect(head.toLowerCase()).not.toContain(text);
    // The tracker is told no more, but for what signals are for.
    for (const message of sessions.flatMap(({ recorded }) => recorded.said))
      for (const text of [TOKEN, COOKIE, AGENT, "http", ".ts", ".m3u8"]) expect(message).not.toContain(text);

    const identifiers = sessions.map(identifiersOf);
    for (const some of identifiers) expect(some.filter((one) => one !== "")).toHaveLength(5);
    expect(new Set(identifiers.flat()).size).toBe(5 * sessions.length);

    const own = [new URL(origin.url).origin, tracker.url];
    const others = sessions.flatMap(({ urls }) => urls).filter((url) => !own.some((one) => url.startsWith(one)));
    expect(others.filter((url) => !/^(blob|data):/.test(url))).toEqual([]);
    const iceServers = new Set(sessions.flatMap(({ recorded }) => recorded.ice));
    expect([...iceServers]).toEqual([expect.stringMatching(`^stun:${String(outside)}:\\d+$`)]);

    // [TK80] What Chromium asks STUN is what we answer.
    const metrics = await (await fetch(`${tracker.pagesUrl}/metrics`)).text();
    expect(Number(/^hls_swarm_stun_answers_total (\d+)/m.exec(metrics)?.[1])).toBeGreaterThan(0);
    expect(metrics).toMatch(/^hls_swarm_stun_ignored_total 0$/m);
  },
  60_000,
);

const TOKEN = "token=3f9a1c77";
const COOKIE = "c00k1e5d21";
const AGENT = "hls-viewer";
