/**
 * Rollup and Vite plugin that takes what we use out of simple-peer 9. As published it is CommonJS, drags in
 * readable-stream, buffer, debug, randombytes, err-code, queue-microtask and get-browser-rtc (28 KB gzip together, and a
 * `process` that browsers lack), and carries media, statistics, logging and the addresses of public STUN servers. Each
 * cut must find its place, so a simple-peer that reads differently breaks the build instead of slipping through.
 */
import { fileURLToPath } from "node:url";

const NODE_PARTS = fileURLToPath(new URL("../src/swarm/io/simple-peer/node-parts.ts", import.meta.url));

/** Methods that simple-peer-link.ts overrides. */
const OVERRIDDEN = ["_maybeReady", "_startIceCompleteTimeout", "_requestMissingTransceivers"];
/** Methods of the Node stream that it does not use, what `_maybeReady` asked for, and accessors. */
const UNUSED = ["_write", "_onFinish", "_onInterval", "getStats", "address", "bufferSize", "connected"];
/** Media, which no description that we accept or make contains. */
const MEDIA = ["addTransceiver", "addStream", "addTrack", "replaceTrack", "removeTrack", "removeStream", "_onTrack"];

export function slimSimplePeer() {
  return {
    name: "slim-simple-peer",
    transform(code, id) {
      if (!/simple-peer[\\/]index\.js$/.test(id)) return null;
      const imports = `import { Buffer, errCode, getBrowserRTC, queueMicrotask, randombytes, stream } from ${JSON.stringify(NODE_PARTS)}\n`;
      let slim = code;
      slim = replace(slim, /^const debug = require[^]*= require\('buffer'\)\n/m, imports);
      slim = replace(slim, /^module\.exports = Peer$/m, "export default Peer");
      slim = replace(slim, /^ {2}iceServers: \[[^]*?\n {2}\],\n/m, "");
      slim = replace(slim, /^ *this\._debug\((?:[^()]|\([^()]*\))*\)\n/gm, "");
      for (const method of ["_debug", ...OVERRIDDEN, ...UNUSED, ...MEDIA])
        slim = replace(slim, new RegExp(`^ {2}(?:get )?${method} \\([^\\n]*\\) \\{\\n[^]*?\\n {2}\\}\\n`, "m"), "");
      if (/\b_?debug\b|\brequire\b|\bstun:/.test(slim))
        throw new Error("simple-peer still logs, requires or calls out");
      // An empty map: the lines are simple-peer's own, and nobody debugs them through ours.
      return { code: slim, map: { mappings: "" } };
    },
  };
}

function replace(code, pattern, replacement) {
  const replaced = code.replace(pattern, replacement);
  if (replaced === code) throw new Error(`simple-peer reads differently: ${pattern} is not in it`);
  return replaced;
}
