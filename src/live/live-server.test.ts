import { once } from "node:events";
import { request as httpRequest, type ClientRequest, type IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { setImmediate } from "node:timers/promises";
import { afterEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { INIT, MemoryStream } from "../../testkit/memory-stream.ts";
import { issueTicket, keyedSwarmId } from "../ticket/issue.ts";
import { ticketReaderOf } from "../ticket/ticket-reader.ts";
import { startLiveServer, type LiveServer, type LiveServerOptions } from "./live-server.ts";
import type { LiveFile } from "./live-stream.ts";
import { EVERYBODY, NOBODY, publishKeysOf } from "./publish-keys.ts";
import { Stage } from "./stage.ts";
import { metricsAmiss } from "../../testkit/metrics-page.ts";

const KEY = "a-key-of-thirty-two-characters--";
const SECRET = "a secret of at least 32 characters";

let server: LiveServer | undefined;
const made: MemoryStream[] = [];
const lines: string[] = [];
afterEach(async () => {
  await server?.close();
  made.length = 0;
  lines.length = 0;
});

async function start(options: Partial<LiveServerOptions> = {}, streamsMax = 2): Promise<string> {
  const open = async (name: string) => {
    const stream = new MemoryStream(name);
    made.push(stream);
    return { stream, ingest: (media: Readable) => stream.ingest(media) };
  };
  const log = { info: (line: string) => void lines.push(line), warn: (line: string) => void lines.push(line) };
  const stage = options.stage ?? new Stage({ open, streamsMax });
  const standard = { port: 0, host: "127.0.0.1", folder: tmpdir(), keys: NOBODY };
  server = await startLiveServer({ ...standard, ...options, stage, log });
  return server.url;
}

async function startWith(stream: MemoryStream, options: Partial<LiveServerOptions> = {}): Promise<string> {
  const stage = new Stage({ open: () => Promise.reject(new Error("nobody publishes here")), streamsMax: 1 });
  stage.add(stream);
  return start({ ...options, stage });
}

/** Begins to publish, as an encoder does: no end in sight. */
function publish(url: string, headers: Record<string, string> = {}): ClientRequest {
  const request = httpRequest(url, { method: "POST", headers });
  request.on("error", () => undefined); // an encoder that is hung up on
  request.flushHeaders();
  return request;
}

async function answerTo(request: ClientRequest): Promise<{ status: number | undefined; words: string }> {
  const [response] = (await once(request, "response")) as [IncomingMessage];
  return { status: response.statusCode, words: await text(response) };
}

describe("playing", () => {
  test("[LI2] the stream that was announced is waited for", async () => {
    const url = await start({ name: "demo" });
    expect((await fetch(`${url}/demo/index.m3u8`)).status).toBe(503);
    expect((await fetch(`${url}/other/index.m3u8`)).status).toBe(404);
  });

  test("[LI2] before anything is published players are asked to come back, and nothing else is there", async () => {
    const url = await startWith(new MemoryStream("demo"));
    const response = await fetch(`${url}/demo/index.m3u8`);
    expect([response.status, response.headers.get("retry-after")]).toEqual([503, "2"]);
    expect((await fetch(`${url}/other/index.m3u8`)).status).toBe(404);
    expect((await fetch(`${url}/demo/720p/none.m4s`)).status).toBe(404);
    expect((await fetch(`${url}/demo/%2e%2e/720p/init.mp4`)).status).toBe(404); // as fetch resolves it
  });

  test("[LI1] playlists, init segments and ranges of them, for pages of any site", async () => {
    const stream = new MemoryStream("demo");
    stream.make();
    const url = await startWith(stream);
    const multivariant = await fetch(`${url}/demo/index.m3u8`);
    expect(multivariant.headers.get("content-type")).toBe("application/vnd.apple.mpegurl");
    expect(multivariant.headers.get("access-control-allow-origin")).toBe("*");
    expect(await multivariant.text()).toBe(stream.master());
    const media = await fetch(`${url}/demo/720p/index.m3u8`);
    expect([await media.text(), media.headers.get("cache-control")]).toEqual([stream.playlist(), "public, no-cache"]);
    const init = await fetch(`${url}/demo/720p/init.mp4`, { headers: { range: "bytes=2-3" } });
    expect([init.status, init.headers.get("content-range")]).toEqual([206, "bytes 2-3/8"]);
    expect(new Uint8Array(await init.arrayBuffer())).toEqual(INIT.subarray(2, 4));
    expect(init.headers.get("cache-control")).toMatch(/immutable/);
  });

  test("[LI4] a playlist is held until it has the segment that was asked for", async () => {
    const stream = new MemoryStream("demo");
    stream.make();
    const url = await startWith(stream);
    const held = fetch(`${url}/demo/720p/index.m3u8?_HLS_msn=1`);
    await expect.poll(async () => (await server?.figures())?.heldRequests).toBe(1);
    stream.make();
    const response = await held;
    expect(await response.text()).toContain("1.m4s");
    expect(response.headers.get("cache-control")).toBe("public, max-age=6");
  });

  test("[LI4] what has ended is not waited for", async () => {
    const stream = new MemoryStream("demo");
    stream.make();
    const url = await startWith(stream);
    const held = fetch(`${url}/demo/720p/index.m3u8?_HLS_msn=1&_HLS_part=0`);
    await stream.end();
    expect(await (await held).text()).toContain("#EXT-X-ENDLIST");
  });

  test.each(["_HLS_msn=x", "_HLS_msn=-1", "_HLS_msn=1.5", "_HLS_part=1", "_HLS_msn=1&_HLS_part=", "_HLS_msn=3"])(
    "[LI5] %s is refused",
    async (query) => {
      const stream = new MemoryStream("demo");
      stream.make();
      expect((await fetch(`${await startWith(stream)}/demo/720p/index.m3u8?${query}`)).status).toBe(400);
    },
  );

  test("[LI5] three target durations without news are 503", async () => {
    const stream = new MemoryStream("demo");
    stream.make();
    const url = await startWith(stream);
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    onTestFinished(() => void vi.useRealTimers());
    const held = fetch(`${url}/demo/720p/index.m3u8?_HLS_msn=1`);
    while ((await server?.figures())?.heldRequests !== 1) await setImmediate();
    vi.advanceTimersByTime(3_000);
    const response = await held;
    expect([response.status, response.headers.get("retry-after")]).toEqual([503, "1"]);
  });

  test("a player that leaves is waited for no longer", async () => {
    const stream = new MemoryStream("demo");
    stream.make();
    const url = await startWith(stream);
    const player = new AbortController();
    const held = fetch(`${url}/demo/720p/index.m3u8?_HLS_msn=1`, { signal: player.signal });
    await expect.poll(async () => (await server?.figures())?.heldRequests).toBe(1);
    player.abort();
    await expect(held).rejects.toThrow();
    await expect.poll(async () => (await server?.figures())?.heldRequests).toBe(0);
  });
});

describe("tickets", () => {
  const tickets = {
    read: ticketReaderOf({ ticketSecrets: [SECRET] })!,
    swarmsOf: (name: string) => [keyedSwarmId({ secret: SECRET }, name)],
  };
  const ticketFor = (content: string): string => issueTicket({ secret: SECRET }, { content });
  const started = async (): Promise<string> => {
    const stream = new MemoryStream("demo");
    stream.make();
    return startWith(stream, { tickets });
  };

  test("[LI20] without one that is good for this stream there is neither playlist nor media", async () => {
    const url = await started();
    for (const path of ["/demo/index.m3u8", "/demo/720p/index.m3u8", "/demo/720p/init.mp4"]) {
      expect((await fetch(url + path)).status).toBe(401);
      const other = await fetch(`${url}${path}?ticket=${ticketFor("other")}`);
      expect([other.status, await other.text()]).toEqual([403, "the ticket is for other streams\n"]);
      expect((await fetch(`${url}${path}?ticket=${ticketFor("demo")}x`)).status).toBe(403);
    }
  });

  test("[LI20] one in the header opens all, and no shared cache keeps it", async () => {
    const headers = { authorization: `Bearer ${ticketFor("demo")}` };
    const response = await fetch(`${await started()}/demo/720p/index.m3u8`, { headers });
    expect(response.headers.get("cache-control")).toBe("private, no-cache");
    expect(await response.text()).not.toContain("ticket");
  });

  test("[LI21] one in the address goes on into the playlists", async () => {
    const url = await started();
    const ticket = ticketFor("demo");
    const address = `${url}/demo/index.m3u8?ticket=${ticket}`;
    const [, next = ""] = /^(720p\S+)$/m.exec(await (await fetch(address)).text()) ?? [];
    const media = await fetch(new URL(next, address));
    const [, init = ""] = /URI="([^"]+)"/.exec(await media.clone().text()) ?? [];
    expect((await fetch(new URL(init, media.url))).status).toBe(200);
    expect(await media.text()).toContain(`0.m4s?ticket=${ticket}`);
  });
});

