/** The command line of the demo. */
import { parseArgs } from "node:util";

export const USAGE = `npm start: a live stream, a tracker, and a page that shows how viewers carry the stream.

Usage: npm start -- [options]

  --port <number>             of the page; CDN and tracker take the next ones      (8000)
  --host <address>            0.0.0.0 lets other devices of your network in        (127.0.0.1)
  --viewers <number>          headless viewers beside yours; needs a Chromium      (0)
  --node-viewers <number>     the same engines without a browser, many in a process
                                                        (0, 8 with a full topology)
  --topology <plain or full>  full: two seeders beside the CDN, and a log of who
                              got what from whom                               (plain)
  --bitrate <Mbit/s>          of the stream                                        (1.2)
  --segment-seconds <2 or 4>  length of a segment                                  (2)
  --help                      this text
`;

/**
 * @param {readonly string[]} args
 * @throws {TypeError} that says what is wrong, for a person
 */
export function readOptions(args) {
  const { values } = parseArgs({
    args: [...args],
    options: {
      port: { type: "string", default: "8000" },
      host: { type: "string", default: "127.0.0.1" },
      viewers: { type: "string", default: "0" },
      "node-viewers": { type: "string" },
      topology: { type: "string", default: "plain" },
      bitrate: { type: "string", default: "1.2" },
      "segment-seconds": { type: "string", default: "2" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  const segmentSeconds = readNumber("--segment-seconds", values["segment-seconds"], 2, 4);
  if (segmentSeconds !== 2 && segmentSeconds !== 4) throw new TypeError("--segment-seconds must be 2 or 4");
  const { topology } = values;
  if (topology !== "plain" && topology !== "full")
    throw new TypeError(`--topology must be plain or full, not "${topology}"`);
  const nodeViewers = values["node-viewers"] ?? (topology === "full" ? NODE_VIEWERS : "0");
  return {
    help: values.help,
    host: values.host,
    port: Math.floor(readNumber("--port", values.port, 0, 65_533)),
    viewers: Math.floor(readNumber("--viewers", values.viewers, 0, VIEWERS_MAX)),
    nodeViewers: Math.floor(readNumber("--node-viewers", nodeViewers, 0, NODE_VIEWERS_MAX)),
    hasSeeders: topology === "full",
    bitsPerSecond: 1e6 * readNumber("--bitrate", values.bitrate, MBIT_MIN, MBIT_MAX),
    segmentSeconds,
  };
}

/**
 * @param {string} name
 * @param {string} text
 * @param {number} min
 * @param {number} max
 */
function readNumber(name, text, min, max) {
  const value = Number(text);
  if (text.trim() === "" || !(value >= min && value <= max))
    throw new TypeError(`${name} must be a number from ${String(min)} to ${String(max)}, not "${text}"`);
  return value;
}

/** More than a laptop decodes at once. */
const VIEWERS_MAX = 20;
/** Enough for everybody to be linked with somebody else than you. */
const NODE_VIEWERS = "8";
/** More than can be told apart in the graph. */
const NODE_VIEWERS_MAX = 100;
/** What the pictures themselves need; filler brings the stream up to anything above. */
const MBIT_MIN = 0.5;
const MBIT_MAX = 20;
