import type { RequestListener } from "node:http";
import type { Socket } from "node:net";

/**
 * Answers one request of a connection at a time; whoever sends a second before it has the answer to the first is hung up
 * on. No browser and no proxy does that since HTTP/2, and 64 KiB of small requests that arrive together would be answered
 * in one turn of the event loop, a tenth of a second in which no signal is relayed.
 */
export function oneAtATime(answer: RequestListener, offended: (socket: Socket) => void): RequestListener {
  const unanswered = new WeakSet<Socket>();
  return (request, response) => {
    const { socket } = request;
    if (unanswered.has(socket)) {
      if (!socket.destroyed) offended(socket);
      socket.destroy();
      return;
    }
    unanswered.add(socket);
    response.once("finish", () => unanswered.delete(socket));
    answer(request, response);
  };
}
