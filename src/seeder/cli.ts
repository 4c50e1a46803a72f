/** The command `seeder`: its settings and its help. What it does is loaded when it is called. */
import type { Command } from "commander";
import { OptionError } from "../base/option-error.ts";
import { commandOf, settingsGiven } from "../settings/flags.ts";
import { playlistUrl, SEEDER_SETTINGS } from "./settings.ts";

/** What `hls-swarm seeder` takes. Its action rejects with an {@link OptionError} when a setting is wrong. */
export function seederCommand(): Command {
  const command = commandOf(SEEDER_SETTINGS)
    .summary("gives a stream to its viewers, from wherever bandwidth is cheap")
    .description("Fetches a stream once from its CDN and gives it to its viewers over WebRTC.")
    .usage("<playlist URL...> [options]")
    .argument("[playlist...]", "what viewers are given; several are the same stream at several upstreams")
    .addHelpText("after", HELP_AFTER);
  return command.action(async (given: readonly string[]) => {
    const settings = settingsGiven(command, SEEDER_SETTINGS);
    if (!settings) return;
    const playlists = given.length > 0 ? given.map(readPlaylist) : (settings.playlists ?? []);
    if (playlists.length === 0) throw new OptionError("name a playlist, like https://cdn.example.com/live/index.m3u8");
    const { runSeeder } = await import("./run.ts");
    await runSeeder({ ...settings, playlists });
  });
}

function readPlaylist(url: string): string {
  try {
    return playlistUrl.read([url]);
  } catch (error) {
    throw error instanceof OptionError ? new OptionError(`the playlist ${error.message}`) : error;
  }
}

const HELP_AFTER = `
Each setting is also a variable and a key of the file: --uplink-mbps, HLS_SWARM_UPLINK_MBPS, "uplinkMbps".
A flag counts more than a variable, a variable more than the file. A ticket is no flag: HLS_SWARM_TICKET.

SIGTERM or Ctrl-C says goodbye to its peers and ends it.

Example:
  hls-swarm seeder https://cdn.example.com/live/index.m3u8 --tracker wss://tracker.example.com --uplink-mbps 500`;
