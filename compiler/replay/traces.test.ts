/** The traces of this folder are tests of themselves: facts of the seed and lessons of the prototype, in our words. */
import { readdirSync, readFileSync } from "node:fs";
import test from "ava";
import { renderPretty } from "../diagnostics/render.ts";
import { replay, type Replay } from "./replay.ts";
import { RULES } from "../admission/testing/networks.ts";

const folder = new URL("traces/", import.meta.url);
const names = readdirSync(folder).sort();
const textOf = (name: string): string => readFileSync(new URL(name, folder), "utf8");

function run(name: string): Replay {
  const dialect = name === "prototype.pane" ? ({ dialect: "prototype" } as const) : {};
  return replay({ name, text: textOf(name) }, { rules: RULES, ...dialect });
}

for (const name of names) {
  test(`the trace ${name} gives the verdicts that it expects`, (t) => {
    const { steps, diagnostics } = run(name);
    t.deepEqual(
      diagnostics.filter(({ code }) => code === "E740").map((one) => renderPretty(one, { colour: false })),
      [],
    );
    t.true(steps.filter(({ asExpected }) => asExpected === true).length > 8);
    // Each line that expects a verdict is decided, or expects a rejection and is refused by the parser.
    const lineOf = (at: number): number => textOf(name).slice(0, at).split("\n").length;
    const decided = new Set(steps.map(({ statement }) => lineOf(statement.span.start)));
    const unread = new Set(
      diagnostics.flatMap(({ severity, span }) => (severity === "error" && span ? lineOf(span.start) : [])),
    );
    for (const [i, line] of textOf(name).split("\n").entries()) {
      if (!/^(?:True|False)\b/.test(line) || decided.has(i + 1)) continue;
      t.true(line.startsWith("False") && unread.has(i + 1), `${name}:${i + 1}: ${line}`);
    }
  });
}

/** Reasons that no statement of a trace can get. */
const ELSEWHERE = new Set([
  "contradictory", // refused by the parser, where it is written
  "empty-time", // the same
  "label-in-use", // the same
  "guard-denies", // rules of policies
  "guard-not-root",
  "undecided", // beyond the budget of the algebra
  "too-deep", // a hundred shares below each other: compiler/admission/deep-shares.test.ts
]);

test("every reason to reject a statement is shown by a trace", (t) => {
  const heads = RULES.flatMap(({ head }) => (head.relation === "reject" ? [head.terms[1]] : []));
  const reasons = new Set(heads.flatMap((term) => (term?.kind === "constant" ? [String(term.value)] : [])));
  t.true(reasons.size > 25);
  const shown = new Set(
    names.flatMap((name) =>
      run(name).steps.flatMap(({ verdict }) => (verdict.kind === "rejected" ? [verdict.certificate.code] : [])),
    ),
  );
  t.deepEqual(
    [...reasons].filter((reason) => !shown.has(reason) && !ELSEWHERE.has(reason)),
    [],
    "reasons that no trace of compiler/replay/traces shows: add the statement to refusals.pane",
  );
});
