/**
 * What a name in a rule stands for, seen from the checks: built-in, external, base relation or a relation with rules.
 */
import { standardBuiltins } from "./builtins.ts";
import type { Builtin, External, ProgramOptions, Rule } from "./types.ts";

export class Definitions {
  readonly rules: readonly Rule[];
  readonly derived: ReadonlySet<string>;
  readonly base: Readonly<Record<string, number>> | undefined;
  readonly sorts: Readonly<Record<string, readonly (string | undefined)[]>>;
  readonly #builtins: ReadonlyMap<string, Builtin>;
  readonly #externals: ReadonlyMap<string, External>;

  constructor({ rules, builtins, externals, base, sorts = {} }: ProgramOptions) {
    this.rules = rules;
    this.derived = new Set(rules.map(({ head }) => head.relation));
    this.base = base;
    this.sorts = sorts;
    this.#builtins = new Map(Object.entries({ ...standardBuiltins, ...builtins }));
    this.#externals = new Map(Object.entries(externals ?? {}));
  }

  builtin(name: string): Builtin | undefined {
    return this.#builtins.get(name);
  }

  external(name: string): External | undefined {
    return this.#externals.get(name);
  }

  /** Whether facts of this name are stored. */
  isStored(name: string): boolean {
    return !this.#builtins.has(name) && !this.#externals.has(name);
  }

  /** Arity that is known without looking at rules. */
  arity(name: string): number | undefined {
    const declared = this.builtin(name)?.arity ?? this.external(name)?.arity;
    if (declared !== undefined || this.base === undefined) return declared;
    return Object.hasOwn(this.base, name) ? this.base[name] : undefined;
  }

  isKnown(name: string): boolean {
    return this.base === undefined || this.derived.has(name) || this.arity(name) !== undefined;
  }

  /** Every name that a body may use. */
  *names(): Iterable<string> {
    yield* this.#builtins.keys();
    yield* this.#externals.keys();
    yield* Object.keys(this.base ?? {});
    yield* this.derived;
  }
}
