/** nginx as an edge of a CDN would be: files from memory to sockets, connections kept. One worker, in the process itself. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { findFreePort, startProxy } from "../../tests/matrix/proxies/proxy.ts";

export interface RunningNginx {
  /** Of its files, which are called `0.m4s`, `1.m4s`... */
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/** What keeps nginx from being measured here; undefined when nothing does. */
export const nginxObstacle = (): string | undefined =>
  spawnSync("nginx", ["-v"]).error ? "there is no nginx (apt-get install nginx-light)" : undefined;

/** Serves so many files of so many bytes each; its own files are below `cache`. */
export async function startNginx(cache: string, files: number, fileBytes: number): Promise<RunningNginx> {
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(path.join(cache, "nginx-"));
  mkdirSync(path.join(folder, "files"));
  for (let i = 0; i < files; i++) writeFileSync(path.join(folder, `files/${i}.m4s`), Buffer.alloc(fileBytes, i));
  const port = await findFreePort();
  writeFileSync(path.join(folder, "nginx.conf"), configuration(folder, port));
  const nginx = await startProxy(folder, "nginx", ["-p", folder, "-c", `${folder}/nginx.conf`], /using the "epoll"/);
  return {
    url: `http://127.0.0.1:${port}`,
    pid: nginx.pid,
    async stop() {
      await nginx.stop();
      rmSync(folder, { recursive: true });
    },
  };
}

function configuration(folder: string, port: number): string {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  );
  return `
daemon off; master_process off; pid ${folder}/pid; error_log stderr notice;
events { worker_connections 4096; }
http {
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000; open_file_cache max=1000;
  ${temporary.join(" ")}
  server { listen 127.0.0.1:${port}; root ${folder}/files; }
}`;
}
