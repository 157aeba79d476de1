/**
 * A stored fact. During a transaction it carries both states, before (OLD) and after (NEW), so that joins read either.
 * A fact holds its own links in the lists of its relation's indexes (intrusive lists, so that a change allocates
 * nothing); therefore fact, relation and fact-index name each other's types, the one circle of files in the house.
 */
import type { Relation } from "./relation.ts";

/** Present before the transaction. */
export const OLD = 1;
/** Present now. */
export const NEW = 2;
/** Asserted from outside, whatever the rules derive. */
export const BASE = 4;
/** Recorded in the relation's journal of this transaction. */
export const TOUCHED = 8;

export class StoredFact {
  readonly ids: readonly number[];
  readonly relation: Relation;
  /** Bits OLD, NEW, BASE. */
  state = 0;
  /** Number of derivations, where the relation is not recursive. */
  count = 0;
  /** Order of insertion, where the relation is recursive: a fact is derivable from facts with smaller stamps. */
  stamp = 0;
  /** Its hash in the relation's table. */
  hash = 0;
  /** The next fact in the relation's hash table. */
  chain: this | undefined = undefined;
  /** Neighbours in the lists of the relation's indexes: before and behind, two places per index. */
  links: (StoredFact | undefined)[];

  /** `links`: as many empty places as needed; an array that grows takes 16 in reserve. */
  constructor(relation: Relation, ids: readonly number[], links: (StoredFact | undefined)[]) {
    this.relation = relation;
    this.ids = ids;
    this.links = links;
  }
}
