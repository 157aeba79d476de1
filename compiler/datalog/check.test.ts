/** The diagnostics of the checks, as text with line and column. */
import test from "ava";
import { locate } from "../source.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { checkProgram, Engine, type ProgramOptions } from "./index.ts";
import { readRules } from "./testing/read.ts";

function printed({ code, message, span, related, help }: Diagnostic): string[] {
  return [
    `${span === undefined ? "?" : locate(span)} ${code} ${message}`,
    ...related.map((each) => `  ${locate(each.span)} ${each.message}`),
    ...(help === undefined ? [] : [`  help: ${help}`]),
  ];
}

function findings(text: string, options: Partial<ProgramOptions> = {}): string {
  return checkProgram({ rules: readRules(text, "p"), ...options })
    .flatMap(printed)
    .join("\n");
}

const externals = { overlaps: { arity: 2, patterns: ["bf", "fb"], enumerate: () => [] } } as const;

test("good rules have no findings", (t) => {
  const text = `
    t(X, Y) <= e(X, Y).
    t(X, Z) <= t(X, Y), e(Y, Z), not banned(Z), not gone(Z, _).
    n(X, count(Y)) <= t(X, Y).
    big(X, M) <= n(X, N), N >= 3, M = N, plus(N, 1, K), K != 9.
    hit(Q, P) <= q(Q), overlaps(Q, P), not overlaps(P, P).
    z <= not t(1, 2).
    fact(1, "a b").`;
  t.is(findings(text, { externals }), "");
});

test("a long chain of relations has no findings, in either order", (t) => {
  const rules = Array.from({ length: 20_000 }, (_, i) => `r${i + 1}(X) <= r${i}(X).`);
  t.is(findings(rules.join("\n")), "");
  t.is(findings(rules.slice(0, 2000).toReversed().join("\n")), "");
});

test("E301: a head variable that nothing binds", (t) => {
  t.is(
    findings("outside(H) <= not lab(H).\np(X, Y) <= q(X).\nf(X).\ng(sum(R)) <= q(_)."),
    `p:1:23 E302 \`H\` is bound only under \`not lab\`
  help: write a positive relation that lists its values, or \`_\` to ask that none has it
p:2:6 E301 \`Y\` in the head of \`p\` is not bound by a positive relation
  help: add a relation that lists the values of \`Y\`
p:3:3 E301 \`X\` in the head of \`f\` is not bound by a positive relation
  help: add a relation that lists the values of \`X\`
p:4:3 E301 \`R\` in the head of \`g\` is not bound by a positive relation
  help: add a relation that lists the values of \`R\``,
  );
});

test("E303: a comparison or a function of an unbound variable; only the root cause is reported", (t) => {
  t.is(
    findings("p(S) <= plus(A, 1, B), plus(B, 1, S), S < 9.\nq(X) <= r(X), X < _."),
    `p:1:14 E303 \`A\` in \`plus\` is not bound
  help: add a relation that lists the values of \`A\`
p:2:19 E303 \`_\` in \`<\` is not bound
  help: \`<\` is asked for known values: write a variable here, and a relation that lists its values`,
  );
});

test("E311: an external relation asked without what its index needs", (t) => {
  t.is(
    findings("p(X, Y) <= overlaps(X, Y).", { externals }),
    "p:1:12 E311 `overlaps` cannot be asked here: `X`, or `Y` must be known",
  );
});

test("E312, E313: heads that no rule may have", (t) => {
  t.is(
    findings("overlaps(X, Y) <= e(X, Y).\nplus(1, 2, 4).\np(_) <= q(_).", { externals }),
    "p:1:1 E312 `overlaps` is given from outside and cannot be defined by a rule\n" +
      "p:2:1 E312 `plus` is built in and cannot be defined by a rule",
  );
  t.is(
    findings("p(_) <= q(_)."),
    "p:1:3 E313 `_` in the head of `p` stands for no value\n  help: write a variable that the body lists",
  );
});

test("E201, E202: unknown names and other arities", (t) => {
  t.is(
    findings("p(X) <= e(X, _), e(X).\nr(X) <= p(X, X), f(X).", { base: { e: 2 } }),
    `p:1:18 E202 \`e\` takes 2 terms, but 1 is given
p:2:9 E202 \`p\` takes 1 term, but 2 are given
  p:1:1 \`p\` has 1 term here
p:2:18 E201 unknown relation \`f\``,
  );
});

test("E203: one variable, two sorts, also through rules that declare nothing", (t) => {
  const sorts = { user_host: ["user", "host"], staff: ["user"], public: ["host"] };
  t.is(
    findings("p(X) <= staff(X), public(X).\nmine(H) <= user_host(_, H).\nbad(H) <= mine(H), staff(H).", { sorts }),
    `p:1:26 E203 \`X\` is a user (\`staff\`), but \`public\` needs a host
  p:1:15 \`X\` is a user here
  help: one variable holds values of one kind: write another one there, and join them by a relation
p:3:26 E203 \`H\` is a host (\`mine\`), but \`staff\` needs a user
  p:3:16 \`H\` is a host here
  help: one variable holds values of one kind: write another one there, and join them by a relation`,
  );
});

test("E401, E403: cycles through negation and aggregates, with their path", (t) => {
  t.is(
    findings("good(X) <= u(X), not bad(X).\nbad(X) <= odd(X).\nodd(X) <= u(X), good(X)."),
    `p:1:22 E401 \`good\` depends on its own negation: good → not bad → odd → good
  p:2:11 \`bad\` depends on \`odd\` here
  p:3:17 \`odd\` depends on \`good\` here
  help: define one of these relations without the others`,
  );
  t.is(
    findings("win(X) <= move(X, Y), not win(Y)."),
    "p:1:27 E401 `win` depends on its own negation: win → not win\n  help: define one of these relations without the others",
  );
  t.is(
    findings("load(X, sum(N)) <= part(X, N).\npart(X, N) <= load(Y, N), e(X, Y)."),
    `p:1:20 E403 \`load\` depends on an aggregate over itself: load → aggregate of part → load
  p:2:15 \`part\` depends on \`load\` here
  help: define one of these relations without the others`,
  );
});

test("the engine refuses what the check refuses", (t) => {
  const error = t.throws(() => new Engine({ rules: readRules("p(X) <= not q(X).") }), { name: "ProgramError" });
  t.regex(error.message, /^E302 /);
});
