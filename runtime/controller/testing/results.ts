/** For tests only: what the result of an apply says. */
import type { ApplyResult } from "../index.ts";

/** The diagnostics without the note that no database was reached: a fake switch, and a relay, has none. */
export const besidesDatabase = (result: ApplyResult): ApplyResult["diagnostics"] =>
  result.diagnostics.filter(({ code }) => code !== "N997");
