import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, get, type Server } from "node:http";
import { once } from "node:events";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, describe, expect, test } from "vitest";
import { answerContent } from "./content-answer.ts";
import { bytesContent, fileContent, type Content } from "./content.ts";
import { listen, stopListening } from "./listening.ts";

const BYTES = Uint8Array.from({ length: 1000 }, (_, at) => at % 251);
const TAG = '"tag"';
let server: Server | undefined;
const folder = mkdtempSync(path.join(tmpdir(), "hls-swarm-http-"));
writeFileSync(path.join(folder, "segment.m4s"), BYTES);
const file = (byteLength = BYTES.length): Content =>
  fileContent({ path: path.join(folder, "segment.m4s"), byteLength }, "video/mp4", TAG);

afterEach(async () => {
  if (server) await stopListening(server);
  server = undefined;
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** Serves `content` and says where; what cannot be sent is a 404. */
async function serve(content: Content): Promise<string> {
  server = createServer((request, response) => {
    answerContent(request, response, content, { "cache-control": "max-age=60" }).catch(() => {
      response.writeHead(404).end();
    });
  });
  return `http://127.0.0.1:${String(await listen(server, 0, "127.0.0.1"))}/`;
}

describe.each([
  ["bytes in memory", () => bytesContent(BYTES, "video/mp4", TAG)],
  ["a file", () => file()],
])("%s", (_, contentOf) => {
  const ask = async (headers: Record<string, string> = {}, method = "GET") => {
    const response = await fetch(await serve(contentOf()), { headers, method });
    return { response, body: new Uint8Array(await response.arrayBuffer()) };
  };

  test("is sent whole, with its length, type and tag", async () => {
    const { response, body } = await ask();
    expect(response.status).toBe(200);
    expect(body).toEqual(BYTES);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      ...{ "content-length": "1000", "content-type": "video/mp4", etag: TAG },
      ...{ "accept-ranges": "bytes", "cache-control": "max-age=60" },
    });
  });

  test.each([
    ["bytes=10-19", "bytes 10-19/1000", 10, 20],
    ["bytes=990-", "bytes 990-999/1000", 990, 1000],
    ["bytes=-5", "bytes 995-999/1000", 995, 1000],
  ])("is sent in part: %s", async (range, told, start, end) => {
    const { response, body } = await ask({ range });
    expect([response.status, response.headers.get("content-range")]).toEqual([206, told]);
    expect(response.headers.get("content-length")).toBe(String(end - start));
    expect(body).toEqual(BYTES.subarray(start, end));
  });

  test("a range of which there is nothing is 416, with the length that there is", async () => {
    const { response, body } = await ask({ range: "bytes=1000-" });
    expect([response.status, response.headers.get("content-range"), body.length]).toEqual([416, "bytes */1000", 0]);
  });

  test.each([
    [TAG, 206],
    ['"older"', 200],
    [`W/${TAG}`, 200],
    ["Sat, 21 Nov 2026 10:00:00 GMT", 200],
  ])("with If-Range: %s the answer is %i", async (tag, status) => {
    expect((await ask({ range: "bytes=0-0", "if-range": tag })).response.status).toBe(status);
  });

  test.each([TAG, `"other", W/${TAG}`, "*"])("has not changed for whoever has %s", async (tag) => {
    const { response, body } = await ask({ "if-none-match": tag, range: "bytes=0-0" });
    expect([response.status, response.headers.get("etag"), body.length]).toEqual([304, TAG, 0]);
  });

  test("HEAD tells of the whole, whatever the range", async () => {
    const { response, body } = await ask({ range: "bytes=0-0" }, "HEAD");
    expect([response.status, response.headers.get("content-length"), body.length]).toEqual([200, "1000", 0]);
  });
});

test("nothing at all is an answer, too", async () => {
  const response = await fetch(await serve(bytesContent(new Uint8Array(), "video/mp4")));
  expect([response.status, response.headers.get("content-length")]).toEqual([200, "0"]);
});

test("a file that is gone is said so before anything is sent", async () => {
  const content = fileContent({ path: path.join(folder, "deleted.m4s"), byteLength: 10 }, "video/mp4");
  expect((await fetch(await serve(content))).status).toBe(404);
});

test("a file that is shorter than promised does not end as if it were whole", async () => {
  const response = await fetch(await serve(file(2000)));
  await expect(response.arrayBuffer()).rejects.toThrow();
});

test("who reads slowly is given no more than fits, and what nobody wants any more is given up", async () => {
  const pieces = 1_000;
  let given = 0;
  let giveUp: () => void = () => undefined;
  const givenUp = new Promise<void>((resolve) => (giveUp = resolve));
  const url = await serve({
    type: "video/mp4",
    byteLength: pieces * 65_536,
    async *read(_start, _end, gone) {
      gone.addEventListener("abort", giveUp);
      for (; given < pieces; given++) yield new Uint8Array(65_536);
    },
  });
  const request = get(url);
  await once(request, "response"); // of which we read nothing
  request.destroy();
  await givenUp;
  expect(given).toBeLessThan(pieces / 2);
});
