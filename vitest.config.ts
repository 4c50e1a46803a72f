import { defineConfig } from "vitest/config";
import { slimSimplePeer } from "./scripts/slim-simple-peer.mjs";

/** Two projects: `npx vitest run --project unit` takes seconds; `integration` needs `npm run build` and a Chromium. */
export default defineConfig({
  plugins: [slimSimplePeer()],
  test: {
    // So that simple-peer passes through the plugin instead of being loaded by Node as published.
    server: { deps: { inline: ["simple-peer"] } },
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["{src,sim,testkit,bench,examples}/**/*.test.ts"],
          sequence: { groupOrder: 0 },
          // Stories of many viewers take a second on an idle machine, and several on a busy one.
          testTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: "integration",
          include: ["tests/**/*.test.ts"],
          // Browsers and swarms share two cores badly: one file at a time, and nothing beside it.
          fileParallelism: false,
          sequence: { groupOrder: 1 },
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
