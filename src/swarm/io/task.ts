/**
 * Runs something in a task of its own, as an answer of the network would. hls.js, answered before the task in which it
 * asked is over, takes what it appended before for not buffered. No timer: those of hidden tabs wait for a second.
 */
export function inTask(perform: () => void): void {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    port1.close();
    perform();
  };
  port2.postMessage(undefined);
}
