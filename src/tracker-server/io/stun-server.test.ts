import { createSocket } from "node:dgram";
import { once } from "node:events";
import { afterEach, expect, test, vi } from "vitest";
import { SILENT } from "./logger.ts";
import { openStunServer, type StunServer } from "./stun-server.ts";

const REQUEST = Buffer.from("000100002112a442b7e7a701bc34d686fa87dfae", "hex");

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function open(host: string): Promise<{ readonly server: StunServer; readonly port: number }> {
  const server = await openStunServer({ stunPort: 0, stunAddress: "stun.test", host }, () => 0, SILENT);
  if (!server) throw new Error("it did not open");
  closers.push(() => {
    server.close();
  });
  return { server, port: Number(server.url.split(":").at(-1)) };
}

async function openClient(address: string) {
  const socket = createSocket(address.includes(":") ? "udp6" : "udp4");
  socket.bind(0, address);
  await once(socket, "listening");
  closers.push(() => {
    socket.close();
  });
  return socket;
}

test.each([
  ["IPv4", "127.0.0.1", "127.0.0.1", "0101000c"],
  ["IPv6", "::1", "::1", "01010018"],
  ["IPv4 at a socket for both", "::", "127.0.0.1", "0101000c"],
])("[TK80] tells a client its address and port: %s", async (_what, host, address, head) => {
  const { server, port } = await open(host);
  const client = await openClient(address);
  const answered = once(client, "message");
  client.send(REQUEST, port, address);
  const heard: unknown[] = await answered;
  const answer = heard[0];
  if (!Buffer.isBuffer(answer)) throw new Error("no answer");
  expect(answer.toString("hex").slice(0, 8)).toBe(head);
  expect(answer.readUInt16BE(26) ^ 0x2112).toBe(client.address().port);
  if (address === "127.0.0.1") expect((answer.readUInt32BE(28) ^ 0x2112a442) >>> 0).toBe(0x7f000001);
  expect(server.counts).toEqual({ answered: 1, ignored: 0 });
});

test("[TK81] [T18] one network is answered so often and no more; what is no request is counted", async () => {
  const { server, port } = await open("127.0.0.1");
  const client = await openClient("127.0.0.1");
  const batch = 50;
  const [rounds, most] = [110, 5_000];
  for (let round = 1; round <= rounds; round++) {
    for (let i = 0; i < batch; i++) client.send(REQUEST, port, "127.0.0.1");
    await vi.waitFor(
      () => {
        expect(server.counts.answered + server.counts.ignored).toBe(round * batch);
      },
      { interval: 1 },
    );
  }
  expect(server.counts).toEqual({ answered: most, ignored: rounds * batch - most });
  client.send("GET / HTTP/1.1\r\n\r\n", port, "127.0.0.1");
  await vi.waitFor(() => {
    expect(server.counts.ignored).toBe(rounds * batch - most + 1);
  });
});

test.each([
  ["stunAddress", { stunAddress: "stun.example.com", publicUrl: "wss://tracker.example.com" }, "stun.example.com"],
  ["the host of publicUrl", { publicUrl: "wss://tracker.example.com:8443" }, "tracker.example.com"],
  ["an IPv6 address", { stunAddress: "2001:db8::1" }, "[2001:db8::1]"],
])("[TK82] viewers are told %s", async (_what, options, name) => {
  const server = await openStunServer({ stunPort: 0, host: "127.0.0.1", ...options }, () => 0, SILENT);
  closers.push(() => server?.close());
  expect(server?.url).toMatch(/^stun:.*:\d+$/);
  expect(server?.url.slice("stun:".length).replace(/:\d+$/, "")).toBe(name);
});

test("[TK82] no port, no server; no name, no start; a port that is taken stops the start, too", async () => {
  expect(await openStunServer({}, () => 0, SILENT)).toBeUndefined();
  await expect(openStunServer({ stunPort: 0 }, () => 0, SILENT)).rejects.toThrow("stunAddress");
  await expect(openStunServer({ stunPort: 0, stunAddress: "a b" }, () => 0, SILENT)).rejects.toThrow("stunAddress");
  const { port } = await open("127.0.0.1");
  const again = openStunServer({ stunPort: port, stunAddress: "a", host: "127.0.0.1" }, () => 0, SILENT);
  await expect(again).rejects.toThrow("EADDRINUSE");
});
