/**
 * Asks a verifier of the site's own about segments that peers brought bytes of (`docs/protocol.md`, IN20 to IN22). Only a
 * clear yes is one: any other answer, a throw, a rejection and silence are a no. Keeps no bytes; decides nothing else.
 */
import type { Millis } from "../../base/time.ts";
import type { SegmentId } from "../../protocol/ids.ts";

/** What a verifier answers. */
export type Verification = { readonly ok: true } | { readonly ok: false; readonly reason: string };

export class Verifier {
  /** How to stop waiting. */
  readonly #waiting = new Map<SegmentId, () => void>();

  /** `told` hears why the segment is refused, or `undefined`, once and never at once. */
  ask(segment: SegmentId, question: () => unknown, told: (refusal: string | undefined) => void): void {
    const answer = (refusal: string | undefined): void => {
      if (this.#waiting.get(segment) !== stop) return;
      stop();
      told(refusal);
    };
    const timer = setTimeout(answer, VERIFY_MS_MAX, "it took longer than 2 s");
    const stop = (): void => {
      clearTimeout(timer);
      this.#waiting.delete(segment);
    };
    this.#waiting.set(segment, stop);
    void Promise.resolve()
      .then(question)
      .then(refusalIn)
      .catch((error: unknown) => (error instanceof Error ? error.message : "it threw"))
      .then(answer);
  }

  /** The bytes that were asked about are gone: whatever is answered. */
  forget(segment: SegmentId): void {
    this.#waiting.get(segment)?.();
  }

  close(): void {
    for (const stop of this.#waiting.values()) stop();
  }
}

/** It comes from the site's own code, which may be of any language and any age. */
function refusalIn(answer: unknown): string | undefined {
  if (typeof answer !== "object" || answer === null || !("ok" in answer)) return "no verdict";
  if (answer.ok === true) return undefined;
  return "reason" in answer && typeof answer.reason === "string" ? answer.reason : "no reason given";
}

/** Longer than any check of a few megabytes takes, and less than a player has in its buffer. */
const VERIFY_MS_MAX: Millis = 2000;
