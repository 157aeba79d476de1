/**
 * Questions about flowgroups, decided by Z3: the second opinion on the set algebra, and the judge where that one runs
 * out of budget. Answers are yes, no or undecided (out of steps), each a value of its own.
 */
import type { Flow, Flowgroup } from "../flowgroup/cube.ts";
import { SymbolicFlow } from "./encode.ts";
import { loadZ3, type Z3Context, type Z3 } from "./z3.ts";

export type SolverAnswer = "yes" | "no" | "undecided";

/** Is a inside b? If not, a flow of a that is not in b. */
export type SubsetDecision =
  | { readonly answer: "yes" | "undecided" }
  | { readonly answer: "no"; readonly witness: Flow };

/** Do a and b share a flow? If so, one. */
export type OverlapDecision =
  | { readonly answer: "no" | "undecided" }
  | { readonly answer: "yes"; readonly witness: Flow };

/** A solver; synchronous once it is loaded. */
export interface Solver {
  subset(a: Flowgroup, b: Flowgroup): SolverAnswer;
  overlap(a: Flowgroup, b: Flowgroup): SolverAnswer;
  decideSubset(a: Flowgroup, b: Flowgroup): SubsetDecision;
  decideOverlap(a: Flowgroup, b: Flowgroup): OverlapDecision;
  /** Steps that all questions together took, as Z3 counts them. */
  spent(): number;
  /** Bytes that Z3 holds, as it estimates them. */
  allocated(): number;
  /** Gives the memory back; the solver must not be asked again. */
  dispose(): void;
}

export interface SolverOptions {
  /** Steps that one question may take before it is undecided, as Z3 counts them. */
  readonly steps?: number;
  /** Steps that all questions together may take; without it there is no such bound. */
  readonly total?: number;
}

/** The most steps of Z3 for one question, unless the caller says otherwise: about two seconds of a processor. */
export const MOST_STEPS_OF_Z3 = 500_000;

/** Loads Z3 (about 0.3 s the first time) and makes a solver. */
export async function loadSolver(options: SolverOptions = {}): Promise<Solver> {
  return new Z3Solver(await loadZ3(), options);
}

/** Terms are freed with their context only, so a context serves this many questions. */
const QUESTIONS_PER_CONTEXT = 200;

class Z3Solver implements Solver {
  readonly #z3: Z3;
  readonly #steps: number;
  /** Steps that all questions together may take. */
  readonly #total: number;
  #spent = 0;
  #context: Z3Context | undefined;
  #questions = 0;

  constructor(z3: Z3, { steps = MOST_STEPS_OF_Z3, total = Infinity }: SolverOptions) {
    this.#z3 = z3;
    this.#steps = steps;
    this.#total = total;
  }

  subset(a: Flowgroup, b: Flowgroup): SolverAnswer {
    return this.decideSubset(a, b).answer;
  }

  overlap(a: Flowgroup, b: Flowgroup): SolverAnswer {
    return this.decideOverlap(a, b).answer;
  }

  decideSubset(a: Flowgroup, b: Flowgroup): SubsetDecision {
    const found = this.#find(a, b, true);
    if (found === "unknown") return { answer: "undecided" };
    return found === "none" ? { answer: "yes" } : { answer: "no", witness: found };
  }

  decideOverlap(a: Flowgroup, b: Flowgroup): OverlapDecision {
    const found = this.#find(a, b, false);
    if (found === "unknown") return { answer: "undecided" };
    return found === "none" ? { answer: "no" } : { answer: "yes", witness: found };
  }

  spent(): number {
    return this.#spent;
  }

  allocated(): number {
    return this.#z3.allocated();
  }

  dispose(): void {
    this.#context?.dispose();
    this.#context = undefined;
  }

  /** A flow in a that is (or is not) in b. */
  #find(a: Flowgroup, b: Flowgroup, outside: boolean): Flow | "none" | "unknown" {
    // Z3 takes no limit for none at all.
    const steps = Math.min(this.#steps, this.#total - this.#spent);
    if (steps <= 0) return "unknown";
    const context = this.#fresh();
    const before = context.spent;
    const flow = new SymbolicFlow(context, [a, b]);
    const inB = flow.inFlowgroup(b);
    let witness: Flow | undefined;
    const outcome = context.check(
      steps,
      [...flow.wellFormed(), flow.inFlowgroup(a), outside ? context.not(inB) : inB],
      (value) => (witness = flow.read(value)),
    );
    this.#spent += context.spent - before;
    return outcome === "unsat" ? "none" : (witness ?? "unknown");
  }

  #fresh(): Z3Context {
    if (this.#questions++ % QUESTIONS_PER_CONTEXT === 0) this.dispose();
    this.#context ??= this.#z3.context();
    return this.#context;
  }
}
