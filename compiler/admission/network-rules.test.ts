/** Rules that a network adds to admission: a faulty one is an error at its place, a sound one decides. */
import test from "ava";
import type { Decided } from "./decided.ts";
import { decide } from "../decide.ts";
import { renderLine } from "../diagnostics/index.ts";
import { replay } from "../replay/replay.ts";
import { NOW, RULES } from "./testing/networks.ts";
import { VOCABULARY } from "../fml/vocabulary.ts";

/** Files without rows, for externs whose rows no test needs. */
const WITHOUT_ROWS: Readonly<Record<string, string>> = {
  "people.csv": "login,firm\n",
  "u.csv": "login\n",
  "r.csv": "request,why\n",
};

const decided = (text: string, files: Readonly<Record<string, string>> = WITHOUT_ROWS): Decided =>
  decide([{ name: "test.fml", text: `default allow.\n${text}` }], {
    now: NOW,
    load: (name) => (name in files ? { name, text: files[name]! } : undefined),
    rules: RULES,
  });

/** Place, code and sentence of each diagnostic. */
const reported = (text: string, files?: Readonly<Record<string, string>>): readonly string[] =>
  decided(text, files).diagnostics.map(renderLine);

test("a fault in a network's own rule is reported once, at its place, and nothing is admitted", (t) => {
  const faulty = decided(`reject(Q, "x") <= rquest(Q, _, _, _).
deny(srcHost=10.0.0.1) on rootShare.`);
  t.deepEqual(faulty.diagnostics.map(renderLine), ["test.fml:2:19: error[E201]: unknown relation `rquest`"]);
  t.is(faulty.diagnostics[0]!.help, "did you mean `request`?");
  t.false(faulty.good);
  t.deepEqual([faulty.outcomes, faulty.model.rules], [[], []]);
  t.deepEqual([...faulty.admission.state.accepted], []);
});

