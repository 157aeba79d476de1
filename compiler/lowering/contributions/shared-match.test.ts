/** A match that many statements share settles, as they come and go, to what all that are left settle to at once. */
import test from "ava";
import fc from "fast-check";
import { compileFile, NOW } from "../../admission/testing/networks.ts";
import { toOvs } from "../../table/text.ts";
import { LiveTable, lower } from "../index.ts";
import { settle, type Contribution } from "./contribution.ts";
import { SharedMatch } from "./shared-match.ts";

const contribution = fc
  .record({
    statement: fc.constantFrom("a", "b", "c", "d"),
    number: fc.option(fc.nat(2), { nil: undefined }),
    end: fc.constantFrom(1, 2, 3, Infinity),
    priority: fc.constantFrom(4, 4, 4, 5),
    clause: fc.option(fc.constant({ id: 1, clause: 1, clauses: 2 }), { nil: undefined, freq: 8 }),
  })
  .map(({ clause, ...one }): Contribution => {
    const { number, statement } = one;
    // What two contributions of one statement and number do is the same.
    const effect = (statement.charCodeAt(0) + (number ?? 0)) % 2 === 0 ? "allow" : "deny";
    return { stage: "Admission", match: [], key: "", effect, clauses: [], ...one, ...(clause && { clause }) };
  });

test("a shared match settles as a list of the same contributions does, whoever came and went", (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(
        fc.array(contribution, { minLength: 2, maxLength: 12 }),
        fc.array(contribution, { maxLength: 12 }),
        fc.array(fc.nat(30), { maxLength: 12 }),
        (first, more, leave) => {
          const shared = new SharedMatch(first);
          let list: readonly Contribution[] = first;
          for (const one of more) {
            shared.add(one);
            list = [...list, one];
          }
          for (const at of leave) {
            const gone = list[at];
            if (gone === undefined || list.length === 2) continue;
            shared.remove(gone);
            list = list.filter((one) => one !== gone);
          }
          const [found, right] = [shared.settle(), settle(list)].map((some) => JSON.stringify(some.map(readable)));
          if (found !== right) throw new Error(`${found} is not ${right}`);
        },
      ),
      { seed: 62, numRuns: 3_000 },
    ),
  );
});

/** JSON knows no Infinity. */
const readable = (one: object): object =>
  Object.fromEntries(
    Object.entries(one).map(([name, value]) => [name, value === Infinity ? "never" : (value as unknown)]),
  );

test("a table whose denies share the entry of their fragments is, as they come and go, that of those that are left", (t) => {
  const denies = Array.from(
    { length: 100 },
    (_, i) =>
      `@d${(i * 37) % 100} deny(transport=TCP, dstPort=${i + 1}) on rootShare to +${1_000 + ((i * 61) % 100)}s.`,
  );
  const { model, admission } = compileFile(`default allow.\n${denies.join("\n")}`);
  const { directory, defaults } = model;
  const context = { directory, defaults, target: "ovs" as const, now: NOW };
  const rules = admission.derived.active(NOW);
  const dump = (tables: ReturnType<LiveTable["tables"]>) => [...tables.values()].map((one) => toOvs(one));
  const table = new LiveTable(context);
  table.load(rules);
  for (const [at, rule] of rules.entries()) {
    table.apply({ added: [], removed: [rule] });
    if (at % 25 === 7) t.deepEqual(dump(table.tables()), dump(lower(rules.slice(at + 1), context).tables));
    if (at % 3 === 0) continue;
    table.apply({ added: [rule], removed: [] });
    table.apply({ added: [], removed: [rule] });
  }
  // Some 14,000 are read while fewer than 64 stand; all, each time, would be 35,000.
  t.true(table.compared() < 20_000);
});
