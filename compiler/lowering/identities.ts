/**
 * The identities of the statements that stand, and the cookies that are made of them: which statement a cookie stands
 * for, and which statements share one by accident.
 */
import { byText } from "../net/order.ts";
import * as codes from "../diagnostics/codes/table.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { LowerContext } from "./pipeline/options.ts";
import { cookieOf, systemCookie } from "../table/cookie.ts";

export class Identities {
  /** How many rules each statement has. */
  readonly #statements = new Map<string, number>();
  /** How many statements have each cookie, and how many cookies more than one. */
  readonly #cookies = new Map<bigint, number>();
  #shared = 0;

  enter(statement: string): void {
    if (count(this.#statements, statement, 1) === 1 && count(this.#cookies, cookieOf(statement), 1) === 2)
      this.#shared++;
  }

  leave(statement: string): void {
    if (count(this.#statements, statement, -1) === 0 && count(this.#cookies, cookieOf(statement), -1) === 1)
      this.#shared--;
  }

  /** Which statement a cookie stands for; `others`: the identities behind entries that no rule asked for. */
  cookies(others: Iterable<string>): ReadonlyMap<bigint, string> {
    const all = [
      ...[...this.#statements.keys()].map((statement) => [cookieOf(statement), statement] as const),
      ...[...others].map((statement) => [systemCookie(statement), statement] as const),
    ];
    return new Map(all.toSorted(([, a], [, b]) => byText(a, b)));
  }

  /** Statements that share a conjunction number (as the tables found them, in pairs) or a cookie. */
  collisions(conjunctions: readonly (readonly [one: string, other: string])[], context: LowerContext): Diagnostic[] {
    const collision = (one: string, other: string, what: string): Diagnostic =>
      codes.sameCookie({ one, other, what }, { span: context.spanOf?.(other) });
    const pairs = new Map(conjunctions.map(([one, other]) => [`${one}|${other}`, [one, other] as const]));
    const found = [...pairs.values()].map(([one, other]) => collision(one, other, "conjunction number"));
    const owners = new Map<bigint, string>();
    for (const statement of this.#shared > 0 ? [...this.#statements.keys()].sort(byText) : []) {
      const cookie = cookieOf(statement);
      const owner = owners.get(cookie);
      if (owner === undefined) owners.set(cookie, statement);
      else found.push(collision(owner, statement, "cookie"));
    }
    return found;
  }
}

/** Adds to a count; how many there are then. */
function count<K>(counts: Map<K, number>, key: K, by: number): number {
  const next = (counts.get(key) ?? 0) + by;
  if (next === 0) counts.delete(key);
  else counts.set(key, next);
  return next;
}
