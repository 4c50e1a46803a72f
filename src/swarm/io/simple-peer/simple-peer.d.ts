/** simple-peer 9 as `simple-peer-link.ts` uses it. Underscored members are private there but have not changed for years. */
declare module "simple-peer" {
  type Description = { readonly type: "offer" | "answer"; readonly sdp: string };
  type Candidate = {
    readonly candidate: string;
    readonly sdpMid: string | null;
    readonly sdpMLineIndex: number | null;
  };

  export default class SimplePeer {
    constructor(options: {
      readonly initiator: boolean;
      readonly config: RTCConfiguration;
      readonly channelName: string;
      readonly wrtc?: object;
    });
    on(event: "signal", listener: (signal: Description | { type: "candidate"; candidate: Candidate }) => void): this;
    on(event: "connect" | "close" | "_iceComplete", listener: () => void): this;
    on(event: "data", listener: (message: Uint8Array | string) => void): this;
    on(event: "iceStateChange", listener: (state: RTCIceConnectionState) => void): this;
    on(event: "error", listener: (error: Error) => void): this;
    signal(signal: Description | { readonly candidate: Candidate }): void;
    send(frame: Uint8Array): void;
    destroy(error?: Error): void;
    emit(event: "connect"): void;
    _maybeReady(): void;
    _needsNegotiation(): void;
    _createOffer(): void;
    readonly initiator: boolean;
    _connected: boolean;
    readonly _pcReady: boolean;
    readonly _channelReady: boolean;
    readonly _channel: RTCDataChannel | null;
  }
}
