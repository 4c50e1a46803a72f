import { once } from "node:events";
import { mkdtempSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { connect } from "node:tls";
import { afterEach, expect, test } from "vitest";
import { WebSocket } from "ws";
import { createCertificate } from "../../testkit/certificate.ts";
import { SILENT } from "../base/logger.ts";
import { swarmIdOf, type SwarmId } from "../protocol/ids.ts";
import type { SwarmDriver } from "../swarm/io/driver.ts";
import { issueTicket } from "../ticket/issue.ts";
import { listenForPeers, type PeerListener, type PeerListenerOptions } from "./peer-listener.ts";

const SWARM = swarmIdOf("stream");
const SECRET = "a secret of thirty-two characters";
const open: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

async function listenerWith(options: Partial<PeerListenerOptions> = {}): Promise<PeerListener> {
  const driver: Pick<SwarmDriver, "accept"> = {
    accept(link) {
      const opened = link({
        signal: () => undefined,
        open: () => undefined,
        frame: (frame) => {
          opened.send(frame);
        },
        closed: () => undefined,
      });
      return true;
    },
  };
  const driverOf = (swarm: SwarmId) => (swarm === SWARM ? driver : undefined);
  const listener = await listenForPeers({ port: 0, host: "127.0.0.1", driverOf, logger: SILENT, ...options });
  open.push(() => listener.close());
  return listener;
}

/** Whom the certificate is for that a handshake shows. */
const certificateNameOf = (port: number): Promise<unknown> =>
  new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false }, () => {
      resolve(socket.getPeerCertificate().subject.CN);
      socket.destroy();
    });
    socket.on("error", reject);
  });

/** What a call comes to: `open`, or the status and the words. */
async function call(url: string, headers: Record<string, string> = {}): Promise<string> {
  const socket = new WebSocket(url, { headers });
  open.unshift(() => {
    socket.terminate();
  });
  return new Promise((resolve, reject) => {
    socket.on("error", reject);
    socket.on("open", () => {
      resolve("open");
    });
    socket.on("unexpected-response", (_request, response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (part: string) => (text += part));
      response.on("end", () => {
        resolve(`${String(response.statusCode)} ${text.trim()}`);
      });
    });
  });
}

test("[PE41] whoever may not call is told why, and counted", async () => {
  const listener = await listenerWith({ allowOrigins: ["https://your.site"], socketsMax: 2, socketsPerAddressMax: 1 });
  const { url } = listener;
  const here = `${url}/v1/peer/${SWARM}`;
  expect(await call(`${url}/v1/peers/${SWARM}`)).toMatch(/^404 peers call at/);
  expect(await call(`${url}/v1/peer/short`)).toMatch(/^400 a swarm id/);
  expect(await call(`${url}/v1/peer/${swarmIdOf("another")}`)).toMatch(/^404 this seeder does not follow/);
  expect(await call(here, { origin: "https://other.site" })).toMatch(/^403 pages of https:\/\/other.site/);
  expect(await call(here, { origin: "https://your.site" })).toBe("open");
  expect(await call(here)).toMatch(/^429 1 peers of your address/);
  expect(listener.counters()).toEqual({ sockets: 1, accepted: 1, refused: { 400: 1, 403: 1, 404: 2, 429: 1 } });
});

test("[PE41] sockets are bounded in all, and a place that is left is free again", async () => {
  const listener = await listenerWith({ socketsMax: 1 });
  const here = `${listener.url}/behind/a/proxy/v1/peer/${SWARM}`;
  const first = new WebSocket(here);
  await once(first, "open");
  expect(await call(here)).toMatch(/^503 1 peers are connected/);
  first.close();
  await once(first, "close");
  expect(await call(here)).toBe("open");
});

test("[PE41] where tickets are asked for, only a good one for this stream lets anybody in", async () => {
  const { url } = await listenerWith({ ticketSecrets: [SECRET] });
  const here = `${url}/v1/peer/${SWARM}`;
  const ticketFor = (swarm: SwarmId): string => issueTicket({ secret: SECRET }, { swarms: [swarm] });
  expect(await call(here)).toMatch(/^401 the ticket is no JSON Web Token/);
  expect(await call(`${here}?ticket=${ticketFor(swarmIdOf("another"))}`)).toMatch(
    /^401 the ticket is for another stream/,
  );
  expect(await call(`${here}?ticket=${ticketFor(SWARM)}`)).toBe("open");
});

test("[PE41] what is larger than a frame is not read to its end", async () => {
  const { url } = await listenerWith();
  const socket = new WebSocket(`${url}/v1/peer/${SWARM}`);
  await once(socket, "open");
  socket.send(new Uint8Array(1 << 20));
  const code = await new Promise<number>((resolve) => socket.on("close", resolve));
  expect(code).toBe(1009);
});

test("[SE80] a certificate that was renewed is shown to whoever calls next; one that cannot be used is not", async () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), "listener-"));
  const tls = { certFile: path.join(folder, "cert.pem"), keyFile: path.join(folder, "key.pem") };
  createCertificate(tls.certFile, tls.keyFile, "first.example");
  const { port, url, reloadCertificate } = await listenerWith({ tls });
  expect(url).toMatch(/^wss:/);
  createCertificate(tls.certFile, tls.keyFile, "second.example");
  expect(await certificateNameOf(port)).toBe("first.example");
  reloadCertificate();
  expect(await certificateNameOf(port)).toBe("second.example");
  writeFileSync(tls.certFile, "no certificate");
  expect(reloadCertificate).toThrow("cannot be used");
  expect(await certificateNameOf(port)).toBe("second.example");
});
