import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";
import { slimSimplePeer } from "./scripts/slim-simple-peer.mjs";

/** What takes longest begins first: begun last, it would keep one worker busy while the others are done. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification): number =>
      Number(/(matrix\/streams\/streams|matrix\/hls\/doors|loader\/loader)\.test/.test(moduleId));
    return (await super.sort(files)).sort((a, b) => isLong(b) - isLong(a));
  }
}

/** What has no browser in it, none that plays, or waits for one most of the time. */
const SERVERS = "tests/{lint,live,loader,package,seeder,streams,tracker,viewers}/**/*.test.ts";

/**
 * Four projects: `npx vitest run --project unit` takes a minute; `integration` and `servers` need `npm run build` and a
 * Chromium; `matrix` (every stream, player, browser and bundler) also what `scripts/setup.mjs --matrix` installs.
 */
export default defineConfig({
  plugins: [slimSimplePeer()],
  test: {
    // So that simple-peer passes through the plugin instead of being loaded by Node as published.
    server: { deps: { inline: ["simple-peer"] } },
    sequence: { sequencer: LongestFirst },
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
          exclude: ["**/node_modules/**", "tests/matrix/**", SERVERS],
          // Browsers and swarms share two cores badly: one file at a time, and nothing beside it.
          fileParallelism: false,
          sequence: { groupOrder: 1 },
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          name: "servers",
          include: [SERVERS],
          maxWorkers: 2,
          sequence: { groupOrder: 2 },
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          name: "matrix",
          include: ["tests/matrix/**/*.test.ts"],
          globalSetup: ["tests/matrix/compatibility-page.ts"],
          // Most of it is waiting for players: two at a time take little more than half as long. With three, those that
          // measure levels and latency would measure their neighbours.
          maxWorkers: 2,
          sequence: { groupOrder: 3 },
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
});
