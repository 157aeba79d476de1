/** A match that many statements share settles, as they come and go, to what all that are left settle to at once. */
import test from "ava";
import fc from "fast-check";
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
