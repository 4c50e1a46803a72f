import SimplePeer from "simple-peer";
import { assert } from "../../base/assert.ts";
import { FRAME_BYTES_MAX, SIGNAL_CHARS_MAX } from "../../protocol/limits.ts";
import { addPageHideTask, deletePageHideTask } from "./page-hide.ts";
import { hideAddresses } from "./peer-address.ts";
import type { OpenPeerLink, PeerLink, PeerLinkEvents, PeerLinkOptions } from "./peer-link.ts";
import {
  CANDIDATES_PER_SIGNAL_MAX,
  encodePeerSignal,
  parsePeerSignal,
  type PeerCandidate,
  type PeerSignal,
} from "./peer-signal.ts";

/** Where RTCPeerConnection comes from when it is no global: a WebRTC implementation for Node. */
export interface WebRtc {
  readonly RTCPeerConnection: unknown;
  readonly RTCSessionDescription: unknown;
  readonly RTCIceCandidate: unknown;
}

/**
 * Peer links over simple-peer: one ordered, reliable data channel each. Without `webRtc` the browser's own is used, and
 * where there is none every link closes at once. When the page goes away its links are closed, because a peer that is
 * not told notices only after 5 to 15 s. Addresses of private networks are told and tried where `lan`.
 */
export const createSimplePeerLinks =
  (webRtc?: WebRtc, lan = true): OpenPeerLink =>
  (options) =>
    new SimplePeerLink(options, webRtc, lan);

/** Peer links over the browser's WebRTC. */
export const openSimplePeerLink: OpenPeerLink = createSimplePeerLinks();

type Timer = ReturnType<typeof setTimeout>;

class SimplePeerLink implements PeerLink {
  readonly #initiator: boolean;
  readonly #events: PeerLinkEvents;
  readonly #lan: boolean;
  readonly #peer: TricklePeer;
  readonly #connectTimer: Timer;
  #phase: "connecting" | "open" | "closing" | "closed" = "connecting";
  #reason = "closed by the peer";
  #lingerTimer: Timer | undefined;
  #disconnectedTimer: Timer | undefined;
  /** Candidates of ours not yet sent. They wait for each other, and for their description. */
  #candidates: PeerCandidate[] = [];
  #candidatesTimer: Timer | undefined;
  #isDescribed = false;
  #isDescribedThere = false;
  #candidatesThere = 0;

