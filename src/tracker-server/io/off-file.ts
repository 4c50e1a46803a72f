/**
 * The file in which an operator names the streams that are switched off, a line each: `path:` with the path of the
 * playlist's URL, `content:` with the site's own name, a whole swarm id, or `*` for all. Lines that begin with `#` are
 * notes. A file that is not there switches nothing off.
 */
import { readFileSync } from "node:fs";
import { OptionError } from "../../base/option-error.ts";
import { SWARM_ID_PATTERN, swarmIdOf } from "../../protocol/ids.ts";
import { keyedSwarmId } from "../../ticket/issue.ts";
import { EVERY_STREAM } from "../core/off-switch.ts";

/**
 * The swarm ids, and perhaps `*`. Throws an {@link OptionError} that names the line which is none of these. A content has an
 * id more for each secret that tickets are signed with (TI7): its viewers are in that one.
 */
export function readOffFile(file: string, ticketSecrets: readonly string[] = []): readonly string[] {
  return textOf(file)
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"))
    .flatMap((line) => {
      const [, kind, name = ""] = /^(path|content):(.+)/.exec(line) ?? [];
      if (kind === "path") return swarmIdOf(line);
      if (kind === "content")
        return [swarmIdOf(line), ...ticketSecrets.map((secret) => keyedSwarmId({ secret }, name))];
      if (line === EVERY_STREAM || SWARM_ID_PATTERN.test(line)) return line;
      throw new OptionError(
        `"${line}" in ${file} must be * or like path:/live/index.m3u8, content:my-event or a swarm id`,
      );
    });
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return "";
    throw new OptionError(`--off-file ${file} cannot be read: ${String(error)}`);
  }
}
