/** Listening to the derived rules as they change: for a live controller. A batch compile never loads the view. */
import { RuleView } from "../datalog/view.ts";
import type { Admission } from "./admission.ts";
import type { DerivedChange } from "../derived/rule.ts";
import { COLUMNS } from "./state/derived-rules.ts";

/**
 * Calls back with the derived rules in force now, then with every change of them, until the returned function is
 * called.
 */
export function subscribe(admission: Admission, listener: (change: DerivedChange) => void): () => void {
  listener({ added: admission.derived.now, removed: [] });
  return subscribeToChanges(admission, listener);
}

/** The same without what is in force now. */
export const subscribeToChanges = (admission: Admission, listener: (change: DerivedChange) => void): (() => void) =>
  admission.derived.subscribe(listener, (rows) => new RuleView(COLUMNS, rows));
