/**
 * One step of the evaluation: a set of mutually recursive relations, or one relation, with the rules that define it.
 */
import type { AggregateState } from "./aggregate.ts";
import type { ClausePlans } from "./clause-plans.ts";
import type { Relation } from "./relation.ts";

export interface Component {
  readonly position: number;
  readonly relations: readonly Relation[];
  readonly recursive: boolean;
  readonly rules: readonly ClausePlans[];
  readonly aggregates: readonly AggregateState[];
  /** Rules whose body may have changed in the running transaction; the others derive what they derived. */
  readonly due: ClausePlans[];
}
