/** A text that is no HLS playlist, or one that cannot be followed. The message names the line. */
export class PlaylistError extends Error {
  override readonly name = "PlaylistError";

  /** `line` counts from 0, as texts are split. */
  constructor(line: number, message: string) {
    super(`line ${line + 1}: ${message}`);
  }
}
