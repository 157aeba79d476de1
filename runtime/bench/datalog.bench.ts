/**
 * The Datalog engine: what one change costs among 1,000 to 100,000 facts, and what a cold load costs. Two shapes: a
 * join of three relations with negation, and a policy (nested groups, grants by prefix, deny by negation).
 */
import {
  Engine,
  type Changes,
  type Constant,
  type ProgramOptions,
  type Rule,
  type Term,
  type Tuple,
} from "#compiler/datalog/index.ts";
import { RuleView } from "#compiler/datalog/view.ts";
import { measure, medianStep } from "./measure.ts";
import { random } from "./random.ts";
import type { Report } from "./report.ts";

export const name = "datalog";

type Fact = readonly [relation: string, tuple: Tuple];

/** `X`: a variable, `_`: anonymous, `not p`: negated. */
function atom(text: string, ...terms: readonly string[]): Rule["body"][number] {
  const negated = text.startsWith("not ");
  const relation = negated ? text.slice("not ".length) : text;
  const term = (each: string): Term => (each === "_" ? { kind: "anonymous" } : { kind: "variable", name: each });
  return { negated, atom: { relation, terms: terms.map(term) } };
}

function rule(head: Rule["body"][number], ...body: Rule["body"]): Rule {
  return { head: head.atom, body };
}

interface Shape {
  readonly options: ProgramOptions;
  readonly facts: readonly Fact[];
  /** Facts to come and go, each as one change. */
  readonly changes: readonly Fact[];
}

/** `p(X, W) <= e(X, Y), f(Y, Z), h(Z, W), not g(X, W)`, each value in about three facts of each relation. */
function join(n: number): Shape {
  const below = random(n);
  const values = Math.ceil(n / 12);
  const seen = new Set<string>();
  const fact = (relation: string): Fact => {
    for (;;) {
      const tuple = [below(values), below(values)];
      const key = `${relation} ${tuple.join(" ")}`;
      if (seen.has(key)) continue;
      seen.add(key);
      return [relation, tuple];
    }
  };
  const relations = ["e", "f", "h", "g"];
  const rules = [
    rule(atom("p", "X", "W"), atom("e", "X", "Y"), atom("f", "Y", "Z"), atom("h", "Z", "W"), atom("not g", "X", "W")),
  ];
  return {
    options: { rules },
    facts: Array.from({ length: n }, (_, at) => fact(relations[at % 4]!)),
    changes: Array.from({ length: 400 }, (_, at) => fact(relations[at % 4]!)),
  };
}

const contains = (prefix?: Constant, address?: Constant): boolean => {
  const [base, length] = String(prefix).split("/");
  return (Number(base) ^ Number(address)) >>> (32 - Number(length)) === 0;
};

/** Users in nested groups, grants of prefixes to groups on shares, requests; n facts, nine in ten are requests. */
function policy(n: number): Shape {
  const below = random(n);
  const groups = Math.ceil(n / 100);
  const users = Math.ceil(n / 25);
  const shares = Math.ceil(n / 200);
  const facts: Fact[] = [];
  for (let group = 1; group < groups; group++) {
    facts.push(["subgroup", [`g${group}`, `g${(group - 1) >> 2}`]]);
  }
  const groupOf: number[] = [];
  for (let user = 0; user < users; user++) {
    groupOf.push(below(groups));
    facts.push(["member", [`u${user}`, `g${groupOf[user]}`]]);
    if (user % 50 === 0) facts.push(["banned", [`u${user}`]]);
  }
  const grants: (readonly [share: string, base: number])[] = [];
  for (let group = 0; group < groups; group++) {
    grants.push([`s${below(shares)}`, below(256) << 24]);
    facts.push(["grant", [`g${group}`, grants[group]![0], `${grants[group]![1]}/8`]]);
  }
  let made = 0;
  /** Three in four requests ask for what a group of the user, some levels up, was granted. */
  const request = (): Fact => {
    const user = below(users);
    let group = groupOf[user]!;
    for (let up = below(4); up > 0 && group > 0; up--) group = (group - 1) >> 2;
    const [share, base] = below(4) > 0 ? grants[group]! : ([`s${below(shares)}`, 0] as const);
    return ["request", [`r${made++}`, `u${user}`, share, base | below(1 << 24)]];
  };
  const rules = [
    rule(atom("in_group", "U", "G"), atom("member", "U", "G")),
    rule(atom("in_group", "U", "G"), atom("in_group", "U", "H"), atom("subgroup", "H", "G")),
    rule(atom("may", "U", "S", "P"), atom("in_group", "U", "G"), atom("grant", "G", "S", "P")),
    rule(
      atom("flow", "R", "A"),
      atom("request", "R", "U", "S", "A"),
      atom("may", "U", "S", "P"),
      atom("contains", "P", "A"),
      atom("not banned", "U"),
    ),
    rule(atom("reject", "R"), atom("request", "R", "_", "_", "_"), atom("not flow", "R", "_")),
  ];
  while (facts.length < n) facts.push(request());
  return {
    options: { rules, builtins: { contains: { kind: "test", arity: 2, test: contains } } },
    facts,
    changes: Array.from({ length: 400 }, request),
  };
}

