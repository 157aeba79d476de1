/**
 * The shapes of the general Datalog engine, which knows nothing of networks. Constants are strings and numbers (safe
 * integers); a tuple is an array of constants.
 */
import type { Span } from "../source.ts";

export type Constant = string | number;
export type Tuple = readonly Constant[];

export type Term =
  | { readonly kind: "variable"; readonly name: string; readonly span?: Span }
  | { readonly kind: "constant"; readonly value: Constant; readonly span?: Span }
  /** `_`: matches anything, binds nothing, never equal to another `_`. */
  | { readonly kind: "anonymous"; readonly span?: Span };

export interface Atom {
  readonly relation: string;
  readonly terms: readonly Term[];
  readonly span?: Span;
}

export type AggregateFunction = "min" | "max" | "sum" | "count";

/** A head's term may be an aggregate over the bindings of the body: `load(S, sum(R))`. */
export type HeadTerm =
  | Term
  | {
      readonly kind: "aggregate";
      readonly function: AggregateFunction;
      readonly variable: string;
      readonly span?: Span;
    };

export interface Head {
  readonly relation: string;
  readonly terms: readonly HeadTerm[];
  readonly span?: Span;
}

/** A body literal. An atom may name a stored relation, an external relation, a built-in test or a built-in function. */
export interface Literal {
  readonly negated: boolean;
  readonly atom: Atom;
}

/** `head <= body.`; a fact is a rule without a body whose terms are constants. */
export interface Rule {
  readonly head: Head;
  readonly body: readonly Literal[];
  readonly label?: string;
  readonly span?: Span;
}

/**
 * A pure built-in: a test (`X < Y`) or a function whose last term is its result (`plus(X, Y, Z)`). A test returns true
 * or false; a function returns the result or undefined where it has none.
 */
export type Builtin =
  | { readonly kind: "test"; readonly arity: number; readonly test: (...terms: Constant[]) => boolean }
  | {
      readonly kind: "function";
      readonly arity: number;
      readonly apply: (...terms: Constant[]) => Constant | undefined;
    }
  /** `X = Y`: binds whichever side is not known yet. */
  | { readonly kind: "equality"; readonly arity: 2 };

/**
 * A relation that the caller stores, and that the engine asks through an index. Each binding pattern says which terms
 * must be known (`b`) and which are enumerated (`f`): `"bf"`. The engine never scans it, and derives from it only
 * through stored facts: its tuples may come and go freely as long as no stored fact joins them (an index learns of an
 * item before the facts about it are inserted, and forgets it after they are retracted). Any other change is announced
 * in `Changes.changed`.
 */
export interface External {
  readonly arity: number;
  readonly patterns: readonly string[];
  /**
   * Enumerates, each once, the tuples that agree with the known terms (`undefined` where free), for one of `patterns`.
   * Tuples that do not agree are dropped by the engine, so an index may answer roughly.
   */
  readonly enumerate: (pattern: string, terms: readonly (Constant | undefined)[]) => Iterable<Tuple>;
}

/** A set-level change: no tuple stands in both lists, none is inserted that was there. */
export interface Change {
  readonly inserted: readonly Tuple[];
  readonly retracted: readonly Tuple[];
}

/** What a transaction changed, per relation (base and derived); relations without a change are not listed. */
export type Diff = ReadonlyMap<string, Change>;

/**
 * What a transaction is asked to do. Sets, not multisets: to insert what is there and to retract what is not changes
 * nothing. Retractions come first, so a tuple in both lists is there afterwards.
 */
export interface Changes {
  readonly insert?: readonly (readonly [relation: string, tuple: Tuple])[];
  readonly retract?: readonly (readonly [relation: string, tuple: Tuple])[];
  /** Changes of external relations that already answer with their new state. */
  readonly changed?: readonly (readonly [relation: string, change: Change])[];
}

/** Questions about the facts, inside an attempt and outside. */
export interface View {
  /** The tuples that agree with the pattern (`undefined`: any); an array, safe to keep. */
  query(relation: string, pattern: readonly (Constant | undefined)[]): Tuple[];
  has(relation: string, tuple: Tuple): boolean;
  explain(relation: string, tuple: Tuple): Proof | undefined;
  whyNot(relation: string, tuple: readonly (Constant | undefined)[]): Missing[];
}

/** The view inside an attempt also knows what the attempt would change. */
export interface AttemptView extends View {
  readonly diff: Diff;
}

/** How an attempt ends. */
export interface AttemptEnd<Value> {
  readonly commit: boolean;
  readonly value: Value;
  /** Only without `commit`: after the rollback, do this instead, as a transaction of its own. */
  readonly instead?: Changes;
}

export interface Attempt<Value> {
  readonly value: Value;
  /** What changed in the end; empty after a rollback that did nothing instead. */
  readonly diff: Diff;
}

/** A program, and what it may refer to. */
export interface ProgramOptions {
  readonly rules: readonly Rule[];
  /** Added to the standard ones (`=`, `!=`, `<`, …), which they may replace. */
  readonly builtins?: Readonly<Record<string, Builtin>>;
  readonly externals?: Readonly<Record<string, External>>;
  /** Base relations and their arity. Where given, a body that names anything else is refused (E201). */
  readonly base?: Readonly<Record<string, number>>;
  /** Sorts of columns, where declared; `undefined` is any. */
  readonly sorts?: Readonly<Record<string, readonly (string | undefined)[]>>;
  /** The steps that a transaction may take, beyond some for each of its facts; undefined: as many as it needs. */
  readonly steps?: number | undefined;
}

/** Why a tuple holds: the rule that derived it last in order of derivation, and the same for what it used. */
export type Proof =
  | { readonly kind: "fact"; readonly relation: string; readonly tuple: Tuple }
  | { readonly kind: "absent"; readonly relation: string; readonly terms: readonly (Constant | undefined)[] }
  | { readonly kind: "builtin" | "external"; readonly relation: string; readonly tuple: Tuple }
  | {
      readonly kind: "derived";
      readonly relation: string;
      readonly tuple: Tuple;
      readonly rule: Rule;
      readonly premises: readonly Proof[];
    };

/** Why a tuple does not hold: for each rule with a fitting head, the furthest literal that could not be met. */
export interface Missing {
  readonly rule: Rule;
  /** Index into `rule.body` of the literal that failed; the bindings with which it failed. */
  readonly literal: number;
  readonly bindings: ReadonlyMap<string, Constant>;
}
