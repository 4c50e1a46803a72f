/**
 * The load of nginx: clients that keep their connections and each get a segment whenever one would be made, as players
 * without a swarm do. A process of its own, until its parent goes. Asked anything, tells how many bytes have come.
 */
import { Agent, get } from "node:http";

const { url, clients, files, segmentSeconds } = JSON.parse(process.argv[2]);
process.on("disconnect", () => process.exit());
const agents = Array.from({ length: clients }, () => new Agent({ keepAlive: true, maxSockets: 1 }));
let receivedBytes = 0;
let round = 0;

function getAll() {
  for (const agent of agents)
    get(`${url}/${round % files}.m4s`, { agent }, (response) => {
      if (response.statusCode !== 200) throw new Error(`nginx answers ${response.statusCode}`);
      response.on("data", (bytes) => (receivedBytes += bytes.length));
    });
  round++;
}

getAll();
setInterval(getAll, segmentSeconds * 1000);
process.on("message", () => process.send(receivedBytes));
process.send("started");
