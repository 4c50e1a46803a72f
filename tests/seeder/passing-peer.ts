/** Peers that call a seeder over WebSocket, take something or nothing, and go again, each in its way. */
import { WebSocket } from "ws";
import type { TrackId, ViewerId } from "../../src/protocol/ids.ts";
import { decodePeerMessage, encodePeerMessage } from "../../src/protocol/peer-codec.ts";
import type { PeerMessage } from "../../src/protocol/peer-message.ts";
import { PROTOCOL_VERSION, PROTOCOL_VERSION_MIN } from "../../src/protocol/version.ts";

/** How a peer goes. */
export const WAYS_TO_GO = [
  "says bye, with what it asked for",
  "hangs up in the middle of a chunk",
  "is gone in the middle of a chunk",
  "breaks the protocol",
  "never says hello",
] as const;

export type WayToGo = (typeof WAYS_TO_GO)[number];

/** Resolves when its socket is closed, with the bytes of segments that it got. */
export function passBy(url: string, track: TrackId, viewer: ViewerId, way: WayToGo): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(url, { perMessageDeflate: false });
    let received = 0;
    const say = (message: PeerMessage): void => {
      socket.send(encodePeerMessage(message));
    };
    const hear = (message: PeerMessage | undefined): void => {
      if (message?.type === "have") {
        const [newest] = message.segments.filter(({ bitmap }) => !bitmap).slice(-1);
        if (newest) say({ type: "request", slot: SLOT, segment: newest.segment, chunks: CHUNKS, dueInMs: 5000 });
      } else if (message?.type === "chunk") {
        received += message.payload.byteLength;
        const isWhole = message.offset + message.payload.byteLength === message.chunkBytes;
        if (way === "hangs up in the middle of a chunk") socket.close();
        else if (way === "is gone in the middle of a chunk") socket.terminate();
        else if (way === "breaks the protocol") socket.send(Uint8Array.of(0));
        else if (isWhole) say({ type: "received", bytes: received });
        if (!isWhole || message.chunk !== CHUNKS.at(-1)) return;
        say({ type: "bye", reason: "leaving" });
        socket.close();
      }
    };
    socket.on("open", () => {
      if (way === "never says hello") socket.terminate();
      else {
        const versions = { version: PROTOCOL_VERSION, versionMin: PROTOCOL_VERSION_MIN };
        say({ type: "hello", ...versions, viewer, uplink: 0, seeder: false });
        say({ type: "track", slot: SLOT, track, following: true });
      }
    });
    socket.on("message", (frame: Buffer) => {
      if (socket.readyState === WebSocket.OPEN) hear(decodePeerMessage(frame));
    });
    socket.on("error", reject);
    socket.on("close", () => {
      resolve(received);
    });
  });
}

const SLOT = 0;
/** Of each segment there are more. */
const CHUNKS = [0, 1];
