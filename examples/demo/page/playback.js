/** What the viewer feels: how long the start took, how often and how long the picture stood still. */
export class Playback {
  state = "starting";
  startupMs = undefined;
  stalls = 0;
  #stalledMs = 0;
  #stalledAt = undefined;
  #startedAt = performance.now();

  constructor(video) {
    video.addEventListener("playing", () => this.#play());
    // A hidden tab's muted video is paused by the browser, and seeking waits by nature: neither is a stall.
    video.addEventListener("waiting", () => {
      if (this.state === "playing" && !video.seeking && !document.hidden) this.#stall();
    });
    video.addEventListener("pause", () => {
      this.#resume();
      if (this.state !== "starting") this.state = "paused";
    });
  }

  get stalledMs() {
    return this.#stalledMs + (this.#stalledAt === undefined ? 0 : performance.now() - this.#stalledAt);
  }

  #play() {
    this.startupMs ??= performance.now() - this.#startedAt;
    this.#resume();
    this.state = "playing";
  }

  #stall() {
    this.state = "stalled";
    this.stalls++;
    this.#stalledAt = performance.now();
  }

  #resume() {
    if (this.#stalledAt === undefined) return;
    this.#stalledMs += performance.now() - this.#stalledAt;
    this.#stalledAt = undefined;
  }
}
