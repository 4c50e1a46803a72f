/**
 * Rollup and Vite plugin that takes what we use out of simple-peer 9. As published it is CommonJS, drags in
 * readable-stream, buffer, debug, randombytes, err-code, queue-microtask and get-browser-rtc (28 KB gzip together, and a
 * `process` that browsers lack), and carries media, statistics, logging and the addresses of public STUN servers. Each
 * cut must find its place, so a simple-peer that reads differently breaks the build instead of slipping through.
 */
import { fileURLToPath } from "node:url";

const NODE_PARTS = fileURLToPath(new URL("../src/swarm/io/simple-peer/node-parts.ts", import.meta.url));

/** Methods that simple-peer-link.ts overrides. */
const OVERRIDDEN = ["_maybeReady", "_needsNegotiation"];
/** Methods of the Node stream that it does not use, what `_maybeReady` asked for, accessors, and negotiating again. */
const UNUSED = [
  ...["_write", "_onFinish", "_onInterval", "_onChannelBufferedAmountLow"],
  ...[
    "_startIceCompleteTimeout",
    "getStats",
    "address",
    "bufferSize",
    "connected",
    "negotiate",
    "_onSignalingStateChange",
  ],
];
/** Media, which no description that we accept or make contains. */
const MEDIA = [
  ...["addTransceiver", "addStream", "addTrack", "replaceTrack", "removeTrack", "removeStream", "_onTrack"],
  "_requestMissingTransceivers",
];

/** Properties that are set and then read by nothing that is left. */
const UNREAD = [
  ...["_id", "channelNegotiated", "streams", "allowHalfTrickle", "iceCompleteTimeout", "_iceCompleteTimer", "_cb"],
  ...[
    "remoteAddress",
    "remoteFamily",
    "remotePort",
    "localAddress",
    "localFamily",
    "localPort",
    "_isReactNativeWebrtc",
  ],
  ...["_isNegotiating", "_firstNegotiation", "_batchedNegotiation", "_queuedNegotiation", "_sendersAwaitingStable"],
  ...["_senderMap", "_remoteTracks", "_remoteStreams", "_chunk", "_interval", "_onFinishBound"],
  ...["trickle", "offerOptions", "answerOptions", "sdpTransform"],
];

/** Statements, and what takes their place. */
const STATEMENTS = [
  // Options that we never give; unified-plan is what every browser does by now.
  [/ \|\| Peer\.channelConfig$/m, ""],
  [/Object\.assign\(\{\}, Peer\.config, opts\.config\)/, "opts.config"],
  [/^Peer\.WEBRTC_SUPPORT = [^]*(?=^export default)/m, ""],
  [/opts = Object\.assign\(\{\n[^]*?\}, opts\)\n/, ""],
  [/opts\.channelName \|\| randombytes\(20\)\.toString\('hex'\)/, "opts.channelName"],
  [/if \(this\.initiator \|\| this\.channelNegotiated\)/, "if (this.initiator)"],
  [/this\.(?:offer|answer)Options(?=\)\n)/g, ""],
  // Without WebRTC the constructor of the connection fails, which is an error like others.
  [/^ *if \(!this\._wrtc\) \{\n[^]*?\n {4}\}\n/m, ""],
  // Trickling always: a description is sent at once, as it is.
  [/^function filterTrickle [^]*?^\}\n/m, ""],
  [/^ *if \(!this\.trickle && .*\n.*sdpTransform.*\n/gm, ""],
  [/if \(this\.trickle \|\| this\._iceComplete\) (send\w+\(\))\n.*\n/g, "$1\n"],
  [/event\.candidate && this\.trickle\b/, "event.candidate"],
  [/^ *\/\/ as soon as we've received [^]*?\n {4}\}\n/m, ""],
  [/^const ICECOMPLETE_TIMEOUT = .*\n/m, ""],
  // Media, and negotiating again.
  [/^ *if \(!this\.initiator\) this\._requestMissingTransceivers\(\)\n/m, ""],
  [/^ *if \(this\.streams\) \{\n[^]*?\n {4}\}\n/m, ""],
  [/^ *this\._pc\.ontrack = event => \{\n[^]*?\n {4}\}\n/m, ""],
  [/^ *this\._pc\.ontrack = null\n/m, ""],
  [/^ *this\._pc\.onsignalingstatechange = \(\) => \{\n[^]*?\n {4}\}\n/m, ""],
  [/^ *this\._pc\.onsignalingstatechange = null\n/m, ""],
  [/^ *if \(data\.renegotiate && [^]*?(?=^ *if \(data\.candidate\))/m, ""],
  [/^ *if \(!data\.sdp && !data\.candidate [^]*?\n {4}\}\n/m, ""],
  [/^ *if \(typeof data === 'string'\) \{\n[^]*?\n {4}\}\n/m, ""],
  // The Node stream around the channel, whose queue simple-peer-link.ts watches itself.
  [/^ *this\._onFinishBound = \(\) => \{\n[^]*?\n {4}\}\n.*\n/m, ""],
  [/^ *if \(this\._onFinishBound\).*\n/m, ""],
  [/^ *_read \(\) \{\}\n/m, ""],
  [/^ *this\.readable = .*\n\n.*push\(null\)\n.*this\.end\(\)\n/m, ""],
  [/^ *clearInterval\(this\._interval\)\n/m, ""],
  [/^ *if \(typeof this\._channel\.bufferedAmountLowThreshold [^]*?\n {4}\}\n/m, ""],
  [/^ *this\._channel\.onbufferedamountlow = \(\) => \{\n[^]*?\n {4}\}\n/m, ""],
  [/^ *this\.channelName = this\._channel\.label\n/m, ""],
  // Errors are told by their code.
  [/errCode\(new Error\([^\n]*?\), ('ERR_\w+')\)/g, "new Error($1)"],
];

export function slimSimplePeer() {
  return {
    name: "slim-simple-peer",
    transform(code, id) {
      if (!/simple-peer[\\/]index\.js$/.test(id)) return null;
      const imports = `import { Buffer, errCode, getBrowserRTC, queueMicrotask, stream } from ${JSON.stringify(NODE_PARTS)}\n`;
      let slim = code;
      slim = replace(slim, /^const debug = require[^]*= require\('buffer'\)\n/m, imports);
      slim = replace(slim, /^module\.exports = Peer$/m, "export default Peer");
      slim = replace(slim, /^ {2}iceServers: \[[^]*?\n {2}\],\n/m, "");
      slim = replace(slim, /^ *this\._debug\((?:[^()]|\([^()]*\))*\)\n/gm, "");
      for (const method of ["_debug", ...OVERRIDDEN, ...UNUSED, ...MEDIA])
        slim = replace(slim, new RegExp(`^ {2}(?:get )?${method} \\([^\\n]*\\) \\{\\n[^]*?\\n {2}\\}\\n`, "m"), "");
      for (const [statement, replacement] of STATEMENTS) slim = replace(slim, statement, replacement);
      for (const name of UNREAD) {
        slim = slim.replace(new RegExp(`^ *this\\.${name} = .*\\n`, "gm"), "");
        if (new RegExp(`\\.${name}\\b`).test(slim)) throw new Error(`simple-peer still uses ${name}`);
      }
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
