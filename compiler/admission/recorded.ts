/**
 * An accepted statement as a log keeps it, and as it is carried out again: with what was granted then, never decided a
 * second time. The same statements could be granted something else by other rules.
 */
import type { Statement } from "../model/model.ts";
import type { Grant, Verdict } from "../certificates/verdict.ts";
import type { World } from "./state/world.ts";

/** One accepted statement of the past. */
export interface Recorded {
  readonly statement: Statement;
  /** The identity under which it was accepted: its own, or a twin's. */
  readonly id: string;
  /** The clock of the decision, in Unix seconds. */
  readonly at: number;
  /** What was granted, of a request. */
  readonly grant: Pick<Grant, "pieces" | "rate">;
}

/** What is to be recorded of a verdict; undefined: nothing, for a rejection changes nothing. */
export function recordOf(statement: Statement, id: string, at: number, verdict: Verdict): Recorded | undefined {
  if (verdict.kind === "rejected") return undefined;
  const { pieces, rate } = verdict;
  return { statement, id, at, grant: { pieces, ...(rate !== undefined && { rate }) } };
}

/** Why a recorded statement cannot be carried out here, as a clause; undefined: it can. Only another past makes it so. */
export function misfit({ statement: { demand }, id }: Recorded, { tree, accepted }: World): string | undefined {
  const missing = (name: string): string | undefined =>
    tree.get(name) === undefined ? `there is no share \`${name}\`` : undefined;
  switch (demand.kind) {
    case "NewShare":
      return missing(demand.parent) ?? (tree.get(demand.share) && `share \`${demand.share}\` is there already`);
    case "RemoveShare":
    case "Grant":
    case "GrantDefault":
    case "Revoke":
      return missing(demand.share);
    case "request":
      return missing(demand.share) ?? (accepted.get(id) && `request \`${id}\` is there already`);
    case "Cancel":
      return accepted.get(demand.request) === undefined ? `there is no request \`${demand.request}\`` : undefined;
    case "AddUser":
    case "RemoveUser":
    case "Tick":
    case "query":
      return undefined;
  }
}
