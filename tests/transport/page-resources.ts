/** Counts what a page holds that must be given back: connections, timers, `pagehide` listeners. */
export interface Resources {
  readonly connectionsMade: number;
  readonly connectionsOpen: number;
  readonly timers: number;
  readonly pageHideListeners: number;
}

/** Starts counting. Replaces the page's own functions for good: meant for a page that is thrown away. */
export function watchResources(): { whatIsLeft(): Promise<Resources> } {
  const connections: RTCPeerConnection[] = [];
  globalThis.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(configuration?: RTCConfiguration) {
      super(configuration);
      connections.push(this);
    }
  };

  const timers = new Set<unknown>();
  const { setTimeout, setInterval, clearTimeout, clearInterval } = globalThis;
  replace("setTimeout", (task: () => void, ms?: number) => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      task();
    }, ms);
    timers.add(timer);
    return timer;
  });
  replace("setInterval", (task: () => void, ms?: number) => {
    const timer = setInterval(task, ms);
    timers.add(timer);
    return timer;
  });
  for (const [name, clear] of [
    ["clearTimeout", clearTimeout],
    ["clearInterval", clearInterval],
  ] as const)
    replace(name, (timer?: number) => {
      timers.delete(timer);
      clear(timer);
    });

  let pageHideListeners = 0;
  const { addEventListener, removeEventListener } = globalThis;
  replace("addEventListener", (type: string, listener: EventListener) => {
    if (type === "pagehide") pageHideListeners++;
    addEventListener(type, listener);
  });
  replace("removeEventListener", (type: string, listener: EventListener) => {
    if (type === "pagehide") pageHideListeners--;
    removeEventListener(type, listener);
  });

  return {
    whatIsLeft: () =>
      new Promise((resolve) => {
        // Timers of zero milliseconds may still be on their way.
        setTimeout(() => {
          resolve({
            connectionsMade: connections.length,
            connectionsOpen: connections.filter(({ connectionState }) => connectionState !== "closed").length,
            timers: timers.size,
            pageHideListeners,
          });
        }, 100);
      }),
  };
}

const replace = (name: string, value: unknown): void => void Object.defineProperty(globalThis, name, { value });
