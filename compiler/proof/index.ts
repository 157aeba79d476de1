/** Proof by Z3: a second engine that shares no code with the set algebra. Importing this loads nothing yet. */
export { SymbolicFlow } from "./encode.ts";
export {
  loadSolver,
  type SolverAnswer,
  type OverlapDecision,
  type Solver,
  type SolverOptions,
  type SubsetDecision,
} from "./solver.ts";
