import { createServer, request as httpRequest, type Server } from "node:http";
import { afterEach, expect, test } from "vitest";
import { answerCors, type CorsOptions } from "./cors.ts";
import { listen, stopListening } from "./listening.ts";

let server: Server | undefined;
afterEach(async () => {
  if (server) await stopListening(server);
  server = undefined;
});

/** By hand, as `fetch` lets nobody send these headers. */
async function ask(method: string, headers: Record<string, string>, options?: CorsOptions) {
  server = createServer((request, response) => {
    if (!answerCors(request, response, options)) response.writeHead(404).end();
  });
  const port = await listen(server, 0, "127.0.0.1");
  return new Promise<{ status: number | undefined; headers: Record<string, unknown> }>((resolve, reject) => {
    httpRequest({ port, method, headers }, (response) => {
      response.resume();
      resolve({ status: response.statusCode, headers: response.headers });
    })
      .on("error", reject)
      .end();
  });
}

test("any page may read, errors too, and see what came of a range", async () => {
  const { status, headers } = await ask("GET", { origin: "https://site.example" });
  expect(status).toBe(404);
  expect(headers).toMatchObject({ "access-control-allow-origin": "*", "timing-allow-origin": "*" });
  expect(headers["access-control-expose-headers"]).toMatch(/Content-Length, Content-Range/);
  expect(headers).not.toHaveProperty("vary");
});

test("a page is asked for nothing but what it wants to send, be it Range, a ticket or CMCD's headers", async () => {
  const { status, headers } = await ask("OPTIONS", {
    origin: "https://site.example",
    "access-control-request-method": "GET",
    "access-control-request-headers": "authorization,cmcd-object, range",
    "access-control-request-private-network": "true",
  });
  expect(status).toBe(204);
  expect(headers).toMatchObject({
    "access-control-allow-methods": "GET, HEAD",
    "access-control-allow-headers": "authorization,cmcd-object, range",
    "access-control-allow-private-network": "true",
  });
  expect(headers["vary"]).toMatch(/Access-Control-Request-Headers/);
});

test("what is no list of headers is not repeated", async () => {
  const { headers } = await ask("OPTIONS", { "access-control-request-headers": "range; x, <script>" });
  expect(headers).not.toHaveProperty("access-control-allow-headers");
});

test.each([
  ["https://site.example", "https://site.example"],
  ["https://other.example", undefined],
])("where only some sites may read, %s is told %s", async (origin, allowed) => {
  const { headers } = await ask("GET", { origin }, { allowOrigins: ["https://site.example"] });
  expect(headers["access-control-allow-origin"]).toBe(allowed);
  expect(headers["vary"]).toBe("Origin");
});