test("[LI1] [LI21] of a folder that another packager fills all is served, and its playlists carry the ticket", async () => {
  const stream = Object.assign(new MemoryStream("demo"), {
    other: async (path: string): Promise<LiveFile | undefined> => {
      if (path === "hd/1.ts") return { bytes: INIT, type: "video/mp2t", isImmutable: false };
      const playlist = "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\nhd/list.m3u8\n";
      return path === "index.m3u8"
        ? { bytes: Buffer.from(playlist), type: "application/vnd.apple.mpegurl", isImmutable: false }
        : undefined;
    },
  });
  const read = ticketReaderOf({ ticketSecrets: [SECRET] })!;
  const ticket = issueTicket({ secret: SECRET }, { content: "demo" });
  const swarmsOf = () => [keyedSwarmId({ secret: SECRET }, "demo")];
  const url = await startWith(stream, { tickets: { read, swarmsOf } });
  const playlist = await (await fetch(`${url}/demo/index.m3u8?ticket=${ticket}`)).text();
  expect(playlist).toContain(`\nhd/list.m3u8?ticket=${ticket}\n`);
  const media = await fetch(`${url}/demo/hd/1.ts?ticket=${ticket}`, { headers: { range: "bytes=-2" } });
  expect([media.status, new Uint8Array(await media.arrayBuffer())]).toEqual([206, INIT.subarray(6)]);
  expect((await fetch(`${url}/demo/hd/2.ts?ticket=${ticket}`)).status).toBe(404);
  expect((await fetch(`${url}/demo/hd/1.ts`)).status).toBe(401);
});

