/**
 * The syntax tree: what was written, names unresolved, every node with its span. One file becomes a list of
 * statements; PANE commands and FML rules stand side by side (LANGUAGE, "Grammar").
 */
import type { AggregateFunction } from "../datalog/types.ts";
import type { Field } from "../flowgroup/fields.ts";
import type { Ip, Prefix } from "../net/address.ts";
import type { Span } from "../source.ts";

/** A name as written; quoting changes nothing but whether a rule may read it as a variable. */
export interface Name {
  readonly text: string;
  readonly quoted: boolean;
  readonly span: Span;
}

// ---------------------------------------------------------------- flowgroups

/** A scalar between braces, at the end of a range or alone. Numbers are as written; names may be hosts, users, TCP. */
export type Scalar =
  | { readonly kind: "number"; readonly value: number; readonly unit?: "rate" | "duration"; readonly span: Span }
  | { readonly kind: "name"; readonly name: Name; readonly span: Span }
  | { readonly kind: "ip"; readonly address: Ip; readonly span: Span }
  | { readonly kind: "mac"; readonly address: number; readonly span: Span }
  | { readonly kind: "ap"; readonly switch: Name; readonly port: number | Name; readonly span: Span };

export type ValueExpr =
  | Scalar
  | { readonly kind: "prefix"; readonly prefix: Prefix; readonly span: Span }
  | { readonly kind: "range"; readonly low: Scalar; readonly high: Scalar; readonly span: Span }
  | { readonly kind: "set"; readonly values: readonly ValueExpr[]; readonly span: Span };

export interface FieldTerm {
  readonly kind: "field";
  readonly field: Field;
  readonly fieldSpan: Span;
  readonly negated: boolean;
  readonly value: ValueExpr;
  readonly span: Span;
}

export type FlowExpr =
  | { readonly kind: "all"; readonly span: Span }
  | {
      readonly kind: "terms";
      readonly terms: readonly (FieldTerm | { readonly kind: "named"; readonly name: Name; readonly span: Span })[];
      readonly span: Span;
    }
  | { readonly kind: "and" | "except" | "or"; readonly left: FlowExpr; readonly right: FlowExpr; readonly span: Span };

// ---------------------------------------------------------------- time, rates

/** A point in time. Unix seconds; `relative` counts from the clock at which the statement is read. */
export type TimeExpr =
  | { readonly kind: "now"; readonly span: Span }
  | { readonly kind: "forever"; readonly span: Span }
  | { readonly kind: "relative"; readonly seconds: number; readonly span: Span }
  | { readonly kind: "absolute"; readonly seconds: number; readonly span: Span };

/** Bits per second, or bits where an amount is meant; a non-negative safe integer (parser refuses others). */
export interface RateExpr {
  readonly bits: number;
  readonly span: Span;
}

// ---------------------------------------------------------------- PANE

export type RequestKind = "allow" | "deny" | "reserve" | "limit" | "waypoint" | "avoid";

export type PrivilegeExpr =
  | { readonly kind: "allow" | "deny" | "hint" | "query"; readonly value: boolean; readonly span: Span }
  | { readonly kind: "reserve" | "limit"; readonly bound: "<=" | ">="; readonly rate: RateExpr; readonly span: Span }
  | { readonly kind: "capacity" | "fill"; readonly rate: RateExpr; readonly span: Span }
  | { readonly kind: "waypoint" | "avoid"; readonly nodes: readonly Name[]; readonly span: Span }
  | { readonly kind: "requests" | "entries"; readonly count: number; readonly span: Span };

export interface RequestExpr {
  readonly kind: "request";
  readonly action: RequestKind;
  readonly flows: FlowExpr;
  /** reserve and limit only. */
  readonly rate?: RateExpr;
  /** waypoint and avoid only. */
  readonly nodes?: readonly Name[];
  readonly bothWays: boolean;
  readonly mode: "strict" | "partial";
  readonly share: Name;
  readonly from?: TimeExpr;
  readonly to?: TimeExpr;
}

export type HintExpr =
  | { readonly kind: "duration"; readonly seconds: number }
  | { readonly kind: "size"; readonly bits: number }
  | { readonly kind: "deadline"; readonly time: TimeExpr }
  | { readonly kind: "priority"; readonly priority: "low" | "normal" | "high" };

export type CommandExpr =
  | { readonly kind: "AddUser" | "RemoveUser"; readonly user: Name }
  | {
      readonly kind: "NewShare";
      readonly share: Name;
      readonly flows: FlowExpr;
      readonly privileges: readonly PrivilegeExpr[];
      readonly parent: Name;
    }
  | { readonly kind: "RemoveShare"; readonly share: Name; readonly cascade: boolean }
  | { readonly kind: "Grant"; readonly share: Name; readonly user: Name }
  | { readonly kind: "GrantDefault"; readonly share: Name }
  | { readonly kind: "Revoke"; readonly share: Name; readonly user: Name; readonly withRequests: boolean }
  | RequestExpr
  | { readonly kind: "Cancel"; readonly request: Name }
  | {
      readonly kind: "hint";
      readonly flows: FlowExpr;
      readonly hint: HintExpr;
      readonly share: Name;
      readonly from?: TimeExpr;
      readonly to?: TimeExpr;
    }
  | { readonly kind: "Tick"; readonly seconds: number }
  | { readonly kind: "query"; readonly query: QueryExpr };

