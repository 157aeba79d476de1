/** For tests only: random lives of a table, in which rules come, and any of those that stand go. */
import fc from "fast-check";
import { keyOf } from "../../derived/rule-key.ts";
import type { DerivedChange, DerivedRule } from "../../derived/rule.ts";

/** A change before it is known which rules stand: of those that do, the ones that go are picked by number. */
interface Step {
  readonly added: readonly DerivedRule[];
  readonly removed: readonly number[];
}

/** Lives of a few changes. */
export const lives = (rules: fc.Arbitrary<DerivedRule>): fc.Arbitrary<readonly Step[]> =>
  fc.array(fc.record({ added: fc.array(rules, { maxLength: 3 }), removed: fc.array(fc.nat(), { maxLength: 2 }) }), {
    maxLength: 6,
  });

/** Each change of a life, and the rules that stand after it. Equal rules are one. */
export function* lived(
  steps: readonly Step[],
): Generator<{ readonly change: DerivedChange; readonly standing: readonly DerivedRule[] }> {
  let standing: readonly DerivedRule[] = [];
  for (const { added, removed } of steps) {
    const going = removed.flatMap((n) => (standing.length === 0 ? [] : [standing[n % standing.length]!]));
    const gone = new Set(going.map(keyOf));
    standing = [...standing.filter((rule) => !gone.has(keyOf(rule))), ...added];
    yield { change: { added, removed: going }, standing };
  }
}
