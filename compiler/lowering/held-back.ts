/**
 * What tables do not follow, since with it none could be made: statements that have begun and are held back, and rules that
 * have ended and stay. Tables without the steering that stands would let packets past every waypoint.
 */
import { keyOf } from "../derived/rule-key.ts";
import { steers, type DerivedChange, type DerivedRule } from "../derived/rule.ts";

type Rules = ReadonlyMap<string, DerivedRule>;

export class HeldBack {
  /** Statement → its rules that are in force and in no table, by their keys. One without rules has gone since. */
  readonly #rules = new Map<string, Map<string, DerivedRule>>();
  /** What has ended and is in the tables yet: as it was, by its key, and as it stays. */
  readonly #kept = new Map<string, DerivedRule>();
  /** Those that are to be tried again, each by itself. */
  #due = new Set<string>();
  /** Whether something has gone since all together was tried. */
  #isWholeDue = false;

  /** The statements that are in force and not, or not wholly, in the tables. */
  get statements(): readonly string[] {
    return [...this.#rules].flatMap(([statement, { size }]) => (size > 0 ? [statement] : []));
  }

  /** Whether the tables are those of all that is in force. */
  get isEmpty(): boolean {
    return this.#rules.size + this.#kept.size === 0;
  }

  /** A change of what is in force → that of the tables. */
  through({ added, removed }: DerivedChange): DerivedChange {
    if (this.isEmpty) return { added, removed };
    const change = {
      removed: removed.filter((rule) => this.#rules.get(rule.statement)?.delete(keyOf(rule)) !== true),
      added: added.filter((rule) => {
        const held = this.#rules.get(rule.statement);
        held?.set(keyOf(rule), rule);
        return held === undefined;
      }),
    };
    // Where something goes, what was held back may have room.
    if (removed.length > 0) [this.#due, this.#isWholeDue] = [new Set(this.#rules.keys()), true];
    return change;
  }

  /** From now on the tables do without these. */
  hold(rules: readonly DerivedRule[]): void {
    for (const rule of rules) {
      const held = this.#rules.get(rule.statement) ?? new Map<string, DerivedRule>();
      this.#rules.set(rule.statement, held.set(keyOf(rule), rule));
      this.#due.add(rule.statement);
    }
  }

  /** From now on the tables keep these, without an end; returned as they stay. */
  keep(rules: readonly DerivedRule[]): readonly DerivedRule[] {
    return rules.map((rule) => {
      const kept = rule.effect === "allow" ? rule : { ...rule, end: Infinity };
      this.#kept.set(keyOf(rule), kept);
      return kept;
    });
  }

  /** Forgets the statements that have gone since, so that their names are free. */
  prune(): void {
    for (const [statement, { size }] of this.#rules) if (size === 0) this.#rules.delete(statement);
  }

  /** What would bring the tables to all that is in force; undefined: it was tried, and nothing has gone since. */
  whole(): DerivedChange | undefined {
    if (!this.#isWholeDue) return undefined;
    this.#isWholeDue = false;
    return {
      added: [...this.#rules.values()].flatMap((rules) => [...rules.values()]),
      removed: [...this.#kept.values()],
    };
  }

  /** The next change that is worth a trial, what leads no packets first; it is not given again before something goes. */
  next(): DerivedChange | undefined {
    const all = [...this.#due].map((statement) => [statement, this.#rules.get(statement)] as const);
    this.#due = new Set();
    const due = all.filter((one): one is [string, Map<string, DerivedRule>] => (one[1]?.size ?? 0) > 0);
    const plain = due.findIndex(([, rules]) => !isLed(rules));
    const [[, chosen] = [], ...rest] = plain < 0 ? due : [due[plain]!, ...due.toSpliced(plain, 1)];
    for (const [statement] of rest) this.#due.add(statement);
    return chosen && { added: [...chosen.values()], removed: [] };
  }

  /** The tables have these now, and these no longer. */
  done({ added, removed }: DerivedChange): void {
    for (const { statement } of added) this.#rules.delete(statement);
    if (removed.length > 0) this.#kept.clear();
    for (const { statement } of added) this.#due.delete(statement);
  }

  /** The rules that tables have where these are in force. */
  of(rules: readonly DerivedRule[]): readonly DerivedRule[] {
    if (this.isEmpty) return rules;
    const inTables = rules.filter((rule) => this.#rules.get(rule.statement)?.has(keyOf(rule)) !== true);
    return [...inTables, ...this.#kept.values()];
  }
}

const isLed = (rules: Rules): boolean => [...rules.values()].some(steers);
