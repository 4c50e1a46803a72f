/** hls.js publishes no types for its light build, which is the same with parts left out. */
declare module "hls.js/light" {
  export { default } from "hls.js";
}
