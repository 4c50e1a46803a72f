/** The slider that throttles the CDN for everybody, and what the CDN says of itself. */
/** Mbit/s for all viewers together; 0 is no limit. */
const STEPS = [0.5, 1, 1.5, 2, 3, 4, 6, 8, 12, 20, 0];
const REPORT_EVERY_MS = 2000;

export class CdnControl {
  #slider;
  #value;
  #url;

  /**
   * @param {string} url  of the CDN, without a slash at the end
   * @param {(report: { copies: number | null, throttleBitsPerSecond: number }) => void} onReport
   */
  constructor(slider, value, url, onReport) {
    this.#slider = slider;
    this.#value = value;
    this.#url = url;
    slider.max = String(STEPS.length - 1);
    this.#showStep(STEPS.length - 1);
    slider.addEventListener("input", () => this.#showStep(Number(slider.value)));
    slider.addEventListener("change", () => void this.#send(STEPS[Number(slider.value)] * 1e6));
    const ask = async () => {
      const response = await fetch(`${url}/report`).catch(() => undefined);
      if (!response?.ok) return;
      const report = await response.json();
      onReport(report);
      // Another viewer may have moved it; not while this one does.
      if (document.activeElement !== slider) this.#showRate(report.throttleBitsPerSecond);
    };
    void ask();
    setInterval(ask, REPORT_EVERY_MS);
  }

  async #send(bitsPerSecond) {
    await fetch(`${this.#url}/throttle`, { method: "POST", body: JSON.stringify({ bitsPerSecond }) }).catch(
      () => undefined,
    );
  }

  #showRate(bitsPerSecond) {
    const step = STEPS.findIndex((mbit) => mbit * 1e6 === bitsPerSecond);
    if (step >= 0) this.#showStep(step);
  }

  #showStep(step) {
    const text = STEPS[step] === 0 ? "unlimited" : `${String(STEPS[step])} Mbit/s`;
    this.#slider.value = String(step);
    this.#slider.setAttribute("aria-valuetext", text);
    this.#slider.style.setProperty("--share", String(step / (STEPS.length - 1)));
    this.#value.textContent = text;
  }
}
