/** What was wrong with a message. Counted by code, so the list stays short. */
export type ProtocolErrorCode =
  | "not-json"
  | "not-an-object"
  | "too-long"
  | "unknown-type"
  | "missing-field"
  | "bad-field"
  | "truncated"
  | "trailing-bytes"
  | "bad-version";

/** A remote broke the protocol. `field` names what was wrong, `message` says how it should have been. */
export class ProtocolError extends Error {
  override readonly name = "ProtocolError";
  readonly code: ProtocolErrorCode;
  readonly field: string | undefined;
  constructor(code: ProtocolErrorCode, message: string, field?: string) {
    super(message);
    this.code = code;
    this.field = field;
  }
}

/** An error in what one viewer sends another: nobody reads such by hand, the code and the field say enough. */
export const broken = (code: ProtocolErrorCode, field: string): ProtocolError =>
  new ProtocolError(code, `${code}: ${field}`, field);

/** The error for a field that was read and is not what it has to be. */
export const badField = (field: string): ProtocolError => broken("bad-field", field);
