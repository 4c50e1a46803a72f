/** What a tracker's operator says of where it stands among others, checked. */
import { OptionError } from "../../base/option-error.ts";
import { TRACKER_URL_PATTERN } from "../../protocol/tracker-codec.ts";
import type { TrackerSite } from "../core/tracker-list.ts";
import type { TrackerOptions } from "./options.ts";

/** Throws an {@link OptionError} that names the first URL that no viewer could open. */
export function siteOf({ publicUrl, region, otherTrackers = [] }: TrackerOptions): TrackerSite {
  if (publicUrl !== undefined) check("publicUrl", publicUrl);
  for (const { url } of otherTrackers) check("the url of another tracker", url);
  return { publicUrl, region, otherTrackers };
}

/** Throws an {@link OptionError} when it can be guessed. */
export function secretOf({ secret }: TrackerOptions): string | undefined {
  if (secret !== undefined && secret.length < SECRET_CHARS_MIN)
    throw new OptionError(`secret must have at least ${String(SECRET_CHARS_MIN)} characters`);
  return secret;
}

function check(name: string, url: string): void {
  if (!TRACKER_URL_PATTERN.test(url) || !URL.canParse(url))
    throw new OptionError(`${name} must look like wss://tracker.example.com, not "${url}"`);
}

/** Whoever knows it can take the place of any viewer. */
const SECRET_CHARS_MIN = 32;
