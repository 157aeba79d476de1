/**
 * The input of the checkers of certificates: one statement, the verdict on it, and the reference network before it.
 */
import type { Verdict } from "../certificates/verdict.ts";
import type { Asked } from "./granted.ts";
import type { ReferenceNetwork } from "./network.ts";

export interface Case {
  readonly statement: Asked;
  readonly id: string;
  readonly verdict: Verdict;
  readonly now: number;
  /** The network before the statement. */
  readonly before: ReferenceNetwork;
  /** Parses a proposal, which is one sentence. */
  readonly read: (text: string) => Asked;
}
