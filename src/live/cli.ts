/** The command `live`: its settings and its help. What it does is loaded when it is called. */
import type { Command } from "commander";
import { commandOf, settingsGiven } from "../settings/flags.ts";
import { LIVE_SETTINGS, withStandards } from "./settings.ts";

/** What `hls-swarm live` takes. Its action rejects with an {@link OptionError} when a setting is wrong. */
export function liveCommand(): Command {
  const command = commandOf(LIVE_SETTINGS)
    .summary("turns a camera, OBS, ffmpeg or a file into a live stream")
    .description("Turns a camera, OBS, ffmpeg or a file into a live HLS stream, and serves it.")
    .usage("[source] [options]")
    .argument("[source]", "a file, a folder that a packager fills, or - for standard input; none waits for publishers")
    .allowExcessArguments(false)
    .addHelpText("after", HELP_AFTER);
  return command.action(async (source: string | undefined) => {
    const settings = settingsGiven(command, LIVE_SETTINGS);
    if (!settings) return;
    const { runLive } = await import("./run.ts");
    await runLive(withStandards(settings), source);
  });
}

const HELP_AFTER = `
Each setting is also a variable and a key of the file: --rtmp-port, HLS_SWARM_RTMP_PORT, "rtmpPort".
A flag counts more than a variable, a variable more than the file. Secrets are no flags: HLS_SWARM_PUBLISH_KEY.

/healthz and /metrics are for machines, /status is for you. SIGTERM or Ctrl-C ends the streams, serves their end to the
players, and ends. A second one ends it at once. ffmpeg does the media work, and must be installed.

Examples:
  hls-swarm live film.mp4
  openssl rand -hex 24 > publish-key
  hls-swarm live --publish-key-file publish-key --rtmp-port 1935
  ffmpeg -i ... -c:v libx264 -g 60 -c:a aac -f mpegts "http://localhost:8090/publish/demo?key=$(cat publish-key)"`;
