/** A self-signed certificate, made by openssl: for tests of what speaks TLS. */
import { execFileSync } from "node:child_process";

export function createCertificate(certFile: string, keyFile: string, name: string): void {
  const forName = ["-subj", `/CN=${name}`, "-addext", `subjectAltName=DNS:${name},IP:127.0.0.1`];
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  execFileSync("openssl", ["req", "-x509", ...key, "-days", "2", ...forName, "-keyout", keyFile, "-out", certFile], {
    stdio: ["ignore", "ignore", "pipe"],
  });
}
