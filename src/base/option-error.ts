/** An option that cannot be. The message names it and says how it should be. */
export class OptionError extends TypeError {
  override readonly name = "OptionError";
}
