import type { Plugin } from "rollup";
export declare function slimSimplePeer(): Plugin;
