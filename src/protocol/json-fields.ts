import { ProtocolError } from "./protocol-error.ts";

/** A JSON object from outside. "__proto__" and "toString" are names like any other: ask for own ones alone. */
export type Fields = Readonly<Record<string, unknown>>;

/** The object that a text from outside is, or a {@link ProtocolError}. */
export function parseFields(text: string, charsMax: number): Fields {
  if (text.length > charsMax)
    throw new ProtocolError("too-long", `a message must be at most ${String(charsMax)} characters`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // SyntaxError, or RangeError where the engine's parser recurses and the text is nested very deep.
    throw new ProtocolError("not-json", "a message must be JSON");
  }
  if (!isFields(value)) throw new ProtocolError("not-an-object", "a message must be a JSON object");
  return value;
}

export const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);
