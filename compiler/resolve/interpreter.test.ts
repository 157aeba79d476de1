/** Sentences to a running network: they mean what they mean in a trace, and reading them costs what they cost alone. */
import { readdirSync, readFileSync } from "node:fs";
import test, { type ExecutionContext } from "ava";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import type { Model, Statement } from "../model/model.ts";
import { parse } from "../syntax/parse.ts";
import { VOCABULARY } from "../fml/vocabulary.ts";
import { Interpreter, type Read } from "./interpreter.ts";
import { resolve } from "./resolve.ts";

const NOW = 1_796_115_600;
const ANYONE = { has: () => true, *[Symbol.iterator](): Generator<string> {} };

/** A text as one model, as a trace has it. */
function traceOf(text: string, name = "policy.pane"): Model {
  const source = { name, text };
  const options = { now: NOW, trace: true, load: () => undefined, vocabulary: VOCABULARY };
  return resolve([{ source, file: parse(source).file }], options).model;
}

/** What a statement says, without places in its text. */
function gist({ id, label, text, speaker, demand }: Statement): unknown {
  const { query: _, ...asked } = demand.kind === "query" ? demand : { ...demand, query: undefined };
  return { id, label, text, speaker, demand: asked };
}

/** A statement as written, without an expected verdict and a number for its twin. */
const alone = (one: Statement): Statement => ({ ...one, id: one.label ?? one.text });

const codesOf = ({ diagnostics }: Read): readonly string[] => diagnostics.map(({ code }) => code);

function agrees(t: ExecutionContext, model: Model): number {
  const interpreter = new Interpreter(model, ANYONE);
  let compared = 0;
  for (const one of model.statements) {
    const { demand, span, text, speaker } = one;
    // A trace's statements after a `Tick` count from another clock.
    if (demand.kind === "Tick") break;
    const written = span.source.text.slice(span.start, span.end).replace(/^(?:True|False)\s*<-\s*/, "");
    const read = interpreter.read({ source: { name: "said", text: written }, by: "root", now: NOW });
    if ("rate" in demand && demand.rate === 0) {
      // A trace keeps what the prototype took; a running network says what files are told.
      t.deepEqual(codesOf(read), ["E248"], text);
      continue;
    }
    if ("nodes" in demand && demand.nodes?.includes("s9")) {
      t.deepEqual(codesOf(read), ["E222"], "a trace may name a node that does not exist");
      continue;
    }
    t.deepEqual(read.statements.map(gist), [gist(alone(one))], text);
    const own = interpreter.read({ source: { name: "said", text: written }, by: speaker, now: NOW });
    t.deepEqual(own.statements.map(gist), [gist(alone(one))], `${speaker} herself: ${text}`);
    compared++;
  }
  return compared;
}

test("statements of all traces mean the same, each alone", (t) => {
  const folder = new URL("../replay/traces/", import.meta.url);
  let compared = 0;
  for (const name of readdirSync(folder)) {
    if (!name.endsWith(".pane")) continue;
    const text = readFileSync(new URL(name, folder), "utf8");
    compared += agrees(t, traceOf(text, name));
  }
  t.true(compared > 200, `${compared} statements`);
});

const CAMPUS = `default allow.
switch(s1, 1). link_end(s1, 1, s1, 2).
host_ip(web, 10.0.0.9). host_ip(web, 2001:db8::9). host_mac(web, 00:00:00:00:00:09).
host_ip(h, 10.0.0.1). user_host("Alice B", h).
host_at(ids, s1, 3).
flowgroup servers = (dstHost=web) or (dstHost=10.0.1.0/24).
flowgroup mail = servers and (dstPort={25, 587}).
`;
const SAID = [
  'reserve(user="Alice B", servers) = 5Mb on net from +10s to +20s',
  "deny(mail) on net to @1796119200",
  "allow((srcHost=h) <-> (dstHost=web)) on net",
  "limit(servers except mail) = 1Mb on net to now",
  "waypoint(dstHost=web) = ids on net",
  "@x deny(srcHost=h, dstHost!=web) on net partial",
  "NewShare s for (servers) [deny = True, reserve <= 5Mb] on net",
  "ListRequestsByFlowGroup (mail)",
  "Available 5Mb for (servers) on net lasting 10min",
  "Cancel x",
];

test("names of the policy mean what they mean in its files", (t) => {
  for (const said of SAID) {
    const { statements } = traceOf(`${CAMPUS}${said}.`);
    const { statements: read } = new Interpreter(traceOf(CAMPUS), ANYONE).read({
      source: { name: "said", text: `${said}.` },
      by: "root",
      now: NOW,
    });
    t.deepEqual(read.map(gist), statements.map(gist), said);
  }
});

const FILES = "change the files, and start the server with them again";

