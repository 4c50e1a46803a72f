/** Counts whatever a page could reach others by. */

export interface Openings {
  readonly sockets: readonly WebSocket[];
  readonly connections: readonly RTCPeerConnection[];
}

/** To be run in every frame before anything else, as `openings`. Its text goes there alone: it refers to nothing here. */
export function countOpenings(): void {
  const sockets: WebSocket[] = [];
  const connections: RTCPeerConnection[] = [];
  Object.assign(globalThis, {
    openings: { sockets, connections },
    WebSocket: class extends WebSocket {
      constructor(...args: ConstructorParameters<typeof WebSocket>) {
        super(...args);
        sockets.push(this);
      }
    },
    RTCPeerConnection: class extends RTCPeerConnection {
      constructor(...args: ConstructorParameters<typeof RTCPeerConnection>) {
        super(...args);
        connections.push(this);
      }
    },
  });
}