describe("publishing", () => {
  test.each([
    ["no key", "/publish/demo", {}, 401],
    ["a wrong key", "/publish/demo?key=wrong", {}, 403],
    ["a wrong key in the header", "/publish/demo", { authorization: "Bearer wrong" }, 403],
    ["a name that is none", `/publish/..?key=${KEY}`, {}, 400],
    ["a name of our own", `/publish/status?key=${KEY}`, {}, 404],
    ["no name", `/publish?key=${KEY}`, {}, 404],
  ])("[LI10] with %s it is refused in words, while media is still being sent", async (_, path, headers, status) => {
    const url = await start({ keys: publishKeysOf([KEY]) });
    const request = httpRequest(new URL(url).origin + "/", { path, method: "POST", headers });
    request.on("error", () => undefined);
    request.write(Buffer.alloc(65_536));
    const answered = await answerTo(request);
    expect(answered.status).toBe(status);
    expect(answered.words).toMatch(/\w+ \w+/);
    expect(made).toHaveLength(0);
    expect(lines.join()).not.toContain("wrong");
    request.destroy();
  });

  test("[LI10] whoever asks before he sends is answered before he does", async () => {
    const url = await start({ keys: publishKeysOf([KEY]) });
    const refused = publish(`${url}/publish/demo?key=wrong`, { expect: "100-continue" });
    expect((await answerTo(refused)).status).toBe(403);
    refused.destroy();
    const welcome = publish(`${url}/publish/demo?key=${KEY}`, { expect: "100-continue" });
    await once(welcome, "continue");
    welcome.end("media");
    expect((await answerTo(welcome)).status).toBe(200);
  });

  test("[LI11] nobody publishes over the network where no key is set, and everybody where that was asked for", async () => {
    const closed = await start();
    const refused = publish(`${closed}/publish/demo?key=${KEY}`);
    const { status, words } = await answerTo(refused);
    expect([status, words]).toEqual([403, expect.stringContaining("--publish-key-file")]);
    refused.destroy();
    await server?.close();
    const open = publish(`${await start({ keys: EVERYBODY })}/publish/demo`);
    open.end("media");
    expect((await answerTo(open)).status).toBe(200);
  });

  test.each([
    ["in the address", `?key=${KEY}`, {}],
    ["in the header", "", { authorization: `Bearer ${KEY}` }],
  ])("[LI10] with a key %s media makes a stream that is played while it comes", async (_, query, headers) => {
    const url = await start({ keys: publishKeysOf(["another-key-that-is-good", KEY]) });
    const publisher = publish(`${url}/publish/demo${query}`, headers);
    publisher.write("some, ");
    await expect.poll(async () => (await fetch(`${url}/demo/index.m3u8`)).status).toBe(200);
    expect((await server?.figures())?.publishers).toBe(1);
    publisher.end("and more");
    expect((await answerTo(publisher)).status).toBe(200);
    expect(made[0]?.media).toBe("some, and more");
  });

  test("[LI12] a stream has one publisher at a time, who may come back", async () => {
    const url = await start({ keys: EVERYBODY });
    const first = publish(`${url}/publish/demo`);
    await expect.poll(async () => (await fetch(`${url}/demo/index.m3u8`)).status).toBe(200);
    const second = publish(`${url}/publish/demo`);
    expect(await answerTo(second)).toEqual({ status: 409, words: "somebody publishes this stream already\n" });
    second.destroy();
    first.destroy(); // the line broke
    await expect.poll(async () => (await server?.figures())?.publishers).toBe(0);
    const again = publish(`${url}/publish/demo`);
    again.end("media");
    expect((await answerTo(again)).status).toBe(200);
    expect(made).toHaveLength(1);
  });

  test("[LI12] when it has ended the same name is a new stream, and when there is no room the oldest that has ended goes", async () => {
    const url = await start({ keys: EVERYBODY }, 2);
    const play = async (name: string) => {
      const publisher = publish(`${url}/publish/${name}`);
      publisher.end("media");
      return (await answerTo(publisher)).status;
    };
    expect([await play("one"), await play("two"), await play("three")]).toEqual([200, 200, 503]);
    await made[0]?.end();
    expect([await play("one"), await play("three")]).toEqual([200, 503]);
    await made[1]?.end();
    expect([await play("three"), (await fetch(`${url}/two/index.m3u8`)).status]).toEqual([200, 404]);
  });

  test("[LI13] a publisher learns why his media was of no use", async () => {
    const publisher = publish(`${await start({ keys: EVERYBODY })}/publish/demo`);
    publisher.end("no media");
    expect(await answerTo(publisher)).toEqual({ status: 415, words: "ffmpeg says: Invalid data found\n" });
  });
});

