/**
 * What the viewer has said to taking part: asked once, kept for as long as the page lives, remembered by nobody. Opens
 * and closes nothing itself.
 */

/** Said beforehand, or by whoever asks the viewer. `ask`: by nobody until the page calls `grant()`. */
export type Consent = "granted" | "denied" | "ask" | (() => boolean | Promise<boolean>);

export type ConsentState = "granted" | "denied" | "asked";

/** Both ways work at any moment of a session; the player plays on. */
export interface SwarmConsent {
  /** `asked` until there is an answer: as good as `denied`. */
  readonly state: ConsentState;
  /** Joins, in the middle of playback if need be. */
  grant(): void;
  /** Closes every link and the tracker's socket; nothing is uploaded any more. */
  withdraw(): void;
}

export class ViewerConsent implements SwarmConsent {
  #state: ConsentState;
  #question: (() => boolean | Promise<boolean>) | undefined;
  readonly #changed: () => void;

  constructor(consent: Consent = isEmbedded() ? "denied" : "granted", changed: () => void) {
    this.#changed = changed;
    this.#state = consent === "granted" || consent === "denied" ? consent : "asked";
    if (typeof consent === "function") this.#question = consent;
  }

  get state(): ConsentState {
    return this.#state;
  }

  grant(): void {
    this.#decide("granted");
  }

  withdraw(): void {
    this.#decide("denied");
  }

  /** To be called when there is something to take part in. What the page says meanwhile counts more than a late answer. */
  ask(): void {
    const question = this.#question;
    this.#question = undefined;
    if (!question || this.#state !== "asked") return;
    const answer = (yes: unknown): void => {
      // Anything but `true` is no, so that a page that forgets to return its answer connects nobody.
      if (this.#state === "asked") this.#decide(yes === true ? "granted" : "denied");
    };
    void (async () => question())().then(answer, answer);
  }

  #decide(state: ConsentState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.#changed();
  }
}

/** Within a page of another origin, whose notice to its viewers need not speak of us. A sandboxed one is of no origin. */
function isEmbedded(): boolean {
  if (typeof window === "undefined") return false;
  try {
    for (let page: Window = window; page !== page.parent; page = page.parent)
      if (page.parent.origin !== origin) return true;
    return false;
  } catch {
    return true; // what another origin's window says when it is asked
  }
}
