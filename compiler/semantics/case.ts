/**
 * What the checkers of certificates are given: one statement, the verdict on it, and the reference network before it.
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
  /** Reads a proposal: one sentence as its statement. */
  readonly read: (text: string) => Asked;
}
