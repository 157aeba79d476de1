/** What all statements together come to: counted, refused at the statement that finds no room, and tried again when others leave. */
import test from "ava";
import { compileFile, NOW } from "../admission/testing/networks.ts";
import type { DerivedRule } from "../derived/rule.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { isOverBudget } from "../report/diagnostics.ts";
import { toOvs } from "../table/text.ts";
import { LiveTable, lower, type LowerContext } from "./index.ts";

const DENIES = Array.from({ length: 6 }, (_, i) => `@d${i} deny(srcHost=10.0.0.${i}) on rootShare.`);
const SWITCHES = "switch(s1, 1). switch(s2, 2). switch(s3, 3).";

interface Read {
  readonly rules: readonly DerivedRule[];
  readonly context: Omit<LowerContext, "drafts">;
}

function read(text: string): Read {
  const { model, admission } = compileFile(text);
  const { directory, defaults } = model;
  return { rules: admission.derived.active(NOW), context: { directory, defaults, target: "ovs", now: NOW } };
}

const errorsOf = (diagnostics: readonly Diagnostic[]): readonly Diagnostic[] =>
  diagnostics.filter(({ severity }) => severity === "error");

test("as many entries as the budget are taken; one less, and the statement that finds no room is named, once", (t) => {
  for (const [facts, cost] of [
    ["", 6],
    // Two more switches that have the same entries count for a half each.
    [SWITCHES, 12],
  ] as const) {
    const { rules, context } = read(`default allow. ${facts}\n${DENIES.join("\n")}`);
    const asked: string[] = [];
    const spanOf = (statement: string): undefined => void asked.push(statement);
    t.deepEqual(errorsOf(lower(rules, { ...context, spanOf, drafts: cost }).diagnostics), []);
    const errors = errorsOf(lower(rules, { ...context, spanOf, drafts: cost - 1 }).diagnostics);
    t.deepEqual(
      errors.map(({ code }) => code),
      ["E848"],
    );
    t.true(isOverBudget(errors[0]!));
    t.true(asked.every((statement) => statement === rules.at(-1)!.statement) && asked.length > 0);
  }
});

test("one more statement than the budget holds moves no entry of the others, and is taken once there is room", (t) => {
  const { rules, context } = read(`default allow. ${SWITCHES}\n${DENIES.join("\n")}`);
  const table = new LiveTable({ ...context, drafts: 10 });
  const dump = (): readonly string[] => [...table.tables().values()].map((one) => toOvs(one));
  const five = rules.slice(0, 5);
  table.load(five);
  t.deepEqual(errorsOf(table.diagnostics()), []);
  const before = dump();
  t.is(table.apply({ added: [rules[5]!], removed: [] }).size, 0);
  t.is(errorsOf(table.diagnostics())[0]!.code, "E848");
  t.deepEqual(dump(), before);
  table.apply({ added: [], removed: [rules[0]!] });
  t.deepEqual(errorsOf(table.diagnostics()), []);
  t.deepEqual(
    dump(),
    [...lower(rules.slice(1), context).tables.values()].map((one) => toOvs(one)),
  );
});

test("tables that were over the budget when they were made are those of the rules that are left", (t) => {
  const { rules, context } = read(`default allow. ${SWITCHES}\n${DENIES.join("\n")}`);
  const table = new LiveTable({ ...context, drafts: 10 });
  table.load(rules);
  t.is(errorsOf(table.diagnostics())[0]!.code, "E848");
  table.apply({ added: [], removed: rules.slice(4) });
  t.deepEqual(errorsOf(table.diagnostics()), []);
  const dumps = (tables: ReturnType<LiveTable["tables"]>) => [...tables.values()].map((one) => toOvs(one));
  t.deepEqual(dumps(table.tables()), dumps(lower(rules.slice(0, 4), context).tables));
});
