/** Random policies: the factored cubes hold exactly the flows that grounding over a tiny universe gives. */
import test from "ava";
import fc from "fast-check";
import type { Flow } from "../../flowgroup/cube.ts";
import { holds, renderFlow } from "../../flowgroup/index.ts";
import { resolve } from "../../resolve/resolve.ts";
import { parseIp } from "../../net/index.ts";
import type { RuleExpr } from "../../syntax/ast.ts";
import { parse } from "../../syntax/parse.ts";
import { Ground } from "./testing/ground.ts";

const users = ["ann", "bob"];
const hosts = ["h1", "h2", "h3"];
const groups = ["g", "k"];
const ports = [80, 443];

const address = (host: string) => {
  const ip = parseIp(`10.0.0.${host.slice(1)}`);
  return ip.ok ? ip.value : undefined!;
};

/** Every flow that the policies can tell apart, and some that they cannot. */
const flows: Flow[] = [];
for (const user of [...users, "unknown"]) {
  for (const srcHost of [...hosts, "h9"].map(address)) {
    for (const dstHost of [...hosts, "h9"].map(address)) {
      const ip = { user, srcHost, dstHost, ethType: 0x0800 };
      for (const dstPort of [...ports, 8080]) flows.push({ ...ip, transport: 6, srcPort: 1, dstPort });
      flows.push({ ...ip, transport: 17, srcPort: 1, dstPort: 80 }, { ...ip, transport: 1 });
    }
  }
  flows.push({ user, ethType: 0x0806 });
}

const pick = <T>(...from: readonly T[]) => fc.constantFrom(...from);
const fact = fc.oneof(
  fc.tuple(pick(...users), pick(...groups)).map(([u, g]) => `member(${u}, ${g}).`),
  fc.tuple(pick(...hosts), pick(...groups)).map(([h, g]) => `tenant(${h}, ${g}).`),
  fc.tuple(pick(...hosts), pick(...hosts)).map(([a, b]) => `edge(${a}, ${b}).`),
  fc.tuple(pick(...groups), pick(...ports)).map(([g, p]) => `service(${g}, ${p}).`),
  pick(...hosts).map((h) => `special(${h}).`),
);

const positive = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(pick("srcHost", "dstHost"), pick("A", "B")).map(([f, v]) => `${f}(${v})`) },
  { weight: 2, arbitrary: pick("srcUser(U)", "srcUser(ann)", "dstPort(P)", "srcUser(_)") },
  { weight: 4, arbitrary: fc.tuple(pick("A", "B", "h1"), pick("S", "T", "g")).map(([v, g]) => `tenant(${v}, ${g})`) },
  { weight: 2, arbitrary: pick("edge(A, B)", "edge(B, A)", "reach(A, B)", "edge(A, _)", "edge(A, A)") },
  { weight: 2, arbitrary: pick("same(A, B)", "foreign(A, B, S, T)", "linked(A, S)") },
  { weight: 2, arbitrary: pick("member(U, S)", "member(U, g)", "service(S, P)", "special(A)", "special(B)") },
  {
    weight: 2,
    arbitrary: pick("web", "dstPort in 80-443", "transport(tcp)", "local(A)", "S != T", "A != B", "P >= 100"),
  },
  { weight: 1, arbitrary: pick("A = h1", "S in {g}", "A in {h1, h2}", "U != ann", "P in {80}", "B = A") },
);
const negative = fc.oneof(
  pick("special(A)", "special(B)", "edge(A, B)", "reach(B, A)", "tenant(A, S)", "tenant(B, _)", "member(U, S)"),
  pick("member(U, _)", "service(S, P)", "web", "dstPort in {80}", "srcHost(A)", "dstHost(h2)", "srcUser(ann)"),
  pick("same(A, B)", "edge(h1, _X)", "service(_, P)", "transport(icmp)", "(web, srcUser(bob))"),
);
const literal = fc.oneof({ weight: 3, arbitrary: positive }, { weight: 1, arbitrary: negative.map((l) => `not ${l}`) });
const conjunction = fc.array(literal, { minLength: 1, maxLength: 6 }).map((ls) => ls.join(", "));
const body = fc.oneof(
  { weight: 4, arbitrary: conjunction },
  { weight: 1, arbitrary: fc.tuple(conjunction, literal, literal).map(([c, a, b]) => `${c}, (${a} or ${b})`) },
);

