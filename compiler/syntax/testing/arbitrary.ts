/** Random syntax trees, for tests: everything that the grammar can say, with names that are easily misread. */
import fc, { type Arbitrary } from "fast-check";
import { HEADS, KEYWORDS } from "#grammar/tokens.ts";
import { DOMAINS, FIELDS } from "../../flowgroup/fields.ts";
import { LAST_SECOND, MAX_V4, MAX_V6, prefixOf } from "../../net/index.ts";
import type { Span } from "../../source.ts";
import type {
  BodyExpr,
  CommandExpr,
  FlowExpr,
  Name,
  PrivilegeExpr,
  RuleExpr,
  Scalar,
  WrittenStatement,
  TermExpr,
  TimeExpr,
  ValueExpr,
} from "../ast.ts";
import { printWhole } from "../print.ts";

const span: Span = { source: { name: "random", text: "" }, start: 0, end: 0 };

const texts = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom("Alice", "net0", "a-b", "_x", "Ärzte", "名前", "x1") },
  { weight: 2, arbitrary: fc.constantFrom(...Object.keys(KEYWORDS), "true", "root", "guard", "dstPort", "user") },
  { weight: 1, arbitrary: fc.constantFrom(...Object.keys(HEADS)) },
  {
    weight: 1,
    arbitrary: fc.constantFrom("10 north wing", 'say "hi"', "a\\b", "line\nbreak\ttab\r", "web.example", "7"),
  },
  { weight: 1, arbitrary: fc.string({ minLength: 1, maxLength: 6 }) },
);

/** Names; whether they were quoted is lost on purpose. */
export const names: Arbitrary<Name> = texts.map((text) => ({ text, quoted: true, span }));

const label = fc.option(
  fc
    .record({ name: names, note: fc.option(texts, { nil: undefined }) })
    .map(({ name, note }) => ({ name, ...(note !== undefined && { note }) })),
  { nil: undefined },
);

// ---------------------------------------------------------------- values

const v4 = fc.integer({ min: 0, max: MAX_V4 }).map((value) => ({ family: 4, value }) as const);
const v6 = fc
  .oneof(fc.bigInt(0n, MAX_V6), fc.bigInt(0n, 0xffffffffffffn))
  .map((value) => ({ family: 6, value }) as const);
const ips = fc.oneof(v4, v6);
const numbers = fc.oneof(fc.integer({ min: 0, max: 70_000 }), fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }));

const named: Arbitrary<Scalar> = names.map((name) => ({ kind: "name", name, span }));
const ap: Arbitrary<Scalar> = fc
  .tuple(names, fc.oneof(fc.integer({ min: 0, max: 99 }), names))
  .map(([name, port]) => ({ kind: "ap", switch: name, port, span }));
const ip: Arbitrary<Scalar> = ips.map((address) => ({ kind: "ip", address, span }));
const mac: Arbitrary<Scalar> = fc
  .integer({ min: 0, max: 2 ** 48 - 1 })
  .map((address) => ({ kind: "mac", address, span }));

function scalars(max: number, min: number = 0): Arbitrary<Scalar> {
  const number: Arbitrary<Scalar> = fc.integer({ min, max }).map((value) => ({ kind: "number", value, span }));
  return fc.oneof(number, named, ap, ip, mac);
}

function values(max: number): Arbitrary<ValueExpr> {
  const number = (value: number): Scalar => ({ kind: "number", value, span });
  const range = fc.oneof(
    fc.tuple(fc.integer({ min: 0, max }), fc.integer({ min: 0, max })).map((ends) => {
      const [low, high] = ends.toSorted((a, b) => a - b) as [number, number];
      return { kind: "range", low: number(low), high: number(high), span } as const;
    }),
    fc.tuple(v4, v4).map((ends) => {
      const [low, high] = ends.toSorted((a, b) => a.value - b.value) as [(typeof ends)[0], (typeof ends)[0]];
      return {
        kind: "range",
        low: { kind: "ip", address: low, span },
        high: { kind: "ip", address: high, span },
        span,
      } as const;
    }),
  );
  const prefix = fc
    .oneof(fc.tuple(v4, fc.integer({ min: 0, max: 32 })), fc.tuple(v6, fc.integer({ min: 0, max: 128 })))
    .map(([address, length]) => ({ kind: "prefix", prefix: prefixOf(address, length), span }) as const);
  const one: Arbitrary<ValueExpr> = fc.oneof(scalars(max), range, prefix);
  return fc.oneof(
    { weight: 3, arbitrary: one },
    {
      weight: 1,
      arbitrary: fc
        .array(one, { minLength: 1, maxLength: 3 })
        .map((all) => ({ kind: "set", values: all, span }) as const),
    },
  );
}