test("own rules of the wrong arity, unsafe ones and cycles through negation are errors", (t) => {
  const first = (text: string): string => reported(text)[0]!;
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

test("a recursion that counts on without end is over budget, also where the clock alone begins it", (t) => {
  for (const begin of ["count(T) <= clock(T).", "count(T) <= request(_, _, _, _), clock(T)."]) {
    const { diagnostics, outcomes } = decided(`${begin}
count(T) <= count(S), plus(S, 1, T).
reject(Q, "x") <= request(Q, _, _, _), count(9).
allow(dstPort=80) on rootShare.`);
    t.deepEqual(diagnostics.map(renderLine), ["test.fml:2:1: error[E318]: evaluating `count` takes too many steps"]);
    t.deepEqual(outcomes, []);
  }
});

test("a trace with a faulty own rule is not replayed", (t) => {
  const text = `reject(Q, "x") <= rquest(Q, _, _, _).\nTrue <- root : deny(*) on rootShare.`;
  const { steps, diagnostics } = replay({ name: "test.pane", text }, { rules: RULES });
  t.deepEqual(steps, []);
  t.deepEqual(
    diagnostics.map(({ code }) => code),
    ["E201"],
  );
});

test("an unknown relation in an ordinary rule is reported once", (t) => {
  t.deepEqual(reported("p(X) <= q(X)."), ["test.fml:2:9: error[E201]: unknown relation `q`"]);
});

test("own rules may ask empty relations, and know users as policies do", (t) => {
  const text = `extern contractor(user, symbol) from csv "people.csv" (login, firm) allow empty.
AddUser Al. NewShare s for (*) [allow = True, deny = True] on rootShare. Grant s to Al.
reject(Q, "contractors ask") <= request(Q, Who, _, _), contractor(Who, _).
reject(Q, "nobody sits there") <= request(Q, Who, "allow", _), known_user(Who), not user_host(Who, _).`;
  t.deepEqual(reported(`${text}\nAl: deny(srcPort=1) on s.`), []);
  t.deepEqual(reported(`${text}\nAl: allow(srcPort=1) on s.`), [
    "test.fml:6:1: error[E723]: refused by a rule of this network: nobody sits there",
  ]);
  t.deepEqual(reported(`${text}\nAl: deny(srcPort=1) on s.`, { "people.csv": "login,firm\nAl,acme\n" }), [
    "test.fml:6:1: error[E723]: refused by a rule of this network: contractors ask",
  ]);
});

test("the words of an own rule are shown as the network's, even where they spell a built-in reason", (t) => {
  const rule = (why: string): string => `reject(Q, ${why}) <= request(Q, _, _, _).\ndeny(srcPort=1) on rootShare.`;
  for (const why of ["conflict", "share-short", "unknown-share", "own-rule", "transaction"]) {
    const [error] = decided(rule(`"${why}"`)).diagnostics;
    t.is(error!.message, `refused by a rule of this network: ${why}`);
    t.deepEqual(
      error!.related.map(({ message }) => message),
      ["this rule refuses it"],
    );
  }
  t.deepEqual(reported(rule("5")), ["test.fml:3:1: error[E723]: refused by a rule of this network: 5"]);
});

test("a built-in reason that holds too is reported before the own rule's", (t) => {
  const text = `reject(Q, "night") <= request(Q, _, _, _).\ndeny(srcPort=1) on nowhere.`;
  t.deepEqual(reported(text), ["test.fml:3:20: error[E704]: there is no share `nowhere`"]);
});

test("a sum of values that are no numbers is an error at its rule, in policies, decisions and traces", (t) => {
  const sum = (body: string, more: string): string =>
    `total(sum(X)) <= ${body}.\n${more}\ndeny(srcPort=1) on rootShare.`;
  const reject = `reject(Q, "x") <= request(Q, _, _, _), total(N), N > 3.`;
  const why = (text: string): string =>
    `test.fml:2:7: error[E317]: the sum in \`total\` met \`${text}\`, which is no number`;
  t.deepEqual(reported(sum("p(X)", `p(a). policy q { deny <= srcPort(N), total(N). }`)), [why("a")]);
  t.deepEqual(reported(sum("user(X)", reject)), [why("root")]);
  t.deepEqual(reported(sum("request(_, _, X, _)", reject)), [why("deny")], "while a statement is decided");
  const text = sum("request(_, _, X, _)", reject);
  const { steps, diagnostics } = replay({ name: "test.fml", text: `\n${text}` }, { rules: RULES });
  t.deepEqual([steps, diagnostics.map(renderLine)], [[], [why("deny")]]);
});

test("an unknown name in an own rule is an error, because the rule would never fire", (t) => {
  const text = `AddUser Alice. NewShare net for (*) [deny = True] on rootShare.
reject(Q, "a") <= request(Q, "Alise", _, _).
reject(Q, "b") <= request(Q, _, _, nett).
reject(Q, "c") <= request(Q, _, "alow", _).
reject(Q, "d") <= new_share(Q, Who, "brand new", rootshare), Who != "rooot".
reject(Q, "e") <= states_bound(Q, "requsts", N), N > 3.
reject(Q, "f") <= through(Q, ids), request(Q, "Alice", "waypoint", net).
reject(Q, "g") <= request(Q, _, K, _), (K = "allow" or K != "denny").`;
  t.deepEqual(
    decided(text).diagnostics.map((one) => `${renderLine(one)}, ${one.help}`),
    [
      "test.fml:3:30: error[E204]: `Alise` is not a known user, did you mean `Alice`?",
      "test.fml:4:36: error[E704]: there is no share `nett`, did you mean `net`?",
      "test.fml:5:33: error[E316]: `alow` is no kind of request, did you mean `allow`?",
      "test.fml:6:50: error[E704]: there is no share `rootshare`, did you mean `rootShare`?",
      "test.fml:6:69: error[E204]: `rooot` is not a known user, did you mean `root`?",
      "test.fml:7:35: error[E316]: `requsts` is no bound of a share, did you mean `requests`?",
      "test.fml:8:30: error[E222]: `ids` is neither a known host nor a known switch, a host that can be passed is known by `host_at(ids, SWITCH, PORT).`, a switch by `switch(ids, DATAPATH).`",
      "test.fml:9:61: error[E316]: `denny` is no kind of request, did you mean `deny`?",
    ],
  );
});

test("an own rule may name any label of a request, and the share of `leads` is checked as that of `asks`", (t) => {
  const rule = (more: string): string =>
    `reject(Q, "x") <= leads(Q, "waypoint", S), accepted(R, _, _, _), reorders(Q, R), ${more}.`;
  t.deepEqual(reported(rule("R != vip, S != rootShare")), []);
  t.deepEqual(reported(rule("S != nett")), ["test.fml:2:87: error[E704]: there is no share `nett`"]);
});

test("facts and rules of relations that admission answers do not reach it, and are errors", (t) => {
  const codes = (text: string): readonly string[] =>
    decided(text).diagnostics.map(({ code, message }) => `${code} ${/`.*?`/.exec(message)![0]}`);
  t.deepEqual(codes(`speaks("Eve", s). share(zz). depth(s, 9).`), ["E315 `speaks`", "E315 `share`", "E315 `depth`"]);
  t.deepEqual(codes(`speaks("Eve", S) <= share(S).`), ["E315 `speaks`"]);
  t.deepEqual(codes(`extern user(user) from csv "u.csv" (login) allow empty.`), ["E315 `user`"]);
  const asked = `reject(Q, "x") <= request(Q, _, _, S), mine(S).`;
  t.deepEqual(codes(`holds(S, "deny") <= parent(_, S).\nmine(S) <= holds(S, "allow").\n${asked}`), ["E315 `holds`"]);
  t.deepEqual(codes(`upper(rootShare).\nmine(S) <= upper(S).\n${asked}`), ["E315 `upper`"]);
});

test("a fact of `reject` decides nothing, and is an error unless a policy reads it", (t) => {
  const rule = `reject(Q, "x") <= new_share(Q, _, _, _).`;
  const fact = (at: string): string =>
    `test.fml:${at}: error[E315]: \`reject\` is a relation of the admission rules: what a file says of it does not reach them`;
  t.deepEqual(reported(`reject(vip, "x").`), [fact("2:1")]);
  t.deepEqual(reported(`${rule}\nreject(vip, "x").`), [fact("3:1")]);
  t.deepEqual(reported(`extern reject(symbol, symbol) from csv "r.csv" allow empty.`), [fact("2:8")]);
  t.deepEqual(reported(`reject(5). policy slow { deny <= srcPort(P), reject(P). }`), [], "its own relation");
});

test("a relation of the policy may be called like one of admission's, if only the policy reads it", (t) => {
  const text = `rate(5). NewShare net for (*) [deny = True] on rootShare.
reject(Q, "x") <= request(Q, _, "limit", _), cost(Q, N), N > 3.
policy slow { deny <= srcPort(P), rate(P). }`;
  t.deepEqual(reported(text), []);
});

test("every relation that admission derives is in its vocabulary", (t) => {
  const heads = new Set(RULES.map(({ head }) => head.relation));
  t.deepEqual(
    [...heads].filter((name) => !VOCABULARY.has(name)),
    ["reject"],
  );
});

test("`unknown` is no user: it is neither added nor granted a share, and does not speak", (t) => {
  t.deepEqual(
    decided("AddUser unknown.").diagnostics.map(({ code }) => code),
    ["E728"],
  );
  const open = "NewShare s for (*) [deny = True] on rootShare. GrantDefault s.";
  t.deepEqual(reported(`${open}\nunknown: deny(srcPort=1) on s.`), [
    "test.fml:3:1: error[E703]: `unknown` does not speak for share `s`: every user does, and `unknown` is no known user",
  ]);
  t.deepEqual(reported(`${open}\nGrant s to unknown.`), ["test.fml:3:1: error[E709]: there is no user `unknown`"]);
  t.deepEqual(reported("deny(user=unknown) on rootShare."), []);
});

test("a relation of admission with a wrong number of terms is told with its form, and a policy that asks it is offered no fact", (t) => {
  const helpOf = (text: string): string | undefined =>
    decide([{ name: "a.pane", text: `default allow. ${text}` }], { now: 0, load: () => undefined, rules: RULES })
      .diagnostics[0]?.help;
  t.is(helpOf('reject(Q, "x") <= request(Q, _, _).'), "the form is `request(Q, Who, Kind, Share)`");
  t.is(helpOf('reject("x") <= request(_, _, _, _).'), 'the form is `reject(Q, "REASON")`');
  // A fact `hour(9).` would deny at all hours.
  t.is(
    helpOf("policy p { deny <= hour(9). }"),
    "only rules for `reject` ask `hour`: take it out, or make a relation of another name",
  );
});
