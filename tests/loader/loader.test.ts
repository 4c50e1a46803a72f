/** The loader in a real browser, with real hls.js, behind a server that does what servers do. */
import { describe } from "vitest";
import { proveContract } from "./contract.ts";
import { proveDoors } from "./doors.ts";
import { provePlayback } from "./play.ts";
import { proveRanges } from "./ranges.ts";
import { useStage } from "./stage.ts";

const stage = useStage();

describe("contract", () => {
  proveContract(stage, "1.7", ["swarm", "half"]);
});
describe("ranges", () => {
  proveRanges(stage);
});
describe("doors", () => {
  proveDoors(stage, "1.7", ["xhrSetup", "CMCD", "CMCD around"]);
});
describe("playback", () => {
  provePlayback(stage);
});
