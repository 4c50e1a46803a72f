/** What the loader tests call in the page. */
export { fetchFirstBytes, fetchParts } from "./page-fetch.ts";
export { loadFive, loadTwice, loadWith } from "./page-load.ts";
export { meetChildren } from "./page-children.ts";
export { playHeldOut } from "./page-hold-out.ts";
export { play, playBoth } from "./page-play.ts";
export { versionOf } from "./page-players.ts";