function maximum(field: (typeof FIELDS)[number]): number {
  const domain = DOMAINS[field];
  return domain.kind === "number" ? domain.max : 99;
}

// ---------------------------------------------------------------- flowgroups, rates, times

const terms: Arbitrary<FlowExpr> = fc
  .tuple(
    fc
      .uniqueArray(fc.constantFrom(...FIELDS), { maxLength: 3 })
      .chain((fields) =>
        fc.tuple(
          ...fields.map((field) =>
            fc
              .record({ negated: fc.boolean(), value: values(maximum(field)) })
              .map(({ negated, value }) => ({ kind: "field", field, fieldSpan: span, negated, value, span }) as const),
          ),
        ),
      ),
    fc.array(
      names.map((name) => ({ kind: "named", name, span }) as const),
      { maxLength: 2 },
    ),
  )
  .map(([fields, groups]) => [...fields, ...groups])
  .filter((all) => all.length > 0)
  .map((all) => ({ kind: "terms", terms: all, span }));

const flows: Arbitrary<FlowExpr> = fc.letrec<{ flow: FlowExpr }>((tie) => ({
  flow: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    { weight: 1, arbitrary: fc.constant<FlowExpr>({ kind: "all", span }) },
    { weight: 3, arbitrary: terms },
    {
      weight: 1,
      arbitrary: fc
        .record({ kind: fc.constantFrom("and", "except", "or"), left: tie("flow"), right: tie("flow") })
        .map((parts) => ({ ...parts, span }) as FlowExpr),
    },
  ),
})).flow;

const bits = fc.oneof(
  fc.constantFrom(1, 64, 10_000_000, 2_500_000_000),
  fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
);
const rate = bits.map((n) => ({ bits: n, span }));
const seconds = fc.oneof(fc.constantFrom(0, 1, 600, 5_400, 86_400), fc.integer({ min: 0, max: 10 ** 9 }));
const time: Arbitrary<TimeExpr> = fc.oneof(
  fc.constant<TimeExpr>({ kind: "now", span }),
  fc.constant<TimeExpr>({ kind: "forever", span }),
  seconds.map((n): TimeExpr => ({ kind: "relative", seconds: n, span })),
  fc
    .oneof(seconds, fc.integer({ min: 0, max: LAST_SECOND }))
    .map((n): TimeExpr => ({ kind: "absolute", seconds: n, span })),
);
const during = fc.record({ from: time, to: time }, { requiredKeys: [] });

// ---------------------------------------------------------------- commands

const nodes = fc.array(names, { minLength: 1, maxLength: 3 });
const privilege: Arbitrary<PrivilegeExpr> = fc.oneof(
  fc.record({ kind: fc.constantFrom("allow", "deny", "hint", "query"), value: fc.boolean(), span: fc.constant(span) }),
  fc.record({
    kind: fc.constantFrom("reserve", "limit"),
    bound: fc.constantFrom("<=", ">="),
    rate,
    span: fc.constant(span),
  }),
  fc.record({ kind: fc.constantFrom("capacity", "fill"), rate, span: fc.constant(span) }),
  fc.record({ kind: fc.constantFrom("waypoint", "avoid"), nodes, span: fc.constant(span) }),
  fc.record({ kind: fc.constantFrom("requests", "entries"), count: numbers, span: fc.constant(span) }),
);
const privileges = fc.uniqueArray(privilege, {
  maxLength: 4,
  selector: (one) => ("bound" in one ? one.kind + one.bound : one.kind),
});

const request: Arbitrary<CommandExpr> = fc
  .tuple(
    fc.oneof(
      fc.record({ action: fc.constantFrom("allow", "deny") }),
      fc.record({ action: fc.constantFrom("reserve", "limit"), rate }),
      fc.record({ action: fc.constantFrom("waypoint", "avoid"), nodes }),
    ),
    fc.record({ flows, bothWays: fc.boolean(), mode: fc.constantFrom("strict", "partial"), share: names }),
    during,
  )
  .map(([what, how, when]) => ({ kind: "request", ...what, ...how, ...when }) as CommandExpr);

const hint = fc.oneof(
  seconds.map((n) => ({ kind: "duration", seconds: n }) as const),
  numbers.map((n) => ({ kind: "size", bits: n }) as const),
  time.map((deadline) => ({ kind: "deadline", time: deadline }) as const),
  fc.constantFrom("low", "normal", "high").map((priority) => ({ kind: "priority", priority }) as const),
);

