/** Rules that a network adds to admission: what is wrong with them is told, and where they stand they decide. */
import test from "ava";
import { decide, type Decided } from "../decide.ts";
import { renderLine } from "../diagnostics/index.ts";
import { replay } from "./replay.ts";
import { NOW, RULES } from "./testing.ts";

const decided = (text: string, files: Readonly<Record<string, string>> = {}): Decided =>
  decide([{ name: "test.fml", text: `default allow.\n${text}` }], {
    now: NOW,
    load: (name) => (name in files ? { name, text: files[name]! } : undefined),
    rules: RULES,
  });

/** Place, code and sentence of what is said. */
const said = (text: string, files?: Readonly<Record<string, string>>): readonly string[] =>
  decided(text, files).diagnostics.map(renderLine);

test("what is wrong with a network's own rules is told once and at its place, and nothing is admitted", (t) => {
  const faulty = decided(`reject(Q, "x") <= rquest(Q, _, _, _).
deny(srcHost=10.0.0.1) on rootShare.`);
  t.deepEqual(faulty.diagnostics.map(renderLine), ["test.fml:2:19: error[E201]: unknown relation `rquest`"]);
  t.is(faulty.diagnostics[0]!.help, "did you mean `request`?");
  t.false(faulty.good);
  t.deepEqual([faulty.outcomes, faulty.model.rules], [[], []]);
  t.deepEqual([...faulty.admission.state.standing], []);
});

test("own rules of the wrong arity, unsafe ones, and cycles through negation", (t) => {
  const first = (text: string): string => said(text)[0]!;
  t.regex(first('reject(Q, "x") <= request(Q, _, _).'), /:19: error\[E202\]: `request` takes 4 terms/);
  t.regex(first("reject(Q) <= request(Q, _, _, _)."), /:1: error\[E202\]: `reject` takes 2 terms/);
  t.regex(first('reject(Q, Why) <= request(Q, _, _, _), Why != "a".'), /:40: error\[E303\]/);
  t.regex(first("reject(Q, Q2) <= request(Q, _, _, _), not cancel(_, _, Q2)."), /error\[E302\]/);
  t.regex(first('reject(Q, "x") <= grant(_, _, S, Q), inside(_, S), about(Q, _, _).'), /:38: error\[E311\]/);
  t.regex(
    first(`reject(Q, "x") <= request(Q, _, _, _), not fine(Q).
fine(Q) <= request(Q, _, _, _), not reject(Q, "x").`),
    /error\[E401\]: `reject` depends on its own negation: reject → not fine → not reject/,
  );
});

test("a trace whose own rules are faulty is not said", (t) => {
  const text = `reject(Q, "x") <= rquest(Q, _, _, _).\nTrue <- root : deny(*) on rootShare.`;
  const { steps, diagnostics } = replay({ name: "test.pane", text }, { rules: RULES });
  t.deepEqual(steps, []);
  t.deepEqual(
    diagnostics.map(({ code }) => code),
    ["E201"],
  );
});

test("an unknown relation is told once, whoever asks it", (t) => {
  t.deepEqual(said("p(X) <= q(X)."), ["test.fml:2:9: error[E201]: unknown relation `q`"]);
});

test("own rules ask relations that hold nothing, and know users as policies do", (t) => {
  const text = `extern contractor(user, symbol) from csv "people.csv" (login, firm) allow empty.
AddUser Al. NewShare s for (*) [allow = True, deny = True] on rootShare. Grant s to Al.
reject(Q, "contractors ask") <= request(Q, Who, _, _), contractor(Who, _).
reject(Q, "nobody sits there") <= request(Q, Who, "allow", _), known_user(Who), not user_host(Who, _).`;
  t.deepEqual(said(`${text}\nAl: deny(srcPort=1) on s.`), []);
  t.deepEqual(said(`${text}\nAl: allow(srcPort=1) on s.`), [
    "test.fml:6:1: error[E723]: refused by a rule of this network: nobody sits there",
  ]);
  t.deepEqual(said(`${text}\nAl: deny(srcPort=1) on s.`, { "people.csv": "login,firm\nAl,acme\n" }), [
    "test.fml:6:1: error[E723]: refused by a rule of this network: contractors ask",
  ]);
});

test("a network's own words for a refusal are its own, even where they are a reason of ours", (t) => {
  const rule = (why: string): string => `reject(Q, ${why}) <= request(Q, _, _, _).\ndeny(srcPort=1) on rootShare.`;
  for (const why of ["conflict", "share-short", "unknown-share", "own-rule", "transaction"]) {
    const [error] = decided(rule(`"${why}"`)).diagnostics;
    t.is(error!.message, `refused by a rule of this network: ${why}`);
    t.deepEqual(
      error!.related.map(({ message }) => message),
      ["this rule refuses it"],
    );
  }
  t.deepEqual(said(rule("5")), ["test.fml:3:1: error[E723]: refused by a rule of this network: 5"]);
});

test("a reason of ours that holds too is told in our words", (t) => {
  const text = `reject(Q, "night") <= request(Q, _, _, _).\ndeny(srcPort=1) on nowhere.`;
  t.deepEqual(said(text), ["test.fml:3:1: error[E704]: there is no share `nowhere`"]);
});

test("a sum of what is no number is told at its rule, wherever it is made", (t) => {
  const sum = (body: string, more: string): string =>
    `total(sum(X)) <= ${body}.\n${more}\ndeny(srcPort=1) on rootShare.`;
  const reject = `reject(Q, "x") <= request(Q, _, _, _), total(N), N > 3.`;
  const why = (text: string): string =>
    `test.fml:2:7: error[E317]: the sum in \`total\` met \`${text}\`, which is no number`;
  t.deepEqual(said(sum("p(X)", `p(a). policy q { deny <= srcPort(N), total(N). }`)), [why("a")]);
  t.deepEqual(said(sum("user(X)", reject)), [why("root")]);
  t.deepEqual(said(sum("request(_, _, X, _)", reject)), [why("deny")], "while a statement is decided");
  const text = sum("request(_, _, X, _)", reject);
  const { steps, diagnostics } = replay({ name: "test.fml", text: `\n${text}` }, { rules: RULES });
  t.deepEqual([steps, diagnostics.map(renderLine)], [[], [why("deny")]]);
});
