/** What the loader tests call in the page. */
export { fetchFirstBytes, fetchParts } from "./page-fetch.ts";
export { loadWith } from "./page-load.ts";
export { play } from "./page-play.ts";
