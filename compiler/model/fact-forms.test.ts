/** Facts with their terms in another order are not taken in silence, and what is offered for them is the fact that was meant. */
import test from "ava";
import { NOW, RULES } from "../admission/testing/networks.ts";
import { decide } from "../decide.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";

const FACTS = `default deny. switch(s1, 1). switch(s2, 2). link(s1, 9, s2, 9, 1Gb).
host_ip(desk, 10.0.0.2). host_at(desk, s1, 1). user_host("Alice", desk). AddUser Alice.
NewShare net0 for (*) [waypoint = {s1, s2}] on rootShare.
`;
const diagnosticsOf = (text: string): readonly Diagnostic[] =>
  decide([{ name: "p.pane", text }], { now: NOW, load: () => undefined, rules: RULES }).diagnostics;
/** All but notes, which tell of facts that no statement uses. */
const told = (text: string): readonly string[] =>
  diagnosticsOf(text)
    .filter(({ severity }) => severity !== "note")
    .map(({ code, message, help }) => `${code} ${message} | ${help ?? ""}`);

/** What is written → its code, and what comes of the fix. */
const TURNED: Readonly<Record<string, readonly [code: string, meant: string]>> = {
  "host_ip(10.0.0.7, pc).": ["E230", "host_ip(pc, 10.0.0.7)."],
  "host_mac(02:00:00:00:00:07, pc).": ["E230", "host_mac(pc, 02:00:00:00:00:07)."],
  "host_at(s1, pc, 3).": ["E230", "host_at(pc, s1, 3)."],
  "host_at(3, s1, pc).": ["E230", "host_at(pc, s1, 3)."],
  "host_at(pc, 3, s1).": ["E230", "host_at(pc, s1, 3)."],
  "host_at(pc, s1:3).": ["E202", "host_at(pc, s1, 3)."],
  "host_ip(pc, 10.0.0.7). user_host(pc, bob).": ["W286", "host_ip(pc, 10.0.0.7). user_host(bob, pc)."],
  'user_host(desk, "Alice").': ["W286", 'user_host("Alice", desk).'],
};
for (const [written, [code, meant]] of Object.entries(TURNED))
  test(`${written} is offered as ${meant}`, (t) => {
    const found = diagnosticsOf(FACTS + written).filter((one) => one.severity !== "note");
    t.deepEqual(
      found.map((one) => one.code),
      [code],
    );
    const { span, text } = found[0]!.fix!;
    const source = FACTS + written;
    t.is(source.slice(0, span.start) + text + source.slice(span.end), FACTS + meant);
    t.deepEqual(told(FACTS + meant), []);
  });

test("where no order fits, the form is told, and an address that is none keeps its own help", (t) => {
  t.regex(told(`${FACTS}switch(7, s3).`)[0]!, /^E230 .*the form is `switch\(SWITCH, DATAPATH\)`/);
  t.regex(told(`${FACTS}link(s1, s2, 3, 4, 1Gb).`)[0]!, /`link\(SWITCH, PORT, SWITCH, PORT, RATE\)`/);
  t.regex(told(`${FACTS}port_rate(s1:1, 10Mb).`)[0]!, /^E202 .*`port_rate\(SWITCH, PORT, RATE\)`/);
  t.regex(told(`${FACTS}host_ip(pc, 10.0.1).`)[0]!, /four parts/);
  t.regex(told(`${FACTS}host_ip(pc, 10.0.0.0/24).`)[0]!, /a block of addresses/);
});

test("a fact with another number of terms shows the first fact of its relation", (t) => {
  const found = diagnosticsOf('staff("Alice", sales). staff("Bob").').find(({ code }) => code === "E202")!;
  t.is(found.related?.[0]?.message, "`staff` has 2 terms here");
});

test("nobody's host is no fact: `unknown` is no name of a user", (t) => {
  t.regex(
    told(`${FACTS}host_ip(pc, 10.0.0.7). user_host("unknown", pc).`)[0]!,
    /^E230 .*not `unknown` \| .*no such fact/,
  );
});

test("a user of the name of the own host is no slip, and neither is one of a host that other facts place", (t) => {
  t.deepEqual(told(`${FACTS}host_ip(press, 10.0.0.7). user_host(press, press).`), []);
  t.deepEqual(told(`${FACTS}host_ip(press, 10.0.0.7). user_host(press, desk).`), []);
});

test("a switch whose facts contradict each other is not told to be an unknown host, with another switch to paste", (t) => {
  const found = diagnosticsOf(`${FACTS}switch(s1, 9). waypoint(srcHost=10.0.0.2) = s1 on net0.`);
  t.true(found.some(({ code }) => code === "W280"));
  t.deepEqual(
    found.filter(({ code }) => code === "W266").map(({ message }) => message),
    [],
  );
});
