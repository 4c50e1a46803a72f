import { unwatchFile, watchFile } from "node:fs";
import type { Reader, Response } from "maxmind";
import { OptionError } from "../../base/option-error.ts";
import type { Network } from "../core/network.ts";
import type { TrackerLogger } from "./logger.ts";

/** What the databases know of an address. */
export type Location = Pick<Network, "asn" | "region">;

/**
 * Where addresses lie, from MaxMind databases: countries or cities give the region, autonomous systems the number. Reads
 * a file anew when it is replaced. The package `maxmind` is loaded here alone, and only when there is a database.
 */
export class GeoIp {
  readonly #databases: Database[];

  private constructor(databases: Database[]) {
    this.#databases = databases;
  }

  /** Throws an {@link OptionError} that says what is missing or what is wrong with which file. */
  static async open(paths: readonly string[], logger: TrackerLogger, lookEveryMs = LOOK_EVERY_MS): Promise<GeoIp> {
    const databases: Database[] = [];
    for (const path of paths) databases.push({ path, reader: await read(path) });
    for (const database of databases)
      watchFile(database.path, { persistent: false, interval: lookEveryMs }, () => void renew(database, logger));
    return new GeoIp(databases);
  }

  /** Of several databases the first that knows. */
  locate(address: string): Location {
    let asn: number | undefined;
    let region: string | undefined;
    for (const { reader } of this.#databases) {
      const record = lookUp(reader, address);
      asn ??= numberOf(member(record, "autonomous_system_number"));
      region ??=
        textOf(member(member(record, "country"), "iso_code")) ??
        textOf(member(member(record, "registered_country"), "iso_code"));
    }
    return { asn, region };
  }

  close(): void {
    for (const { path } of this.#databases.splice(0)) unwatchFile(path);
  }
}

interface Database {
  readonly path: string;
  reader: Reader<Response>;
}

async function read(path: string): Promise<Reader<Response>> {
  const { open } = await import("maxmind").catch(() => {
    throw new OptionError("geoip needs a package that is not installed: npm install maxmind");
  });
  try {
    return await open(path);
  } catch (cause) {
    throw new OptionError(`geoip: cannot read ${path} as a MaxMind database: ${String(cause)}`);
  }
}

/** Half a file, or none for a moment, is no reason to forget where viewers are. */
async function renew(database: Database, logger: TrackerLogger): Promise<void> {
  try {
    database.reader = await read(database.path);
    logger.info(`read ${database.path} anew`);
  } catch {
    logger.warn(`${database.path} has changed and cannot be read: going on with what was in it`);
  }
}

/** An address that is none, or a file that is broken inside, is an address that nobody knows. */
function lookUp(reader: Reader<Response>, address: string): unknown {
  try {
    return reader.get(address);
  } catch {
    return undefined;
  }
}

const member = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
const textOf = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);
const numberOf = (value: unknown): number | undefined => (typeof value === "number" ? value : undefined);

/** A look at a file's date costs next to nothing; databases come out weekly. */
const LOOK_EVERY_MS = 5_000;
