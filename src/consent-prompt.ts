/**
 * What `import "hls-swarm/consent-prompt"` gives: a question to the viewer, and the answer. Knows nothing of the swarm, keeps
 * nothing, and blocks nothing: the player plays on behind it. Its looks follow the page's `color-scheme` and the system's
 * contrast; nothing in it moves.
 */

export interface ConsentPromptTexts {
  readonly title: string;
  readonly text: string;
  readonly yes: string;
  readonly no: string;
  readonly learnMore: string;
}

export interface ConsentPromptOptions {
  /** Where it stands, in the flow of the page. Default: at the foot of the window, above everything. */
  readonly container?: HTMLElement;
  /** Translations. Whatever is missing is English. */
  readonly texts?: Partial<ConsentPromptTexts>;
  /** Language of the texts, like `pt-BR`. Default: the page's; without `texts` English. */
  readonly lang?: string;
  /** Address of the page that says more. Default: no link. */
  readonly learnMoreUrl?: string;
}

/**
 * Asks; resolves with the answer, and never if the page takes the question away, which is as good as no. Escape is no. For
 * `consent` of `createSwarm`: `() => showConsentPrompt()`.
 */
export function showConsentPrompt(options: ConsentPromptOptions = {}): Promise<boolean> {
  const { container, texts, learnMoreUrl, lang = texts ? undefined : "en" } = options;
  const { title, text, yes, no, learnMore } = { ...ENGLISH, ...texts };
  const before = document.activeElement;
  const host = document.createElement("div");
  const root = host.attachShadow({ mode: "open" });
  // Made here and not written into the page: a policy without 'unsafe-inline' has nothing against it.
  const style = new CSSStyleSheet();
  style.replaceSync(container ? STYLE : STYLE + AT_THE_FOOT);
  root.adoptedStyleSheets = [style];

  const box = element("div", {
    role: "dialog",
    "aria-labelledby": "title",
    "aria-describedby": "text",
    tabindex: "-1",
  });
  if (lang !== undefined) box.lang = lang;
  box.dir = "auto";
  const words = element("p", { id: "text" }, text);
  if (learnMoreUrl !== undefined)
    words.append(" ", element("a", { href: learnMoreUrl, target: "_blank", rel: "noopener" }, learnMore));
  const [yesButton, noButton] = [yes, no].map((word) => element("button", { type: "button" }, word));
  const buttons = element("div", { id: "buttons" });
  buttons.append(yesButton ?? "", noButton ?? "");
  box.append(element("h2", { id: "title" }, title), words, buttons);
  root.append(box);
  (container ?? document.body).append(host);
  // The question is read out, and neither answer is a key press nearer than the other.
  box.focus();

  return new Promise((resolve) => {
    const answer = (isYes: boolean) => (): void => {
      const hadFocus = root.activeElement !== null;
      host.remove();
      if (hadFocus && before instanceof HTMLElement) before.focus();
      resolve(isYes);
    };
    yesButton?.addEventListener("click", answer(true));
    noButton?.addEventListener("click", answer(false));
    const refuse = answer(false);
    box.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation(); // not for the player's full screen as well
      refuse();
    });
  });
}

function element(name: string, attributes: Readonly<Record<string, string>>, text = ""): HTMLElement {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.textContent = text;
  return made;
}

const ENGLISH: ConsentPromptTexts = {
  title: "Share this video with other viewers?",
  text:
    "Other viewers, and anyone who joins, can see your IP address. Your connection will upload video to them. " +
    "The video plays either way.",
  yes: "Share",
  no: "Do not share",
  learnMore: "Learn more",
};

/** System colours turn with the page's scheme and with forced colours. 44 px: WCAG 2.2, 2.5.5. */
const STYLE = `
#title, #text { margin: 0 0 .75rem }
#title { font-size: 1.15em }
[role] { box-sizing: border-box; max-width: 34rem; margin: auto; padding: 1rem; border: 1px solid; border-radius: .75rem;
  background: Canvas; color: CanvasText; font: 1rem/1.45 system-ui, sans-serif; text-align: start; outline: 0 }
#buttons { display: flex; flex-wrap: wrap; gap: .75rem }
button { flex: 1 1 9rem; min-height: 44px; padding: .5em 1em; border: 1px solid; border-radius: .5rem;
  background: ButtonFace; color: ButtonText; font: inherit; font-weight: 600; cursor: pointer }
a { color: LinkText }
a:focus-visible, button:focus-visible { outline: 3px solid; outline-offset: 2px }
`;

/** The highest there is, to stand above whatever the page has. */
const AT_THE_FOOT = ":host { position: fixed; inset: auto 1rem 1rem; z-index: 2147483647 }";
