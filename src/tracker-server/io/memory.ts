import { totalmem } from "node:os";

/** Three quarters of what the container or the machine has: the rest is for the kernel's side of the sockets. */
export function memoryBytesOfMachine(): number {
  const container = process.constrainedMemory();
  return Math.floor(0.75 * Math.min(totalmem(), container > 0 ? container : Infinity));
}
