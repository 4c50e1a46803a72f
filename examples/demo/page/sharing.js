/** Says whether this viewer shares, and lets it change its mind. */
const WORDS = {
  granted: { says: "You share with other viewers.", offers: "Do not share" },
  denied: { says: "You do not share.", offers: "Share" },
  asked: { says: "You do not share yet.", offers: "" }, // the prompt does
};

export class Sharing {
  #text;
  #button;
  #consent;

  /** @param {import("hls-swarm").Swarm["consent"]} consent */
  constructor(text, button, consent) {
    [this.#text, this.#button, this.#consent] = [text, button, consent];
    button.addEventListener("click", () => {
      if (consent.state === "granted") consent.withdraw();
      else consent.grant();
      this.show();
    });
    button.parentElement.hidden = false;
  }

  show() {
    const { says, offers } = WORDS[this.#consent.state];
    if (this.#text.textContent !== says) this.#text.textContent = says;
    if (this.#button.textContent !== offers) this.#button.textContent = offers;
    this.#button.hidden = offers === "";
  }
}