test("what a running network does not take is refused with what to do instead", (t) => {
  const model = traceOf(CAMPUS);
  const interpreter = new Interpreter(model, new Set(["root", "Alice B", "Alice"]));
  const refusals = (text: string, by = "Alice"): readonly string[] => {
    const { statements, diagnostics } = interpreter.read({ source: { name: "said", text }, by, now: NOW });
    t.deepEqual(statements, [], text);
    return diagnostics.map(
      ({ code, message, help, span }) => `${code} ${span!.start} ${message}${help === undefined ? "" : ` | ${help}`}`,
    );
  };
  t.deepEqual(
    [
      refusals("Tick 5."),
      refusals("host_ip(h, 10.0.0.7)."),
      refusals("default deny."),
      refusals("policy p { deny <= true. }"),
      refusals("flowgroup f = (dstPort=80)."),
      refusals('include "more.fml".'),
      refusals("True <- root : deny(*) on net."),
      refusals("root: deny(*) on net."),
      refusals("deny(*) on net. deny(dstPort=80) on net."),
      refusals("deny(server) on net."),
      refusals("deny(user=Bob) on net."),
      refusals("reserve(user=Alice) = 0Mb on net."),
      refusals("deny(dstPort=99999) on net."),
      refusals("hint(*) priority = low on net."),
    ],
    [
      ["E270 0 `Tick` moves the clock of a trace; a running network has the clock of the world"],
      [`E271 0 a fact or a rule is part of the policy's files, and no statement to a running network | ${FILES}`],
      [`E271 0 \`default\` is part of the policy's files, and no statement to a running network | ${FILES}`],
      [`E271 0 \`policy\` is part of the policy's files, and no statement to a running network | ${FILES}`],
      [`E271 0 a named flowgroup is part of the policy's files, and no statement to a running network | ${FILES}`],
      [`E271 0 \`include\` is part of the policy's files, and no statement to a running network | ${FILES}`],
      ["E274 0 only a trace expects a verdict | leave `True <-` out"],
      ["E273 0 `Alice` does not speak as `root`"],
      [
        "E272 16 a running network takes one statement at a time | `begin.` before and `commit.` behind them make several one",
      ],
      ["E207 5 unknown flowgroup `server` | did you mean `servers`?"],
      ["E204 10 `Bob` is not a known user | a user is known by `AddUser Bob.` or by a fact"],
      ["E248 22 a reservation of zero keeps nothing free | the least rate is `1b`"],
      ["E127 13 99999 is too large for `dstPort`, whose largest value is 65535 | write a value up to 65535"],
      ["E690 0 `hint` cannot be compiled yet | take it out: it would decide no packet"],
    ],
  );
});

test("what is offered for flows without a name can be said", (t) => {
  const interpreter = new Interpreter(traceOf(CAMPUS), new Set(["root"]));
  const faults = (text: string): readonly Diagnostic[] =>
    interpreter.read({ source: { name: "said", text }, by: "root", now: NOW }).diagnostics;
  const [fault] = faults("deny(unheard) on net.");
  t.like(fault, { code: "E207", message: "unknown flowgroup `unheard`" });
  const [, written] = /^write the flows, as in `(\([^`]+\))`/.exec(fault!.help!)!;
  t.deepEqual(faults(`deny${written} on net.`), []);
});

test("several statements between `begin.` and `commit.` are one", (t) => {
  const text = "begin. AddUser Bob. Alice: deny(dstPort=80) on net. commit.";
  const { statements, diagnostics } = new Interpreter(traceOf(CAMPUS), ANYONE).read({
    source: { name: "said", text },
    by: "root",
    now: NOW,
  });
  t.deepEqual(diagnostics, []);
  t.deepEqual(
    statements.map(({ speaker, transaction, text: one }) => [speaker, transaction, one]),
    [
      ["root", 1, "AddUser Bob."],
      ["Alice", 1, "deny(dstPort=80) on net."],
    ],
  );
});

test("reading a sentence looks at the hosts that it names, however many there are", (t) => {
  const looks = [10, 1_000].map((n) => {
    const facts = Array.from({ length: n }, (_, i) => `host_ip(h${i}, 10.0.${i >> 8}.${i & 255}).`).join("\n");
    const model = traceOf(`default allow.\n${facts}\nflowgroup g = (srcHost=h1).`);
    let asked = 0;
    const hosts = new Proxy(model.directory.hosts, {
      get: (all, key) => {
        const value: unknown = Reflect.get(all, key, all);
        if (typeof value !== "function") return value;
        return (...args: unknown[]): unknown => {
          asked += key === "get" || key === "has" ? 1 : 1_000_000;
          return (value as (...all: unknown[]) => unknown).apply(all, args);
        };
      },
    });
    const interpreter = new Interpreter({ ...model, directory: { ...model.directory, hosts } }, new Set(["root"]));
    const source = { name: "said", text: "deny(g, dstHost=h2, dstPort=80) on net." };
    t.is(interpreter.read({ source, by: "root", now: NOW }).statements.length, 1);
    return asked;
  });
  t.is(looks[0], looks[1]);
  t.true(looks[0]! < 10, String(looks[0]));
});

test("a word alone is asked after as a statement, and what stands in files is said to need a start", (t) => {
  const interpreter = new Interpreter(traceOf("default deny."), ANYONE);
  const help = (text: string): string | undefined =>
    interpreter.read({ source: { name: "said", text }, by: "root", now: NOW }).diagnostics[0]?.help;
  t.is(help("ListRequest."), "did you mean `ListRequests`?");
  t.regex(help("help.")!, /begins with a word such as `deny`/);
  t.is(help("host_ip(a, 10.0.0.1)."), "change the files, and start the server with them again");
});
