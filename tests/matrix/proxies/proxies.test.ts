import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { get } from "node:https";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { startTracker, type RunningTracker } from "../../../src/tracker-server/index.ts";
import { createCertificate } from "../../../testkit/certificate.ts";
import { TestViewer } from "../../tracker/test-viewer.ts";
import { tried } from "../rows.ts";
import { findFreePort, startProxy, type RunningProxy } from "./proxy.ts";

/* The configurations in deploy/, as they are but for ports, names and certificates, run by the programs they are for. */

const deployed = (file: string): string => readFileSync(new URL(`../../../deploy/${file}`, import.meta.url), "utf8");

/** So that a configuration which no longer says what is replaced fails here, and not by trying to open port 443. */
function replaceAll(text: string, replacements: Readonly<Record<string, string>>): string {
  return Object.entries(replacements).reduce((now, [from, to]) => {
    expect(now).toContain(from);
    return now.replaceAll(from, to);
  }, text);
}

const PROXIES: Readonly<Record<string, (folder: string, tracker: number, port: number) => Promise<RunningProxy>>> = {
  async nginx(folder, tracker, port) {
    createCertificate(`${folder}/fullchain.pem`, `${folder}/privkey.pem`, "localhost");
    const site = replaceAll(deployed("nginx.conf"), {
      "127.0.0.1:8080": `127.0.0.1:${String(tracker)}`,
      "listen 443 ssl;": `listen 127.0.0.1:${String(port)} ssl;`,
      "listen [::]:443 ssl;": "",
      "/etc/letsencrypt/live/tracker.example.com": folder,
      "tracker.example.com": "localhost",
    });
    writeFileSync(`${folder}/site.conf`, site);
    const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
      (name) => `${name}_temp_path ${folder}/${name};`,
    );
    writeFileSync(
      `${folder}/nginx.conf`,
      `daemon off; master_process off; pid ${folder}/pid; error_log stderr notice; events {}
       http { access_log off; ${temporary.join(" ")} include ${folder}/site.conf; }`,
    );
    return startProxy(folder, "nginx", ["-p", folder, "-c", `${folder}/nginx.conf`], /start|using the "epoll"/);
  },
  async caddy(folder, tracker, port) {
    const site = replaceAll(deployed("Caddyfile"), {
      "127.0.0.1:8080": `127.0.0.1:${String(tracker)}`,
      "tracker.example.com {": `https://localhost:${String(port)} {\n\tbind 127.0.0.1\n\ttls internal`,
    });
    const options = `{\n\tadmin off\n\tskip_install_trust\n\tauto_https disable_redirects\n\tstorage file_system ${folder}/storage\n}\n`;
    writeFileSync(`${folder}/Caddyfile`, options + site);
    return startProxy(
      folder,
      "caddy",
      ["run", "--config", `${folder}/Caddyfile`, "--adapter", "caddyfile"],
      /(?=.*serving initial configuration)(?=.*certificate obtained successfully)/s,
    );
  },
};

const versionOf: Readonly<Record<string, () => string>> = {
  nginx: () =>
    execFileSync("sh", ["-c", "nginx -v 2>&1"], { encoding: "utf8" })
      .replace(/^.*nginx\//s, "")
      .trim(),
  caddy: () => execFileSync("caddy", ["version"], { encoding: "utf8" }).trim(),
};

describe.each(Object.keys(PROXIES))("deploy/ behind %s", (name) => {
  let folder: string;
  let tracker: RunningTracker;
  let proxy: RunningProxy | undefined;
  let port: number;

  beforeEach(async () => {
    folder = mkdtempSync(path.join(tmpdir(), `hls-swarm-${name}-`));
    tracker = await startTracker({
      host: "127.0.0.1",
      port: 0,
      trustProxy: ["127.0.0.1"],
      connectionsPerAddressMax: 1,
      allowOrigins: ["https://site.example"],
    });
    port = await findFreePort();
    proxy = await PROXIES[name]!(folder, tracker.port, port);
  });
  afterEach(async () => {
    await proxy?.stop();
    await tracker.close();
    rmSync(folder, { recursive: true });
  });

  test("viewers meet over wss, each counted by its own address, and outsiders see no figures", async () => {
    const from = (localAddress: string, headers: Record<string, string> = {}) => ({
      ...{ rejectUnauthorized: false, servername: "localhost", origin: "https://site.example" },
      ...{ localAddress, headers, family: 4 },
    });
    const url = `wss://localhost:${String(port)}/v1`;
    const alice = await TestViewer.join({ url }, {}, from("127.0.0.2"));
    const bob = await TestViewer.join({ url }, {}, from("127.0.0.3"));
    expect(bob.joined.peers.map(({ peer }) => peer)).toEqual([alice.id]);
    bob.signal(alice, "an offer");
    expect((await alice.next("signal")).signal).toBe("an offer");

    // One socket an address: what a viewer writes itself is not believed.
    const liar = new TestViewer(url, from("127.0.0.2", { "X-Forwarded-For": "203.0.113.7" }));
    await liar.closed;
    expect(tracker.stats()).toMatchObject({ viewers: 2, addresses: 2, refusals: { "address-full": 1 } });

    const pages = ["/healthz", "/readyz", "/metrics", "/debug", "/debug.json"];
    const statuses = await Promise.all(pages.map((page) => statusOf(`https://localhost:${String(port)}${page}`)));
    expect(statuses).toEqual([200, 200, 404, 404, 404]);

    const drained = tracker.drain();
    expect((await alice.next("drain")).reconnectInMs).toBeGreaterThanOrEqual(0);
    expect([(await alice.closed).code, (await bob.closed).code]).toEqual([1012, 1012]);
    await drained;
    tried({
      section: "proxies",
      what: `the configuration in deploy/ for ${name}`,
      versions: `${name} ${versionOf[name]!()}`,
      result:
        "viewers join over wss and signal, limits count their own addresses, a drain reaches them, /metrics and /debug are shut",
    });
  });
});

async function statusOf(url: string): Promise<number | undefined> {
  const request = get(url, { rejectUnauthorized: false, family: 4 });
  return new Promise((resolve, reject) => {
    request.on("error", reject);
    request.on("response", (response) => {
      response.resume();
      resolve(response.statusCode);
    });
  });
}
