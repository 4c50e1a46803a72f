/**
 * One end of a UDP conversation, for a process in a network of its own: `udp-peer.mjs OPTIONS`.
 * Without a peer it sends back what it gets. With one it answers a question: it sends numbered packets to its peer, all
 * at once, and after a while tells when which one came back.
 */
import { createSocket } from "node:dgram";

const { peer, packets, packetBytes, listenMs } = JSON.parse(process.argv[2]);
const PORT = 4000;
const socket = createSocket("udp4");
const arrivals = [];
let sentAt = 0;

socket.on("message", (message, from) => {
  if (peer === undefined) socket.send(message, PORT, from.address);
  else arrivals.push({ number: message.readUInt32BE(0), ms: performance.now() - sentAt });
});
socket.bind(PORT, () => {
  process.on("message", () => {
    if (peer === undefined) return process.send("echoing");
    sentAt = performance.now();
    for (let number = 0; number < packets; number++) {
      const message = Buffer.alloc(packetBytes);
      message.writeUInt32BE(number, 0);
      socket.send(message, PORT, peer);
    }
    setTimeout(() => process.send(arrivals), listenMs);
  });
});
process.on("disconnect", () => process.exit());
