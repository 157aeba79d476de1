/**
 * The one importer of z3-solver: bit-vector terms and synchronous checks over its low-level interface, and nothing of
 * policies. The module is loaded on first use (35 MB of wasm). Its heap is fixed and its high-level objects leak, so
 * terms live in plain contexts that are thrown away as a whole.
 */
import type { Z3_ast, Z3_context, Z3_solver, Z3_sort, Z3LowLevel } from "z3-solver";

/** A truth value or a bit vector in one context. */
export type Z3Term = Z3_ast;

/** What a check says. `unknown`: out of steps; never to be read as one of the others. */
export type SatResult = "sat" | "unsat" | "unknown";

/** The synchronous entry point, which the package exports without a type: 1 is sat, -1 unsat, 0 unknown. */
interface Module {
  readonly _Z3_solver_check: (context: Z3_context, solver: unknown) => number;
}

type Api = Z3LowLevel["Z3"];

interface Loaded {
  readonly api: Api;
  readonly module: Module;
}

let loading: Promise<Loaded> | undefined;

/** Loads Z3 once for the process. */
export async function loadZ3(): Promise<Z3> {
  loading ??= import("z3-solver").then(({ init }) => init()).then(({ Z3, em }) => ({ api: Z3, module: em as Module }));
  const { api, module } = await loading;
  return {
    context: () => new Z3Context(api, module),
    allocated: () => Number(api.get_estimated_alloc_size()),
  };
}

/** Z3, ready for synchronous use. */
export interface Z3 {
  /** A context without terms. */
  readonly context: () => Z3Context;
  /** Bytes that Z3 holds in all contexts of the process, as it estimates them. */
  readonly allocated: () => number;
}

/**
 * A space of terms. Without reference counting (`mk_context`): nothing is freed before `dispose`, and nothing can be
 * used after it was freed.
 */
export class Z3Context {
  readonly #z3: Api;
  readonly #module: Module;
  readonly #context: Z3_context;
  /** The steps of all checks so far, as Z3 counts them. */
  spent = 0;
  readonly #sorts = new Map<number, Z3_sort>();

  constructor(z3: Api, module: Module) {
    this.#z3 = z3;
    this.#module = module;
    const config = z3.mk_config();
    this.#context = z3.mk_context(config);
    z3.del_config(config);
  }

  dispose(): void {
    this.#z3.del_context(this.#context);
  }

  /** A truth value of this name. */
  boolean(name: string): Z3Term {
    const z3 = this.#z3;
    return z3.mk_const(this.#context, z3.mk_string_symbol(this.#context, name), z3.mk_bool_sort(this.#context));
  }

  /** A bit vector of this name. */
  bits(name: string, width: number): Z3Term {
    return this.#z3.mk_const(this.#context, this.#z3.mk_string_symbol(this.#context, name), this.#sort(width));
  }

  constant(value: number | bigint, width: number): Z3Term {
    return this.#z3.mk_numeral(this.#context, String(value), this.#sort(width));
  }

  and(terms: readonly Z3Term[]): Z3Term {
    return terms.length === 1 ? terms[0]! : this.#z3.mk_and(this.#context, [...terms]);
  }

  or(terms: readonly Z3Term[]): Z3Term {
    return terms.length === 1 ? terms[0]! : this.#z3.mk_or(this.#context, [...terms]);
  }

  not(term: Z3Term): Z3Term {
    return this.#z3.mk_not(this.#context, term);
  }

  equal(a: Z3Term, b: Z3Term): Z3Term {
    return this.#z3.mk_eq(this.#context, a, b);
  }

  ite(condition: Z3Term, yes: Z3Term, no: Z3Term): Z3Term {
    return this.#z3.mk_ite(this.#context, condition, yes, no);
  }

  /** Unsigned a ≤ b. */
  atMost(a: Z3Term, b: Z3Term): Z3Term {
    return this.#z3.mk_bvule(this.#context, a, b);
  }

  /** Bits `high` down to `low`. */
  extract(term: Z3Term, high: number, low: number): Z3Term {
    return this.#z3.mk_extract(this.#context, high, low, term);
  }

  bitwiseAnd(a: Z3Term, b: Z3Term): Z3Term {
    return this.#z3.mk_bvand(this.#context, a, b);
  }

  /**
   * Can all assertions hold together? If so `read` is called with a look at the model: truth values as booleans, bit
   * vectors as integers. It takes at most `steps`, as Z3 counts them (`rlimit`): the same on every machine. A fresh QF_FD
   * solver is the fastest of the kinds that need no state.
   */
  check(
    steps: number,
    assertions: readonly Z3Term[],
    read?: (value: (term: Z3Term) => bigint | boolean) => void,
  ): SatResult {
    const z3 = this.#z3;
    const context = this.#context;
    const solver = z3.mk_solver_for_logic(context, z3.mk_string_symbol(context, "QF_FD"));
    z3.solver_inc_ref(context, solver);
    const parameters = z3.mk_params(context);
    z3.params_inc_ref(context, parameters);
    try {
      z3.params_set_uint(context, parameters, z3.mk_string_symbol(context, "rlimit"), steps);
      z3.solver_set_params(context, solver, parameters);
      for (const assertion of assertions) z3.solver_assert(context, solver, assertion);
      const result = this.#module._Z3_solver_check(context, solver);
      this.#count(solver);
      if (result === 1 && read) {
        const model = z3.solver_get_model(context, solver);
        read((term) => this.#read(z3.model_eval(context, model, term, true)));
      }
      return result === 1 ? "sat" : result === -1 ? "unsat" : "unknown";
    } finally {
      z3.params_dec_ref(context, parameters);
      z3.solver_dec_ref(context, solver);
    }
  }

  /** Takes over Z3's own count of steps, which goes on from check to check. */
  #count(solver: Z3_solver): void {
    const z3 = this.#z3;
    const context = this.#context;
    const counts = z3.solver_get_statistics(context, solver);
    z3.stats_inc_ref(context, counts);
    for (let i = 0; i < z3.stats_size(context, counts); i++) {
      if (z3.stats_get_key(context, counts, i) === "rlimit count")
        this.spent = z3.stats_get_uint_value(context, counts, i);
    }
    z3.stats_dec_ref(context, counts);
  }

  #read(value: Z3Term | null): bigint | boolean {
    if (value === null) throw new Error("the model has no value for a term");
    if (this.#z3.is_numeral_ast(this.#context, value)) return BigInt(this.#z3.get_numeral_string(this.#context, value));
    return (this.#z3.get_bool_value(this.#context, value) as number) === 1;
  }

  #sort(width: number): Z3_sort {
    let sort = this.#sorts.get(width);
    if (sort === undefined) {
      sort = this.#z3.mk_bv_sort(this.#context, width);
      this.#sorts.set(width, sort);
    }
    return sort;
  }
}