  constructor({ initiator, rtc, connectTimeoutMs, events }: PeerLinkOptions, webRtc: WebRtc | undefined, lan: boolean) {
    this.#initiator = initiator;
    this.#lan = lan;
    this.#events = events;
    this.#peer = new TricklePeer({
      initiator,
      channelName: CHANNEL_NAME,
      // Said even when empty: simple-peer has servers of third parties to fall back to.
      config: { ...rtc, iceServers: rtc.iceServers ?? [] },
      ...(webRtc && { wrtc: webRtc }),
    });
    this.#peer.on("signal", (signal) => {
      if (signal.type === "candidate") this.#keepCandidate(signal.candidate);
      else this.#describe(signal);
    });
    this.#peer.on("_iceComplete", () => {
      this.#sendCandidates();
    });
    this.#peer.on("connect", () => {
      this.#handleOpen();
    });
    this.#peer.on("data", (message) => {
      this.#handleMessage(message);
    });
    this.#peer.on("iceStateChange", (state) => {
      this.#handleIceState(state);
    });
    this.#peer.on("error", (error) => {
      if (!this.#isEnding) this.#reason = error.message;
    });
    this.#peer.on("close", () => {
      this.#handleClosed();
    });
    this.#connectTimer = setTimeout(() => {
      this.#abort("connect timeout");
    }, connectTimeoutMs);
    addPageHideTask(this.#hide);
  }

  signal(text: string): void {
    if (this.#isEnding) return;
    try {
      this.#handleSignal(hideAddresses(parsePeerSignal(text), this.#lan));
    } catch (error) {
      this.#abort(`bad signal: ${messageOf(error)}`);
    }
  }

  send(frame: Uint8Array): void {
    assert(frame.byteLength <= FRAME_BYTES_MAX, "a frame is larger than FRAME_BYTES_MAX");
    if (this.#phase !== "open") return;
    try {
      this.#peer.send(frame);
    } catch (error) {
      // The channel is closing and its event is on the way, or 16 MiB are queued.
      this.#abort(messageOf(error));
    }
  }

  close(): void {
    if (this.#isEnding) return;
    const channel = this.#phase === "open" ? this.#peer._channel : null;
    if (!channel) {
      this.#abort("closed here");
      return;
    }
    this.#phase = "closing";
    this.#reason = "closed here";
    this.#lingerTimer = setTimeout(() => {
      this.#peer.destroy();
    }, LINGER_MS);
    // destroy() would throw away what is queued, a `bye` for instance, and so does closing a channel in Chromium. Once
    // nothing is queued, the end of the channel comes when the other side has it all (RFC 8831 section 6.7).
    if (channel.bufferedAmount === 0) {
      channel.close();
      return;
    }
    channel.bufferedAmountLowThreshold = 0;
    channel.onbufferedamountlow = () => {
      channel.close();
    };
  }

  /** Closes without waiting for what is queued. simple-peer says `close` in a microtask, so never re-entrantly. */
  #abort(reason: string): void {
    if (!this.#isEnding) {
      this.#phase = "closing";
      this.#reason = reason;
    }
    this.#peer.destroy();
  }

  readonly #hide = (): void => {
    this.#abort("page hidden");
  };

  get #isEnding(): boolean {
    return this.#phase === "closing" || this.#phase === "closed";
  }

  #handleSignal(signal: PeerSignal): void {
    if (signal.type === "candidates") {
      this.#candidatesThere += signal.candidates.length;
      if (this.#candidatesThere > CANDIDATES_MAX) throw new Error("too many candidates");
      for (const candidate of signal.candidates) this.#peer.signal({ candidate });
    } else {
      const expected = this.#initiator ? "answer" : "offer";
      if (signal.type !== expected || this.#isDescribedThere) throw new Error(`unexpected ${signal.type}`);
      this.#isDescribedThere = true;
      this.#peer.signal(signal);
    }
  }

  #describe(signal: PeerSignal): void {
    this.#isDescribed = true;
    this.#say(signal);
  }

  #keepCandidate(candidate: PeerCandidate): void {
    this.#candidates.push(candidate);
    this.#candidatesTimer ??= setTimeout(() => {
      this.#sendCandidates();
    }, CANDIDATES_WAIT_MS);
  }

  #sendCandidates(): void {
    clearTimeout(this.#candidatesTimer);
    this.#candidatesTimer = undefined;
    while (this.#isDescribed && this.#candidates.length > 0)
      this.#say({ type: "candidates", candidates: this.#candidates.splice(0, CANDIDATES_PER_SIGNAL_MAX) });
  }

  #say(signal: PeerSignal): void {
    const told = hideAddresses(signal, this.#lan);
    if (this.#isEnding || (told.type === "candidates" && told.candidates.length === 0)) return;
    const text = encodePeerSignal(told);
    if (text.length > SIGNAL_CHARS_MAX) this.#abort("own signal too long");
    else this.#events.signal(text);
  }

  #handleOpen(): void {
    if (this.#phase !== "connecting") return;
    this.#phase = "open";
    clearTimeout(this.#connectTimer);
    this.#events.open();
  }

  #handleMessage(message: Uint8Array | string): void {
    // The other side may be open, and send, before our own ICE agent says that it is connected.
    this.#handleOpen();
    if (this.#phase !== "open") return;
    if (typeof message === "string" || message.byteLength > FRAME_BYTES_MAX) this.#abort("not a frame");
    else this.#events.frame(message);
  }

  #handleIceState(state: RTCIceConnectionState): void {
    if (state === "disconnected") {
      this.#disconnectedTimer ??= setTimeout(() => {
        this.#abort("disconnected");
      }, DISCONNECTED_MS_MAX);
    } else {
      clearTimeout(this.#disconnectedTimer);
      this.#disconnectedTimer = undefined;
    }
  }

  #handleClosed(): void {
    this.#phase = "closed";
    for (const timer of [this.#connectTimer, this.#candidatesTimer, this.#disconnectedTimer, this.#lingerTimer])
      clearTimeout(timer);
    deletePageHideTask(this.#hide);
    this.#events.closed(this.#reason);
  }
}

/** simple-peer as we use it. The build leaves out what is overridden here: see `scripts/slim-simple-peer.mjs`. */
class TricklePeer extends SimplePeer {
  /** Would first ask for statistics, in a loop, to learn the addresses of the chosen candidates. Nobody needs them. */
  override _maybeReady(): void {
    if (this._connected || !this._pcReady || !this._channelReady) return;
    this._connected = true;
    this.emit("connect");
  }

  /** Would go by whether the other side may ask for another offer. There is one, and Chromium must not be asked at once. */
  override _needsNegotiation(): void {
    if (this.initiator)
      setTimeout(() => {
        this._createOffer();
      });
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const CHANNEL_NAME = "hls-swarm";

/** Host candidates come within a millisecond or two of each other; one message instead of several spares the tracker. */
const CANDIDATES_WAIT_MS = 30;

/** Candidates accepted from one peer. A machine with many interfaces, IPv6 privacy addresses and TURN has about 30. */
const CANDIDATES_MAX = 64;

/** ICE calls a path disconnected after 5 s of silence and failed after 15; a short loss of signal mends itself. */
const DISCONNECTED_MS_MAX = 4_000;

/** How long `close()` waits for what is queued: about one round trip across an ocean. */
const LINGER_MS = 250;
