/** Random programs and random histories of changes, small enough that everything meets everything. */
import fc from "fast-check";
import {
  checkProgram,
  type Changes,
  type External,
  type HeadTerm,
  type Literal,
  type ProgramOptions,
  type Rule,
  type Term,
  type Tuple,
} from "../index.ts";

/** Relations with their arity. Rules may define `p` to `t`; changes touch all of them. */
export const relations = { e: 2, f: 2, u: 1, z: 0, p: 1, q: 2, r: 2, s: 1, t: 3 } as const;
const heads = ["p", "q", "r", "s", "t"] as const;
const bodies = [...Object.keys(relations), "e", "f", "q", "r"] as (keyof typeof relations)[];

const constant: fc.Arbitrary<number> = fc.integer({ min: 0, max: 3 });

const variable: fc.Arbitrary<Term> = fc.constantFrom("X", "Y", "Z", "W").map((name) => ({ kind: "variable", name }));

const term: fc.Arbitrary<Term> = fc.oneof(
  { weight: 12, arbitrary: variable },
  { weight: 2, arbitrary: constant.map((value): Term => ({ kind: "constant", value })) },
  { weight: 2, arbitrary: fc.constant<Term>({ kind: "anonymous" }) },
);

function literal(relation: string, arity: number): fc.Arbitrary<Literal> {
  return fc.record({
    negated: fc.nat(3).map((roll) => roll === 0),
    atom: fc.record({ relation: fc.constant(relation), terms: fc.array(term, { minLength: arity, maxLength: arity }) }),
  });
}

const bodyLiteral: fc.Arbitrary<Literal> = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom(...bodies).chain((name) => literal(name, relations[name])) },
  { weight: 1, arbitrary: fc.constantFrom("=", "!=", "<", "<=").chain((name) => literal(name, 2)) },
  { weight: 1, arbitrary: literal("next", 2) },
  { weight: 2, arbitrary: fc.constantFrom("near", "all").chain((name) => literal(name, 2)) },
);

const aggregate: fc.Arbitrary<HeadTerm> = fc.record({
  kind: fc.constant("aggregate" as const),
  function: fc.constantFrom("min", "max", "sum", "count"),
  variable: fc.constantFrom("X", "Y", "Z"),
});

const rule: fc.Arbitrary<Rule> = fc.constantFrom(...heads).chain((relation) => {
  const arity = relations[relation];
  const headTerm = fc.oneof(
    { weight: 15, arbitrary: term as fc.Arbitrary<HeadTerm> },
    { weight: 1, arbitrary: aggregate },
  );
  return fc.record({
    head: fc.record({
      relation: fc.constant(relation),
      terms: fc.array(headTerm, { minLength: arity, maxLength: arity }),
    }),
    body: fc.array(bodyLiteral, { maxLength: 4 }),
  });
});

/** A function, so that rules compute: the next number below 4. */
export const builtins: NonNullable<ProgramOptions["builtins"]> = {
  next: {
    kind: "function",
    arity: 2,
    apply: (value) => (typeof value === "number" && value < 3 ? value + 1 : undefined),
  },
};

/** An external over a list that the caller may replace. It may answer with more than was asked. */
export function external(patterns: readonly string[], tuples: () => readonly Tuple[]): External {
  return {
    arity: 2,
    patterns,
    enumerate: (pattern, terms) =>
      tuples().filter((tuple) => pattern.startsWith("f") || terms[0] === undefined || tuple[0] === terms[0]),
  };
}

export const externalPatterns = { near: ["bf", "fb"], all: ["ff"] } as const;

const askable: NonNullable<ProgramOptions["externals"]> = Object.fromEntries(
  Object.entries(externalPatterns).map(([name, patterns]) => [name, external(patterns, () => [])]),
);

/** A random rule made safe: each unbound variable becomes one that the positive atoms bind. Most are unsafe. */
function mended(rule: Rule): Rule {
  const stored = ({ negated, atom }: Literal): boolean => !negated && Object.hasOwn(relations, atom.relation);
  const bound = rule.body
    .filter(stored)
    .flatMap(({ atom }) => atom.terms.flatMap((each) => (each.kind === "variable" ? [each.name] : [])));
  const mend = <Kind extends HeadTerm>(each: Kind, at: number, anonymous: boolean): Kind => {
    const name = each.kind === "aggregate" ? each.variable : each.kind === "variable" ? each.name : "";
    if (each.kind === "constant" || (each.kind === "anonymous" && anonymous) || bound.includes(name)) return each;
    const other = bound[at % bound.length];
    if (other === undefined) return { kind: "constant", value: at } as Kind;
    return (each.kind === "aggregate" ? { ...each, variable: other } : { kind: "variable", name: other }) as Kind;
  };
  return {
    head: { ...rule.head, terms: rule.head.terms.map((each, at) => mend(each, at, false)) },
    body: rule.body.map((literal) => {
      if (!literal.negated) return literal;
      const terms = literal.atom.terms.map((each, at) => mend(each, at, true));
      return { ...literal, atom: { ...literal.atom, terms } };
    }),
  };
}

/** Programs that pass the check: rules that do not are left out, one after the other. */
export const program: fc.Arbitrary<Rule[]> = fc
  .array(rule, { minLength: 1, maxLength: 14, size: "max" })
  .map((rules) => {
    const kept: Rule[] = [];
    for (const each of rules) {
      const next = [...kept, mended(each)];
      if (checkProgram({ rules: next, builtins, externals: askable, base: relations }).length === 0)
        kept.push(next.at(-1)!);
    }
    return kept;
  });

const fact: fc.Arbitrary<readonly [string, Tuple]> = fc
  .constantFrom("e", "e", "e", "f", "f", "u", "z", ...heads)
  .chain((name) =>
    fc.tuple(fc.constant(name), fc.array(constant, { minLength: relations[name], maxLength: relations[name] })),
  );

/** Tuples to flip in an external. */
const flips = fc.record({
  near: fc.array(fc.tuple(constant, constant), { maxLength: 2 }),
  all: fc.array(fc.tuple(constant, constant), { maxLength: 1 }),
});

export interface Step {
  readonly insert: NonNullable<Changes["insert"]>;
  readonly retract: NonNullable<Changes["retract"]>;
  readonly flips: { readonly near: readonly Tuple[]; readonly all: readonly Tuple[] };
}

const nothing: Step["flips"] = { near: [], all: [] };

export const history: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    insert: fc.array(fact, { maxLength: 4 }),
    retract: fc.array(fact, { maxLength: 3 }),
    flips: fc.oneof({ weight: 2, arbitrary: fc.constant(nothing) }, { weight: 1, arbitrary: flips }),
  }),
  { minLength: 3, maxLength: 12 },
);
