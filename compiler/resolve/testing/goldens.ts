/** A table of policy texts and what must come of them → one test each. */
import type { TestFn } from "ava";
import { resolveText, showDiagnostics, showFacts, showPolicies, showStatements } from "./show.ts";

/** A text, the files it reads, and what is compared: findings always, the rest where it is given. */
export interface Golden {
  readonly text: string;
  readonly files?: Readonly<Record<string, string>>;
  readonly finds?: readonly string[];
  readonly statements?: readonly string[];
  readonly policies?: readonly string[];
  readonly facts?: readonly string[];
}

export function goldens(test: TestFn, cases: Readonly<Record<string, Golden>>): void {
  for (const [name, { text, files = {}, finds = [], statements, policies, facts }] of Object.entries(cases)) {
    test(name, (t) => {
      const { model, diagnostics } = resolveText(text, files);
      t.deepEqual(showDiagnostics(diagnostics), finds);
      if (statements) t.deepEqual(showStatements(model), statements);
      if (policies) t.deepEqual(showPolicies(model), policies);
      if (facts) t.deepEqual(showFacts(model), facts);
    });
  }
}
