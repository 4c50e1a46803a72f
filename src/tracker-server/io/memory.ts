import { totalmem } from "node:os";

/** Three quarters of what the container or the machine has: the rest is for the kernel's side of the sockets. */
export function memoryBytesOfMachine(): number {
  const container = process.constrainedMemory();
  return Math.floor(0.75 * Math.min(totalmem(), container > 0 ? container : Infinity));
}

/** Resident memory of this process. Linux tells it through a file: out of descriptors, what was last read stands. */
export function residentBytes(): number {
  try {
    lastBytes = process.memoryUsage.rss();
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EMFILE")) throw error;
  }
  return lastBytes;
}

let lastBytes = 0;
