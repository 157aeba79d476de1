/** The reasons by which `policies/pane.fml` rejects are those that have a diagnostic. */
import { readFileSync } from "node:fs";
import test from "ava";
import { parse } from "../syntax/parse.ts";
import { toDatalog } from "../fml/rules.ts";
import { REASONS } from "./reasons.ts";

const text = readFileSync(new URL("../../policies/pane.fml", import.meta.url), "utf8");

/** What the shipped rules give as the second term of `reject`. */
const given = new Set(
  parse({ name: "pane.fml", text })
    .file.statements.flatMap((one) => (one.kind === "rule" ? toDatalog(one.rule).rules : []))
    .filter(({ head }) => head.relation === "reject")
    .flatMap(({ head: { terms } }) => terms.slice(1).flatMap((term) => (term.kind === "constant" ? [term.value] : []))),
);

/** Reasons that no shipped rule gives: a network's own words, and what the rest of a failed transaction gets, a budget. */
const NOT_BY_RULE: readonly string[] = [
  "own-rule",
  "transaction",
  "too-many-pieces",
  "too-many-conflicts",
  "too-costly",
];

test("every reason of policies/pane.fml has its diagnostic", (t) => {
  t.deepEqual(
    [...given].filter((reason) => !Object.hasOwn(REASONS, reason)),
    [],
    "add it to REASONS of compiler/certificates/reasons.ts, among its causes, with a code of codes/admission.ts",
  );
});

test("every reason that has a diagnostic is given by a rule of policies/pane.fml", (t) => {
  t.deepEqual(
    Object.keys(REASONS).filter((reason) => !given.has(reason) && !NOT_BY_RULE.includes(reason)),
    [],
  );
  t.true(given.size > 20);
});
