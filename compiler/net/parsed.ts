/** The result of reading a value from text: the value, or one sentence on what is wrong with it and what to write. */

export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  /** `fault` starts in lower case and ends without a period; `fix` is text that would parse in this one's place. */
  | { readonly ok: false; readonly fault: string; readonly fix?: string };

/** A value that was read. */
export function good<T>(value: T): Parsed<T> {
  return { ok: true, value };
}

/** A text that was refused. */
export function bad(fault: string, fix?: string): Parsed<never> {
  return fix === undefined ? { ok: false, fault } : { ok: false, fault, fix };
}
