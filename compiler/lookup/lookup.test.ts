/** Words that mean something in a policy, and words that do not: the fault says what is wrong and what to write. */
import test from "ava";
import { NOW, RULES } from "../admission/testing/networks.ts";
import { decide } from "../decide.ts";
import { render } from "../flowgroup/index.ts";
import { areFlowgroups, readFlowgroup } from "./flowgroup.ts";
import type { Lookup } from "./found.ts";
import { readInstants } from "./instants.ts";
import { answerQuery, readQuery, resolveQuery } from "./query.ts";
import { findStatement, notAStatement } from "./statement.ts";
import { ofSwitch } from "./switch.ts";

const text = `default allow.
host_ip(a, 10.0.0.1). user_host("Bob", a).
AddUser Al.
flowgroup web = (transport=TCP, dstPort=80).
NewShare s for (*) [deny = True] on rootShare.
Grant s to Al.
@x Al: deny(srcHost=a) on s.
deny(vlan=1) on rootShare.
`;
const decided = decide([{ name: "net.pane", text }], { now: NOW, load: () => undefined, rules: RULES });
const { model } = decided;

/** A fault in one line: its kind, the clause, and the help. */
const faultOf = (lookup: Lookup<unknown>): string =>
  lookup.ok ? "none" : `${lookup.kind}: ${lookup.fault} | ${lookup.help}`;

test("a flowgroup is read with or without parentheses, by names too, and a fault points into the words", (t) => {
  for (const words of ["(srcHost=a)", "srcHost=a", " srcHost = 10.0.0.1 "]) {
    const flows = readFlowgroup(words, model);
    t.is(flows.ok && render(flows.value), "(srcHost=10.0.0.1)");
  }
  t.true(areFlowgroups("web", model));
  t.false(areFlowgroups("web, mail", model));
  const wrong = readFlowgroup("user=Boob", model);
  t.is(faultOf(wrong), "misuse: the flowgroup was not understood | undefined");
  if (wrong.ok) return t.fail();
  const [{ span, help } = t.fail() as never] = wrong.diagnostics;
  t.is(span!.source.text.slice(span!.start, span!.end), "Boob");
  t.is(help, "did you mean `Bob`?");
});

test("a query is answered for its speaker, and a fault names an unknown share or a speaker that may not ask", (t) => {
  const ask = (words: string): Lookup<unknown> => {
    const asked = readQuery(words);
    if (!asked.ok) return asked;
    const query = resolveQuery(asked.value.query, model);
    return query.ok ? answerQuery(query.value, decided, NOW, asked.value.speaker) : query;
  };
  t.true(ask("ListShares").ok);
  t.true(ask("Al: GetSchedule s.").ok);
  t.is(faultOf(ask("GetSchedule rootShar")), "misuse: there is no share `rootShar` | did you mean `rootShare`?");
  t.is(faultOf(ask("Al: GetSchedule rootShare")), "refusal: `Al` does not speak for share `rootShare` | undefined");
  t.is(
    faultOf(ask("ListUsers. ListShares")),
    "misuse: that is not one query | the queries: ListShares, ListSharesByFlowGroup, ListRequests, ListRequestsByFlowGroup, ListUsers, GetSchedule, Available",
  );
  t.is(
    faultOf(ask("False <- ListShares.")),
    "misuse: an expected answer stands before a statement, and before no query | leave it out",
  );
  t.is(
    faultOf(ask("@l Al: GetSchedule s.")),
    "misuse: a label stands before a statement, and before no query | leave it out",
  );
  t.is(faultOf(ask("Explain x")), "misuse: `Explain` has a command of its own | glazier explain @x");
  t.is(faultOf(ask("Traffic (*)")), "refusal: `Traffic` asks a running network: files have none | undefined");
});

test("a statement is found by label or by text, and a fault names the nearest one", (t) => {
  for (const words of ["@x", "x", "deny ( srcHost = a ) strict on s"]) {
    const found = findStatement(words, decided);
    t.is(found.ok && found.value?.id, "x", words);
  }
  t.deepEqual(findStatement("srcHost=10.0.0.1", decided), { ok: true, value: undefined });
  t.is(
    faultOf(findStatement("deny(vlan=2) on rootShare", decided)),
    "misuse: no statement reads `deny(vlan=2) on rootShare.` | the nearest: `deny(vlan=1) on rootShare.` (net.pane:8:1)",
  );
  t.is(faultOf(findStatement("deny(vlan= on s", decided)), "misuse: the statement was not understood | undefined");
  t.is(faultOf(notAStatement("@y", decided)), "misuse: no statement is called `@y` | its labels: @x");
});

test("a switch is the one that is named, or the only one", (t) => {
  const two = new Map([
    ["s1", 1],
    ["s2", 2],
  ]);
  t.deepEqual(ofSwitch(two, "s2"), { ok: true, value: ["s2", 2] });
  t.deepEqual(ofSwitch(new Map([["", 1]]), undefined), { ok: true, value: ["", 1] });
  t.is(faultOf(ofSwitch(two, undefined)), "misuse: this policy has 2 switches: s1, s2 | choose one");
  t.is(faultOf(ofSwitch(two, undefined, "--as")), "misuse: this policy has 2 switches: s1, s2 | choose one: `--as s1`");
  t.is(faultOf(ofSwitch(two, "s3")), "misuse: this policy has no switch `s3` | its switches: s1, s2");
  t.is(
    faultOf(ofSwitch(new Map([["", 1]]), "s1")),
    "misuse: this policy has no switch `s1` | its switches: one, and it has no name",
  );
});

test("an absolute instant sets the clock, and a relative one is counted from the clock", (t) => {
  const read = (...texts: readonly string[]): unknown => {
    const when = readInstants(texts, 1000, "--at");
    return when.ok ? when.value : faultOf(when);
  };
  t.deepEqual(read(), { now: 1000, instants: [1000] });
  t.deepEqual(read("+1min", "now"), { now: 1000, instants: [1060, 1000] });
  t.deepEqual(read("@2000", "+1min"), { now: 2000, instants: [2000, 2060] });
  t.regex(
    String(read("tomorrow")),
    /^misuse: --at tomorrow: .* \| write 2026-12-01T09:00:00Z, @1796115600 or \+20min$/,
  );
});

test("a fault of words that end too early speaks of their end, and of no sign that stands behind them", (t) => {
  for (const [words, message] of [
    ["(srcPort=1", "expected `)` at the end"],
    ["srcPort=1,", "expected a name at the end"],
    ["srcPort=1 dstPort=2", "expected `)` before `dstPort`"],
  ] as const) {
    const asked = readFlowgroup(words, model);
    t.deepEqual(asked.ok ? [] : asked.diagnostics.map((one) => one.message), [message], words);
  }
});
