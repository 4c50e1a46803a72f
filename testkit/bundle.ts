import { fileURLToPath } from "node:url";
import nodeResolve from "@rollup/plugin-node-resolve";
import { rollup } from "rollup";
import esbuild from "rollup-plugin-esbuild";
import { slimSimplePeer } from "../scripts/slim-simple-peer.mjs";

/** A script that puts the exports of `entry` into a page, as the global `name`: built as the product is. */
export async function bundleForPage(entry: URL, name: string): Promise<string> {
  const build = await rollup({
    input: fileURLToPath(entry),
    plugins: [
      slimSimplePeer(),
      nodeResolve({ browser: true, extensions: [".ts", ".js"] }),
      esbuild({ target: "es2022", tsconfig: false }),
    ],
  });
  const { output } = await build.generate({ format: "iife", name });
  await build.close();
  return output[0].code;
}
