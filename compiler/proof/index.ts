/** Proof by Z3: a second engine that shares no code with the set algebra. Importing this loads nothing yet. */
export { SymbolicFlow } from "./encode.ts";
export {
  loadSolver,
  MOST_STEPS_OF_Z3,
  type SolverAnswer,
  type OverlapDecision,
  type Solver,
  type SolverOptions,
  type SubsetDecision,
} from "./solver.ts";
