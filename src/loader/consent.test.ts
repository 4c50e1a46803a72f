import { afterEach, describe, expect, test, vi } from "vitest";
import { ViewerConsent, type Consent } from "./consent.ts";

function create(consent?: Consent): { readonly consent: ViewerConsent; readonly changes: string[] } {
  const changes: string[] = [];
  const made: ViewerConsent = new ViewerConsent(consent, () => changes.push(made.state));
  return { consent: made, changes };
}
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

describe("[CO3] a function's answer", () => {
  const answers: readonly [string, () => unknown, "granted" | "denied"][] = [
    ["true", () => true, "granted"],
    ["a promise of true", () => Promise.resolve(true), "granted"],
    ["false", () => false, "denied"],
    ["a promise of false", () => Promise.resolve(false), "denied"],
    ["nothing", () => undefined, "denied"],
    ["a word", () => "granted", "denied"],
    ["1", () => 1, "denied"],
    [
      "a throw",
      () => {
        throw new Error("no");
      },
      "denied",
    ],
    ["a rejection", () => Promise.reject(new Error("no")), "denied"],
  ];

  test.each(answers)("%s", async (_, ask, state) => {
    const { consent, changes } = create(ask as () => boolean);
    expect(consent.state).toBe("asked");
    consent.ask();
    await settled();
    expect(consent.state).toBe(state);
    expect(changes).toEqual([state]);
  });

  test("that never comes leaves it asked, which is no", async () => {
    const { consent } = create(() => new Promise(() => undefined));
    consent.ask();
    await settled();
    expect(consent.state).toBe("asked");
  });

  test("that comes after the page has said something does not count", async () => {
    const { consent, changes } = create(() => Promise.resolve(true));
    consent.ask();
    consent.withdraw();
    await settled();
    expect(changes).toEqual(["denied"]);
  });

  test("is not asked for once the page has said something", async () => {
    let asked = 0;
    const { consent } = create(() => ++asked > 0);
    consent.grant();
    consent.ask();
    await settled();
    expect([consent.state, asked]).toEqual(["granted", 0]);
  });
});

describe("[CO2] [T11] without an option it is", () => {
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  /** A page within others, the outermost first; `undefined` is a window that says nothing to other origins. */
  function stand(...origins: readonly (string | undefined)[]): void {
    let parent: Record<string, unknown> | undefined;
    for (const origin of origins) {
      const page: Record<string, unknown> = Object.defineProperty({}, "origin", {
        get() {
          if (origin === undefined) throw new DOMException("blocked a frame", "SecurityError");
          return origin;
        },
      });
      page["parent"] = parent ?? page;
      parent = page;
    }
    vi.stubGlobal("window", parent);
    vi.stubGlobal("origin", origins.at(-1));
  }
  const SITE = "https://site.example";

  test.each([
    ["granted", "in a page of its own", [SITE]],
    ["granted", "in frames of the same site", [SITE, SITE, SITE]],
    ["denied", "in another site's page", [undefined, SITE]],
    ["denied", "in another site's page within one of ours", [SITE, undefined, SITE]],
    ["denied", "in a sandbox, which has no origin", [SITE, "null"]],
  ] as const)("%s %s", (state, _, origins) => {
    stand(...origins);
    expect(create().consent.state).toBe(state);
    expect(create("granted").consent.state).toBe("granted");
    expect(create(() => true).consent.state).toBe("asked");
  });

  test("granted where there are no windows", () => {
    expect(create().consent.state).toBe("granted");
  });
});
