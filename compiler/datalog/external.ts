/**
 * External relations as the engine sees them: the caller's index in its new state, and for the length of a transaction
 * that announced changes, the old state laid over it.
 */
import type { Change, Constant, External, Tuple } from "./types.ts";

const UNCHANGED: Change = { inserted: [], retracted: [] };

function agrees(tuple: Tuple, terms: readonly (Constant | undefined)[]): boolean {
  for (let column = 0; column < terms.length; column++) {
    if (terms[column] !== undefined && terms[column] !== tuple[column]) return false;
  }
  return true;
}

export class ExternalRelation {
  readonly name: string;
  readonly arity: number;
  readonly patterns: readonly string[];
  /** What the running transaction announced. */
  change: Change = UNCHANGED;
  readonly #external: External;
  #insertedKeys: ReadonlySet<string> = new Set();

  #looked = 0;

  constructor(name: string, external: External) {
    this.name = name;
    this.arity = external.arity;
    this.patterns = external.patterns;
    this.#external = external;
  }

  announce(change: Change): void {
    this.change = change;
    this.#insertedKeys = new Set(change.inserted.map((tuple) => JSON.stringify(tuple)));
  }

  /** Whether the running transaction announced anything. */
  get isChanged(): boolean {
    return this.change !== UNCHANGED;
  }

  /** The end of the transaction: one state again. */
  settle(): void {
    if (this.change !== UNCHANGED) this.announce(UNCHANGED);
  }

  /** The best pattern for these known columns: the one that demands most of them. */
  pattern(known: readonly boolean[]): string | undefined {
    let best: string | undefined;
    let most = -1;
    for (const pattern of this.patterns) {
      let demanded = 0;
      let met = true;
      for (let column = 0; column < this.arity; column++) {
        if (pattern[column] !== "b") continue;
        demanded++;
        met &&= known[column]!;
      }
      if (met && demanded > most) {
        best = pattern;
        most = demanded;
      }
    }
    return best;
  }

  /** How many tuples the last `tuples` looked at: of those that the relation enumerates for a pattern some may not agree. */
  get looked(): number {
    return this.#looked;
  }

  /** The tuples that agree with `terms`, before or after the announced change. `pattern` is one of `patterns`. */
  tuples(pattern: string, terms: readonly (Constant | undefined)[], old: boolean): readonly Tuple[] {
    let demanded = terms;
    for (let column = 0; column < this.arity; column++) {
      if (pattern[column] === "b" || terms[column] === undefined) continue;
      demanded = terms.map((term, at) => (pattern[at] === "b" ? term : undefined));
      break;
    }
    const before = old && this.change !== UNCHANGED;
    const answers = this.#external.enumerate(pattern, demanded);
    this.#looked = 0;
    if (Array.isArray(answers) && answers.length === 0 && !before) return answers;
    const found: Tuple[] = [];
    for (const tuple of answers) {
      this.#looked++;
      if (!agrees(tuple, terms)) continue;
      if (before && this.#insertedKeys.has(JSON.stringify(tuple))) continue;
      found.push(tuple);
    }
    if (before) for (const tuple of this.change.retracted) if (agrees(tuple, terms)) found.push(tuple);
    return found;
  }
}
