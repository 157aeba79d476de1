/**
 * The standing statements ↔ their cookies. A cookie is a hash, so two statements may have the same one, by accident or
 * by intent. Then neither gets it: each gets another, made of its identity, so that no entry on a switch is taken for
 * the other's (NETWORK, "Cookies").
 */
import { byText } from "../net/order.ts";
import { SteadyMap } from "../net/steady-map.ts";
import * as codes from "../diagnostics/codes/table.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { SERVER, TIME, TOKEN } from "../table/bookkeeping.ts";
import { cookieOf, probedCookie, systemCookie } from "../table/cookie.ts";
import type { LowerContext } from "./pipeline/options.ts";

/** The cookies that no statement may have, whatever its label. */
const TAKEN: readonly bigint[] = [TOKEN.cookie, SERVER.cookie, TIME.cookie, systemCookie("default")];

export class Identities {
  /** Statement → number of its rules. */
  readonly #statements = new SteadyMap<string, number>();
  /** Hash → number of statements that have it. */
  readonly #hashes = new SteadyMap<bigint, number>();
  /** The number of hashes that several statements share. */
  #shared = 0;
  /** The cookies of statements that share a hash; computed when one is needed. */
  #probed: ReadonlyMap<string, bigint> | undefined;

  constructor() {
    for (const cookie of TAKEN) this.#hashes.set(cookie, 1);
  }

  enter(statement: string): void {
    if (count(this.#statements, statement, 1) > 1) return;
    this.#probed = undefined;
    if (count(this.#hashes, cookieOf(statement), 1) === 2) this.#shared++;
  }

  leave(statement: string): void {
    if (count(this.#statements, statement, -1) > 0) return;
    this.#probed = undefined;
    if (count(this.#hashes, cookieOf(statement), -1) === 1) this.#shared--;
  }

  /** The cookie of a standing statement. */
  readonly cookie = (statement: string): bigint => {
    const own = cookieOf(statement);
    if (this.#shared === 0 || (this.#hashes.get(own) ?? 0) < 2) return own;
    this.#probed ??= this.#probe();
    return this.#probed.get(statement) ?? own;
  };

  /** Hash → the statements that share it, in order. */
  #clashes(): ReadonlyMap<bigint, readonly string[]> {
    if (this.#shared === 0) return new Map();
    const clashing = [...this.#statements.keys()].filter((one) => this.#hashes.get(cookieOf(one))! > 1);
    return Map.groupBy(clashing.toSorted(byText), cookieOf);
  }

  #probe(): ReadonlyMap<string, bigint> {
    const probed = new Map<string, bigint>();
    const taken = new Set(this.#hashes.keys());
    for (const statement of [...this.#clashes().values()].flat().sort(byText)) {
      let round = 1;
      while (taken.has(probedCookie(statement, round))) round++;
      probed.set(statement, probedCookie(statement, round));
      taken.add(probedCookie(statement, round));
    }
    return probed;
  }

  /** Cookie → statement. `others`: the identities of entries that belong to no rule, once for each entry. */
  cookies(others: Iterable<string>): ReadonlyMap<bigint, string> {
    const all = [
      ...[...this.#statements.keys()].map((statement) => [this.cookie(statement), statement] as const),
      ...[...new Set(others)].map((statement) => [systemCookie(statement), statement] as const),
    ];
    return new Map(all.toSorted(([, a], [, b]) => byText(a, b)));
  }

  /** Diagnostics for statements that share a conjunction's number (pairs, from the tables), and that share a hash. */
  collisions(conjunctions: readonly (readonly [one: string, other: string])[], context: LowerContext): Diagnostic[] {
    const pairs = new Map(conjunctions.map(([one, other]) => [`${one}|${other}`, [one, other] as const]));
    const found = [...pairs.values()].map(([one, other]) =>
      codes.sameConjunction({ one, other }, { span: context.spanOf?.(other), help: ANOTHER_LABEL }),
    );
    const help = "with another label each has a cookie that stays the same without the other";
    const hex = (statement: string): string => `0x${this.cookie(statement).toString(16)}`;
    for (const [first, ...rest] of this.#clashes().values())
      for (const other of rest) {
        const words = { one: first!, other, cookie: hex(first!), next: hex(other) };
        found.push(codes.sameHash(words, { span: context.spanOf?.(other), help }));
      }
    return found;
  }
}

/** Adds to a count; returns the new count. */
function count<K extends string | bigint>(counts: SteadyMap<K, number>, key: K, by: number): number {
  const next = (counts.get(key) ?? 0) + by;
  if (next === 0) counts.delete(key);
  else counts.set(key, next);
  return next;
}

const ANOTHER_LABEL =
  "write `@name` before one of them, or another name: with it its counters and an end that counts from the clock begin anew";