function loaded({ options, facts }: Shape): Engine {
  const engine = new Engine(options);
  engine.transact({ insert: facts });
  return engine;
}

async function changing(title: string, n: number, shape: Shape, report: Report): Promise<void> {
  // What is slow has been warmed up by what is fast.
  const { cpu } = await measure(() => loaded(shape), n > 10_000 ? { runs: 2, warm: 0 } : { runs: 3, warm: 1 });
  report({ case: `${title}: cold load`, n, figure: cpu, unit: "ms CPU", bound: 1_500, growth: 1.3 });
  const engine = loaded(shape);
  const { changes } = shape;
  const step = (change: (fact: Fact) => Changes) => (at: number) => void engine.transact(change(changes[at]!));
  const insert = step((fact) => ({ insert: [fact] }));
  const retract = step((fact) => ({ retract: [fact] }));
  for (let at = 0; at < changes.length; at++) insert(at);
  for (let at = 0; at < changes.length; at++) retract(at);
  const one = (what: string, figure: number): void =>
    report({ case: `${title}: ${what}, median`, n, figure, unit: "ms", bound: 0.05, growth: 0.3 });
  one("insertion", medianStep(changes.length, insert));
  one("retraction", medianStep(changes.length, retract));
  const attempt = (at: number): void =>
    void engine.attempt({ insert: [changes[at]!] }, () => ({ commit: false, value: undefined }));
  one("attempt undone", medianStep(changes.length, attempt));
  const flap = (): void => {
    insert(0);
    retract(0);
  };
  one("one fact in and out", medianStep(2_000, flap));
}

const columns = { id: "string", share: "string", rate: "number" } as const;

/** A table of n rules with a subscriber; what one more and one less cost, told change included. */
async function viewing(n: number, report: Report): Promise<void> {
  const rows = Array.from({ length: n }, (_, at) => ({ id: `rule ${at}`, share: `s${at % 50}`, rate: at }));
  const { cpu } = await measure(() => new RuleView(columns).apply({ inserted: rows, retracted: [] }), { runs: 3 });
  report({ case: "view: cold load", n, figure: cpu, unit: "ms CPU", bound: 1_500, growth: 1.3 });
  const view = new RuleView(columns);
  view.apply({ inserted: rows, retracted: [] });
  view.subscribe(() => {});
  const one = (at: number) => ({ id: `more ${at}`, share: "s", rate: at });
  const insert = (at: number): void => view.apply({ inserted: [one(at)], retracted: [] });
  const retract = (at: number): void => view.apply({ inserted: [], retracted: [one(at)] });
  const step = { n, unit: "ms", bound: 0.05, growth: 0.3 };
  report({ case: "view: insertion, median", figure: medianStep(400, insert), ...step });
  report({ case: "view: retraction, median", figure: medianStep(400, retract), ...step });
}

/** Heap after n requests came and went, beside 1,000 that stay. */
function soaking(report: Report): void {
  const { options, facts } = policy(1_000);
  const engine = new Engine(options);
  engine.transact({ insert: facts });
  const view = new RuleView(columns);
  view.apply({
    inserted: Array.from({ length: 1_000 }, (_, at) => ({ id: `${at}`, share: "s", rate: at })),
    retracted: [],
  });
  let made = 0;
  for (const n of [10_000, 100_000, 1_000_000]) {
    for (; made < n; made++) {
      const request: Fact = ["request", [`request ${made}`, "u1", "s1", made]];
      engine.transact({ insert: [request] });
      engine.transact({ retract: [request] });
      const row = { id: `request ${made}`, share: "s1", rate: made };
      view.apply({ inserted: [row], retracted: [] });
      view.apply({ inserted: [], retracted: [row] });
    }
    globalThis.gc?.();
    const figure = process.memoryUsage().heapUsed / 2 ** 20;
    report({ case: "soak: heap after n requests came and went", n, figure, unit: "MB", growth: 0.05 });
  }
}

export async function run(report: Report): Promise<void> {
  for (const n of [1_000, 10_000, 100_000]) {
    await changing("join of 3 with negation", n, join(n), report);
    await changing("policy", n, policy(n), report);
    await viewing(n, report);
  }
  soaking(report);
}
