/** Runs a seeder as a process of its own, until a signal ends it. */
import { readFileSync } from "node:fs";
import { OptionError } from "../base/option-error.ts";
import { createProcessLogger, type ProcessLogger } from "../settings/process-logger.ts";
import type { SeederOptions } from "./options.ts";
import { startSeeder } from "./seeder.ts";
import { SEEDER_SETTINGS, type SeederSettings } from "./settings.ts";

/** Rejects with an {@link OptionError} when it cannot start as it is told. */
export async function runSeeder(settings: SeederSettings & Pick<SeederOptions, "playlists">): Promise<void> {
  const format = settings.logFormat ?? (process.stdout.isTTY ? "text" : "json");
  const logger = createProcessLogger(format, settings.logLevel ?? "info");
  const seeder = await startSeeder(optionsOf(settings, logger));
  const { renditions } = seeder.status();
  logger.info("seeding", {
    renditions: renditions.length,
    ...(seeder.statusUrl && { pages: seeder.statusUrl }),
    ...(seeder.httpUrl && { http: seeder.httpUrl }),
    ...(seeder.peerUrl && { peers: seeder.peerUrl }),
  });
  if (!settings.trackers && settings.listenWs === undefined && settings.httpPort === undefined)
    logger.warn("nobody can get anything from it: give --tracker, --listen-ws or --http-port");
  let isClosing = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (isClosing) process.exit(1);
    isClosing = true;
    logger.info("closing", { signal });
    void seeder.close().then(() => {
      logger.info("stopped");
      // The threads of WebRTC would keep the process for some seconds more.
      process.exit(0);
    });
  };
  // Without one the signal keeps its meaning: the terminal has gone.
  if (settings.tlsCert !== undefined)
    process.on("SIGHUP", () => {
      try {
        seeder.reloadCertificate();
        logger.info("the certificate was read again");
      } catch (error) {
        logger.error("the certificate could not be read again: what it said stays", error);
      }
    });
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
}

/** What the library is to be told. */
function optionsOf(settings: SeederSettings & Pick<SeederOptions, "playlists">, logger: ProcessLogger): SeederOptions {
  const { ticketSecretFile, uplinkMbps, maxPeers, publicAddress, memoryMb, ...others } = settings;
  const { cacheDir, cacheGb, listenWs, listenWsHost, tlsCert, tlsKey, upstreams, statusPort, ...same } = others;
  if ((tlsCert === undefined) !== (tlsKey === undefined)) throw new OptionError("--tls-cert and --tls-key go together");
  return {
    ...same,
    ...(ticketSecretFile !== undefined && { ticketSecret: readSecret(ticketSecretFile) }),
    ...(uplinkMbps !== undefined && { uplinkBitsPerSecond: uplinkMbps * 1e6 }),
    ...(maxPeers !== undefined && { peersMax: maxPeers }),
    ...(publicAddress && { publicAddress: publicAddress.address }),
    ...(publicAddress?.port !== undefined && { udpPort: publicAddress.port }),
    ...(memoryMb !== undefined && { memoryBytesMax: memoryMb * 1e6 }),
    ...(cacheDir !== undefined && { cacheFolder: cacheDir }),
    ...(cacheGb !== undefined && { cacheBytesMax: cacheGb * 1e9 }),
    ...(listenWs !== undefined && { peerPort: listenWs }),
    ...(listenWsHost !== undefined && { peerHost: listenWsHost }),
    ...(tlsCert !== undefined && tlsKey !== undefined && { tls: { certFile: tlsCert, keyFile: tlsKey } }),
    ...(upstreams && { parents: upstreams }),
    statusPort: statusPort ?? Number(SEEDER_SETTINGS.rows.statusPort.standard),
    logger,
  };
}

/** Of several, one a line, the first is the newest. */
function readSecret(file: string): string {
  try {
    return (
      readFileSync(file, "utf8")
        .trim()
        .split(/\s*\n\s*/)[0] ?? ""
    );
  } catch (error) {
    throw new OptionError(`the secret's file ${file} cannot be read: ${String(error)}`);
  }
}