const query = fc.oneof(
  names.map((share) => ({ kind: "GetSchedule", share }) as const),
  fc.constantFrom({ kind: "ListShares" } as const, { kind: "ListUsers" } as const, { kind: "ListRequests" } as const),
  fc.record({ kind: fc.constantFrom("ListSharesByFlowGroup", "ListRequestsByFlowGroup", "Traffic"), flows }),
  names.map((share) => ({ kind: "ListRequests", share }) as const),
  names.map((request) => ({ kind: "Explain", request }) as const),
  fc
    .tuple(
      fc.record({ kind: fc.constant("Available"), rate, flows, share: names }),
      // For no time nothing is available: the parser refuses it.
      fc.record({ seconds: seconds.filter((n) => n > 0) }, { requiredKeys: [] }),
    )
    .map(([a, b]) => ({ ...a, ...b })),
);

/** Random commands of every kind, and how often each is drawn: a new kind does not compile without its own. */
const COMMANDS: Readonly<
  Record<CommandExpr["kind"], { readonly weight: number; readonly arbitrary: Arbitrary<object> }>
> = {
  request: { weight: 4, arbitrary: request },
  NewShare: { weight: 2, arbitrary: fc.record({ share: names, flows, privileges, parent: names }) },
  AddUser: { weight: 1, arbitrary: fc.record({ user: names }) },
  RemoveUser: { weight: 1, arbitrary: fc.record({ user: names }) },
  RemoveShare: { weight: 1, arbitrary: fc.record({ share: names, cascade: fc.boolean() }) },
  Grant: { weight: 1, arbitrary: fc.record({ share: names, user: names }) },
  GrantDefault: { weight: 1, arbitrary: fc.record({ share: names }) },
  Revoke: { weight: 1, arbitrary: fc.record({ share: names, user: names, withRequests: fc.boolean() }) },
  Cancel: { weight: 1, arbitrary: fc.record({ request: names }) },
  hint: {
    weight: 1,
    arbitrary: fc.tuple(fc.record({ flows, hint, share: names }), during).map(([what, when]) => ({ ...what, ...when })),
  },
  Tick: { weight: 1, arbitrary: fc.record({ seconds }) },
  query: { weight: 2, arbitrary: fc.record({ query }) },
};

const command = fc.oneof(
  ...Object.entries(COMMANDS).map(([kind, { weight, arbitrary }]) => ({
    weight,
    arbitrary: arbitrary.map((what) => ({ kind, ...what }) as CommandExpr),
  })),
);

// ---------------------------------------------------------------- rules

const variable: Arbitrary<TermExpr> = fc
  .constantFrom("X", "Us", "_host", "Über", "_1")
  .map((name) => ({ kind: "variable", name, span }));
const constant: Arbitrary<TermExpr> = scalars(Number.MAX_SAFE_INTEGER, -10).map((value) => ({
  kind: "value",
  value,
  span,
}));
const term: Arbitrary<TermExpr> = fc.oneof(
  variable,
  fc.constant<TermExpr>({ kind: "anonymous", span }),
  values(Number.MAX_SAFE_INTEGER).map((value): TermExpr => ({ kind: "value", value, span })),
);
const headTerm = fc.oneof(
  term,
  fc
    .constantFrom("min", "max", "sum", "count")
    .map((f) => ({ kind: "aggregate", function: f, variable: "X", span }) as const),
);

function isTrue(body: BodyExpr): boolean {
  return body.kind === "atom" && body.terms.length === 0 && body.relation.text === "true";
}

const condition: Arbitrary<BodyExpr> = fc
  .oneof(
    fc.record({
      kind: fc.constant("atom"),
      relation: names,
      terms: fc.array(term, { maxLength: 3 }),
      span: fc.constant(span),
    }),
    fc
      .constantFrom(...FIELDS)
      .chain((field) =>
        values(maximum(field)).map(
          (value) => ({ kind: "in", field: { text: field, quoted: false, span }, value, span }) as const,
        ),
      ),
    fc
      .tuple(fc.constantFrom("=", "!=", "<", "<=", ">", ">="), variable, fc.oneof(variable, constant), fc.boolean())
      .map(([operator, a, b, swap]) => ({ kind: "compare", operator, left: swap ? b : a, right: swap ? a : b, span })),
    fc.constant({ kind: "true", span }),
  )
  .filter((one) => !isTrue(one as BodyExpr)) as Arbitrary<BodyExpr>;

