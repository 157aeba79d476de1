/**
 * Questions about flowgroups, decided by Z3: the second opinion on the set algebra, and the judge where that one runs
 * out of budget. Answers are yes, no or undecided (out of time), each a value of its own.
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
  /** Bytes that Z3 holds, as it estimates them. */
  allocated(): number;
  /** Gives the memory back; the solver must not be asked again. */
  dispose(): void;
}

export interface SolverOptions {
  /** Milliseconds that one question may take before it is undecided. */
  readonly timeout?: number;
}

/** Loads Z3 (about 0.3 s the first time) and makes a solver. */
export async function loadSolver(options: SolverOptions = {}): Promise<Solver> {
  return new Z3Solver(await loadZ3(), options.timeout ?? 10_000);
}

/** Terms are freed with their context only, so a context serves this many questions. */
const QUESTIONS_PER_CONTEXT = 200;

class Z3Solver implements Solver {
  readonly #z3: Z3;
  readonly #timeout: number;
  #context: Z3Context | undefined;
  #questions = 0;

  constructor(z3: Z3, timeout: number) {
    this.#z3 = z3;
    this.#timeout = timeout;
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

  allocated(): number {
    return this.#z3.allocated();
  }

  dispose(): void {
    this.#context?.dispose();
    this.#context = undefined;
  }

  /** A flow in a that is (or is not) in b. */
  #find(a: Flowgroup, b: Flowgroup, outside: boolean): Flow | "none" | "unknown" {
    const context = this.#fresh();
    const flow = new SymbolicFlow(context, [a, b]);
    const inB = flow.inFlowgroup(b);
    let witness: Flow | undefined;
    const outcome = context.check(
      [...flow.wellFormed(), flow.inFlowgroup(a), outside ? context.not(inB) : inB],
      (value) => (witness = flow.read(value)),
    );
    return outcome === "unsat" ? "none" : (witness ?? "unknown");
  }

  #fresh(): Z3Context {
    if (this.#questions++ % QUESTIONS_PER_CONTEXT === 0) this.dispose();
    this.#context ??= this.#z3.context(this.#timeout);
    return this.#context;
  }
}