const preamble = `default deny.
${hosts.map((h) => `host_ip(${h}, 10.0.0.${h.slice(1)}).`).join(" ")}
user_host(ann, h1). user_host(bob, h2).
`;
// One fact of each relation, so that none is empty; and views, recursion and predicates.
const definitions = `member(ann, g). tenant(h1, g). tenant(h2, k). edge(h1, h2). service(g, 80). special(h3).
same(A, B) <= tenant(A, T), tenant(B, T).
foreign(A, B, S, T) <= tenant(A, S), tenant(B, T), S != T.
linked(A, T) <= edge(A, B), tenant(B, T).
linked(A, T) <= tenant(A, T), special(A).
reach(A, B) <= edge(A, B).
reach(A, B) <= edge(A, C), reach(C, B).
web <= transport(tcp), dstPort in {80, 443}.
local(A) <= srcHost(A), special(A).
local(A) <= dstHost(A), tenant(A, g).
`;
const strata = ["member", "tenant", "edge", "service", "special", "same", "foreign", "linked", "reach"];

const rulesOf = (text: string): { relations: RuleExpr[]; policies: RuleExpr[] } => {
  const { file } = parse({ name: "p.fml", text });
  const relations = file.statements.flatMap((s) => (s.kind === "rule" ? [s.rule] : []));
  return { relations, policies: file.statements.flatMap((s) => (s.kind === "policy" ? s.rules : [])) };
};

/** What the variables of the texts above range over, by their first letter. */
const domains: Readonly<Record<string, readonly (string | number)[]>> = {
  U: [...users, "unknown"],
  A: [...hosts, "10.0.0.9"],
  B: [...hosts, "10.0.0.9"],
  C: hosts,
  S: groups,
  T: groups,
  P: [...ports, 8080, 1],
};

const universe = {
  values: (variable: string) => domains[variable[0]!]!,
  hosts: new Map(hosts.map((h) => [`10.0.0.${h.slice(1)}`, h])),
};

/** The first flow on which the two disagree; "" where there is none, undefined where the policy is refused. */
function disagreement(facts: readonly string[], ruleBody: string): string | undefined {
  const text = `${preamble}${definitions}${facts.join(" ")}\npolicy p { allow <= ${ruleBody}. }`;
  const source = { name: "p.fml", text };
  const parsed = parse(source);
  const { model, diagnostics } = resolve([{ source, file: parsed.file }], { now: 0, load: () => undefined });
  if ([...parsed.diagnostics, ...diagnostics].some((d) => d.severity === "error")) return undefined;
  const { relations, policies } = rulesOf(text);
  const ground = new Ground(universe, relations, new Set(["web", "local"]), strata);
  const cubes = model.policies[0]!.rules[0]?.cubes.map((c) => c.cube) ?? [];
  for (const flow of flows) {
    const expected = ground.matches(policies[0]!, flow);
    if (holds({ cubes }, flow) !== expected) {
      return `allow <= ${ruleBody}. | ${facts.join(" ")} | ${renderFlow(flow)}: expected ${expected}`;
    }
  }
  return "";
}

test("factored cubes hold exactly the flows that grounding gives", (t) => {
  let compared = 0;
  let refused = 0;
  fc.assert(
    fc.property(fc.array(fact, { maxLength: 8 }), body, (facts, ruleBody) => {
      const found = disagreement(facts, ruleBody);
      if (found === undefined) refused += 1;
      else compared += 1;
      fc.pre(found !== undefined);
      return found === "" || t.fail(found) || false;
    }),
    { numRuns: 150, seed: 7, maxSkipsPerRun: 1000 },
  );
  t.log(`${compared} compared, ${refused} refused`);
  t.true(compared >= 100);
});