export type QueryExpr =
  | { readonly kind: "GetSchedule"; readonly share: Name }
  | { readonly kind: "ListShares" | "ListUsers" }
  | { readonly kind: "ListSharesByFlowGroup" | "ListRequestsByFlowGroup" | "Traffic"; readonly flows: FlowExpr }
  | { readonly kind: "ListRequests"; readonly share?: Name }
  | { readonly kind: "Explain"; readonly request: Name }
  | {
      readonly kind: "Available";
      readonly rate: RateExpr;
      readonly flows: FlowExpr;
      readonly share: Name;
      readonly seconds?: number;
    };

// ---------------------------------------------------------------- FML

/** A term of a rule. `Variable` is an unquoted name with an upper-case letter or `_x`; a lone `_` is anonymous. */
export type TermExpr =
  | { readonly kind: "variable"; readonly name: string; readonly span: Span }
  | { readonly kind: "anonymous"; readonly span: Span }
  | { readonly kind: "value"; readonly value: ValueExpr; readonly span: Span }
  | {
      readonly kind: "aggregate";
      readonly function: AggregateFunction;
      readonly variable: string;
      readonly span: Span;
    };

/** How two terms are compared. */
export type Operator = "=" | "!=" | "<" | "<=" | ">" | ">=";

export type BodyExpr =
  | { readonly kind: "atom"; readonly relation: Name; readonly terms: readonly TermExpr[]; readonly span: Span }
  /** `dstPort in 1024-65535`, `srcHost in 10.0.0.0/8`, `dstPort in {80, 443}`. Also `dstPort = 80`. */
  | { readonly kind: "in"; readonly field: Name; readonly value: ValueExpr; readonly span: Span }
  | {
      readonly kind: "compare";
      readonly operator: Operator;
      readonly left: TermExpr;
      readonly right: TermExpr;
      readonly span: Span;
    }
  /** `other`: written `field != value`. The field is there with another value; of `not` it need not be there. */
  | { readonly kind: "not"; readonly other?: true; readonly body: BodyExpr; readonly span: Span }
  | { readonly kind: "and" | "or"; readonly parts: readonly BodyExpr[]; readonly span: Span }
  | { readonly kind: "true"; readonly span: Span };

export type RuleHead =
  /** `positional` holds the eight FML terms Us,Hs,As,Ud,Hd,Ad,Prot,Req where that form was written. */
  | {
      readonly kind: "verdict";
      readonly verdict: "allow" | "deny" | "pass";
      readonly positional?: readonly TermExpr[];
      readonly span: Span;
    }
  | { readonly kind: "limit" | "reserve"; readonly rate: RateExpr; readonly span: Span }
  | { readonly kind: "waypoint" | "avoid"; readonly nodes: readonly Name[]; readonly span: Span }
  | { readonly kind: "atom"; readonly relation: Name; readonly terms: readonly TermExpr[]; readonly span: Span };

export interface RuleExpr {
  readonly label?: Label;
  readonly head: RuleHead;
  /** Absent for a fact. */
  readonly body?: BodyExpr;
  readonly from?: TimeExpr;
  readonly to?: TimeExpr;
  readonly span: Span;
}

export interface Label {
  readonly name: Name;
  /** The quoted words behind it: `@call "weekly sync"`. */
  readonly note?: string;
}

// ---------------------------------------------------------------- statements

export type WrittenStatement =
  | {
      readonly kind: "command";
      readonly command: CommandExpr;
      readonly label?: Label;
      readonly speaker?: Name;
      /** Trace form `True <- root : …`. */
      readonly expected?: boolean;
      readonly span: Span;
    }
  /** `begin. … commit.`: all or none. */
  | { readonly kind: "transaction"; readonly statements: readonly WrittenStatement[]; readonly span: Span }
  | { readonly kind: "flowgroup"; readonly name: Name; readonly flows: FlowExpr; readonly span: Span }
  /** `default deny.` and `default fragments allow.` */
  | {
      readonly kind: "default";
      readonly of: "verdict" | "fragments";
      readonly verdict: "allow" | "deny";
      readonly span: Span;
    }
  | { readonly kind: "include"; readonly path: Name; readonly span: Span }
  | {
      readonly kind: "extern";
      readonly relation: Name;
      readonly sorts: readonly Name[];
      readonly format: "csv" | "json";
      readonly path: Name;
      /** JSON: a path to the rows, `$.suspended[*].login`. */
      readonly select?: Name;
      readonly columns: readonly Name[];
      readonly where?: { readonly column: Name; readonly equals: Name };
      /** `allow empty`: the relation may be empty even under a deny. Its file must be there. */
      readonly allowEmpty: boolean;
      readonly span: Span;
    }
  | { readonly kind: "rule"; readonly rule: RuleExpr; readonly span: Span }
  | {
      readonly kind: "policy";
      readonly name: Name;
      /** Absent: rootShare. */
      readonly share?: Name;
      /** `as root`, `as Alice`: the policy's speaker. */
      readonly speaker?: Name;
      readonly guard: boolean;
      readonly ordered: boolean;
      readonly rules: readonly RuleExpr[];
      readonly span: Span;
    }
  /** Left decides first. The name `requests` stands for the share's own requests. */
  | { readonly kind: "cascade"; readonly policies: readonly Name[]; readonly span: Span }
  | {
      readonly kind: "assert";
      readonly assertion:
        | { readonly kind: "verdict"; readonly verdict: "allow" | "deny"; readonly flows: FlowExpr }
        | {
            readonly kind: "reserved";
            readonly flows: FlowExpr;
            readonly operator: "<=" | ">=";
            readonly rate: RateExpr;
          };
      readonly at: TimeExpr | { readonly kind: "always"; readonly span: Span } | undefined;
      readonly span: Span;
    };

/** One parsed file. Statements that could not be parsed are missing; their diagnostics say why. */
export interface File {
  readonly statements: readonly WrittenStatement[];
  readonly span: Span;
}
