/** The certificate of a server that speaks TLS itself: read from its files, and again when it was renewed. */
import { readFileSync } from "node:fs";
import { createSecureContext, type Server } from "node:tls";
import { OptionError } from "../base/option-error.ts";

export interface TlsFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

export interface Certificate {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** Throws an {@link OptionError} that names the file when one is missing, is no PEM, or the two do not belong together. */
export function readCertificate({ certFile, keyFile }: TlsFiles): Certificate {
  const certificate = { cert: readPem(certFile, "certFile"), key: readPem(keyFile, "keyFile") };
  try {
    createSecureContext(certificate);
  } catch (error) {
    throw new OptionError(`tls: ${certFile} and ${keyFile} cannot be used: ${messageOf(error)}`);
  }
  return certificate;
}

/** For connections to come. Throws as {@link readCertificate} does, and the certificate stays that the server has. */
export const renewCertificate = (server: Server, files: TlsFiles): void => {
  server.setSecureContext(readCertificate(files));
};

function readPem(file: string, option: keyof TlsFiles): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new OptionError(`tls.${option} ${file} cannot be read: ${messageOf(error)}`);
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