const body: Arbitrary<BodyExpr> = fc.letrec<{ body: BodyExpr }>((tie) => ({
  body: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    { weight: 3, arbitrary: condition },
    { weight: 1, arbitrary: tie("body").map((inner): BodyExpr => ({ kind: "not", body: inner, span })) },
    ...(["and", "or"] as const).map((kind) => ({
      weight: 1,
      arbitrary: fc.array(tie("body"), { minLength: 2, maxLength: 3 }).map((parts): BodyExpr => ({
        kind,
        parts: parts.flatMap((one) => (one.kind === kind ? one.parts : [one])),
        span,
      })),
    })),
  ),
})).body;

const head = fc.oneof(
  fc.constantFrom("allow", "deny", "pass").map((verdict) => ({ kind: "verdict", verdict, span })),
  fc
    .tuple(fc.constantFrom("allow", "deny", "pass"), fc.array(term, { minLength: 8, maxLength: 8 }))
    .map(([verdict, positional]) => ({ kind: "verdict", verdict, positional, span })),
  fc.record({ kind: fc.constantFrom("limit", "reserve"), rate, span: fc.constant(span) }),
  fc.record({ kind: fc.constantFrom("waypoint", "avoid"), nodes, span: fc.constant(span) }),
  fc.record({
    kind: fc.constant("atom"),
    relation: names,
    terms: fc.array(headTerm, { maxLength: 3 }),
    span: fc.constant(span),
  }),
);

/** Rules of policies and of relations. */
export const rules: Arbitrary<RuleExpr> = fc
  .tuple(head, fc.record({ body }, { requiredKeys: [] }), during, label)
  .map(([what, why, when, mark]) => ({ head: what, ...why, ...when, ...(mark && { label: mark }), span }) as RuleExpr);

// ---------------------------------------------------------------- statements

const commandStatement = fc
  .tuple(command, label, fc.record({ speaker: names, expected: fc.boolean() }, { requiredKeys: [] }))
  .map(
    ([what, mark, who]) =>
      ({ kind: "command", command: what, ...(mark && { label: mark }), ...who, span }) as WrittenStatement,
  );
const ruleStatement = rules.map((rule): WrittenStatement => ({ kind: "rule", rule, span }));

const assertion = fc.oneof(
  fc.record({ kind: fc.constant("verdict"), verdict: fc.constantFrom("allow", "deny"), flows }),
  fc.record({ kind: fc.constant("reserved"), flows, operator: fc.constantFrom("<=", ">="), rate }),
);
const at = fc.oneof(fc.constant(undefined), fc.constant({ kind: "always", span } as const), time);

const declaration = fc
  .oneof(
    fc.record({ kind: fc.constant("flowgroup"), name: names, flows }),
    fc.record({
      kind: fc.constant("default"),
      of: fc.constantFrom("verdict", "fragments"),
      verdict: fc.constantFrom("allow", "deny"),
    }),
    fc.record({ kind: fc.constant("include"), path: names }),
    fc.record(
      {
        kind: fc.constant("extern"),
        relation: names,
        sorts: fc.array(names, { minLength: 1, maxLength: 3 }),
        format: fc.constantFrom("csv", "json"),
        path: names,
        select: names,
        columns: fc.array(names, { maxLength: 3 }),
        where: fc.record({ column: names, equals: names }),
        allowEmpty: fc.boolean(),
      },
      { requiredKeys: ["kind", "relation", "sorts", "format", "path", "columns", "allowEmpty"] },
    ),
    fc
      .tuple(
        fc.record({ name: names, ordered: fc.boolean(), rules: fc.array(rules, { maxLength: 3 }) }),
        fc.record({ share: names }, { requiredKeys: [] }),
        fc.oneof(
          fc.constant({ guard: true }),
          names.map((speaker) => ({ guard: false, speaker })),
          fc.constant({ guard: false }),
        ),
      )
      .map(([what, where, as]) => ({ kind: "policy", ...what, ...where, ...as })),
    fc.record({ kind: fc.constant("cascade"), policies: fc.array(names, { minLength: 1, maxLength: 3 }) }),
    fc.record({ kind: fc.constant("assert"), assertion, at }),
    fc.record({ kind: fc.constant("transaction"), statements: fc.array(commandStatement, { maxLength: 2 }) }),
  )
  .map((what) => ({ ...what, span }) as WrittenStatement);

/** Statements of every kind; a counterexample is shown as text. */
export const statements: Arbitrary<WrittenStatement> = fc
  .oneof(
    { weight: 3, arbitrary: commandStatement },
    { weight: 2, arbitrary: ruleStatement },
    { weight: 2, arbitrary: declaration },
  )
  .map((one) => Object.defineProperty(one, fc.toStringMethod, { value: () => printWhole(one) }));