test("[LI30] pages for machines: health, status and metrics, without keys", async () => {
  const url = await start({ keys: publishKeysOf([KEY]) });
  const refused = publish(`${url}/publish/demo?key=wrong`);
  await answerTo(refused);
  refused.destroy();
  const publisher = publish(`${url}/publish/demo?key=${KEY}`);
  await expect.poll(async () => (await fetch(`${url}/demo/index.m3u8`)).status).toBe(200);
  expect(await (await fetch(`${url}/healthz`)).json()).toEqual({ status: "ok" });
  const status = await (await fetch(`${url}/status`)).text();
  expect(JSON.parse(status)).toMatchObject({
    streams: [{ name: "demo", state: "live", isPublished: true, renditions: [{ name: "720p" }] }],
    publishers: 1,
    refusedPublishers: { wrong: 1 },
  });
  const metrics = await (await fetch(`${url}/metrics`)).text();
  expect(metricsAmiss(metrics, "hls_swarm_live_")).toEqual([]);
  expect(metrics).toContain("hls_swarm_live_publishers 1");
  expect(metrics).toContain('hls_swarm_live_publish_refusals_total{reason="wrong"} 1');
  expect(status + metrics + lines.join()).not.toContain(KEY);
  publisher.destroy();
});

test("[LI31] a page to watch with, of which nothing but its own scripts runs", async () => {
  const url = await start({ tracker: 'wss://tracker.example/"<x>' });
  const page = await fetch(`${url}/watch/demo`);
  expect(page.headers.get("content-security-policy")).toContain("script-src 'self'");
  expect(await page.text()).toContain('<script src="page.js">');
  expect(await (await fetch(`${url}/watch/page.js`)).text()).toContain('const given = "wss://tracker.example/\\"<x>";');
  expect(await (await fetch(`${url}/watch/hls.js`)).text()).toContain("Hls");
});

test("[LI3] only GET and HEAD play, and what is no path is none", async () => {
  const url = await start();
  expect((await fetch(`${url}/demo/index.m3u8`, { method: "DELETE" })).status).toBe(405);
  expect((await fetch(`${url}/demo/..%2fsecret`)).status).toBe(400);
});
