/** Advice to state a fact or a user is written as the language writes it: followed literally, it mends the fault. */
import { readFileSync } from "node:fs";
import test from "ava";
import { readRules } from "../admission/read-rules.ts";
import { decide, tablesAt } from "../compile.ts";

const pane = { name: "pane.fml", text: readFileSync(new URL("../../policies/pane.fml", import.meta.url), "utf8") };
const { rules } = readRules(pane);

const errorsOf = (text: string) =>
  decide([{ name: "a.pane", text }], { now: 0, load: () => undefined, rules }).diagnostics.filter(
    ({ severity }) => severity === "error",
  );

const NAMES = ["core", '"s 1"', '"Upper"', '"two\\nlines"', '"allow"', '"a\\"b"'];
const advised = (help = ""): readonly string[] =>
  [...help.matchAll(/`((?:switch|host_ip|host_at|AddUser)[ (][^]*?\.)`/g)].map(([, one]) => one!);

test("E204 advises a statement that mends it, whatever the name", (t) => {
  for (const name of NAMES) {
    const text = `default deny. deny(user=${name}) on rootShare.`;
    const [fault, ...others] = errorsOf(text);
    t.deepEqual([fault?.code, others], ["E204", []], name);
    const [advice] = advised(fault!.help);
    t.deepEqual(errorsOf(`${text} ${advice!}`), [], `${name}: ${advice!}`);
  }
});

/** Code, text, and the advice with what its reader knows. */
const PLACES: readonly (readonly [string, (name: string) => string, (advice: string) => string])[] = [
  ["E225", (name) => `default deny. deny(switch=${name}) on rootShare.`, (one) => one.replace("DATAPATH", "7")],
  ["E225", (name) => `default deny. host_at(a, ${name}, 3).`, (one) => one.replace("DATAPATH", "7")],
  ["E205", (name) => `default deny. deny(srcHost=${name}) on rootShare.`, (one) => one.replace("ADDRESS", "10.7.7.7")],
  [
    "E222",
    (name) => `default deny. avoid(dstPort=7) = ${name} on rootShare.`,
    (one) =>
      `${one.replace("SWITCH", "s7").replace("PORT", "3").replace("DATAPATH", "7")} switch(s7, 8). link(s7, 1, s8, 1, 1Gb). switch(s8, 9).`,
  ],
];

test("advice about a fact invents nothing: as it stands it is refused, with what is known it mends, whatever the name", (t) => {
  for (const [code, text, filled] of PLACES)
    for (const name of NAMES) {
      const [fault, ...others] = errorsOf(text(name));
      t.deepEqual([fault?.code, others], [code, []], name);
      const all = advised(fault!.help);
      t.true(all.length > 0, fault!.help);
      for (const advice of all) {
        const literal = errorsOf(`${text(name)} ${advice}`);
        t.true(
          literal.some((one) => one.code === "E314"),
          advice,
        );
        t.deepEqual(
          errorsOf(`${text(name)} ${filled(advice)}`).map(({ message }) => message),
          [],
          advice,
        );
      }
    }
});

test("E205, E204 and W265: `any` is what other languages call everybody, and no host or user to be made up", (t) => {
  for (const text of ["deny(srcHost=any)", "deny(dstHost=All)", "deny(user=any)", "deny(dstUser=everybody)"]) {
    const [fault] = errorsOf(`default deny. ${text} on rootShare.`);
    t.regex(
      fault!.help!,
      /^every (?:host|user) is meant where `\w+` is not asked for, and all flows are `\(\*\)`$/,
      text,
    );
  }
  const awaited = decide([{ name: "a.pane", text: "default deny. switch(s1, 1). deny(user=any) on rootShare." }], {
    now: 0,
    load: () => undefined,
    rules,
  }).diagnostics.find(({ code }) => code === "W265");
  t.regex(awaited!.help!, /^every user is meant/);
});

test("E202: a fact with one term of `switch`, which is a field of flows too; E308 for fields that are no facts", (t) => {
  const told = (text: string): readonly unknown[] =>
    errorsOf(`default deny. ${text}`).map(({ code, message }) => [code, message]);
  t.deepEqual(told("switch(s1)."), [["E202", "`switch` takes 2 terms, but 1 is given"]]);
  t.deepEqual(told("switch(S) <= host(S). host(a)."), [["E202", "`switch` takes 2 terms, but 1 is given"]]);
  t.deepEqual(told("dstPort(80)."), [["E308", "`dstPort` is a field of the flow and cannot be defined"]]);
});

test("E201: a flowgroup that a rule asks for is called one", (t) => {
  const text = "default deny. flowgroup office = (srcHost=10.0.0.0/8). policy x { deny <= office, dstPort = 25. }";
  const [fault, ...others] = errorsOf(text);
  t.deepEqual([fault!.code, others], ["E201", []]);
  t.regex(fault!.help!, /^that is a flowgroup, which requests and shares name/);
});

test("E230: a block of addresses is no address of a host, and is not explained as a wrong number", (t) => {
  const helps = errorsOf('default deny. host_ip(a, 10.0.0.0/8). host_ip(b, "10.0.0.300").').map(({ help }) => help);
  t.deepEqual(helps, [
    "that is a block of addresses, and a host has single ones",
    "a part of an IPv4 address is a number from 0 to 255",
  ]);
});

test("W276 advises each switch once", (t) => {
  const text = "default deny. switch(core, 1). link(attic, 1, cellar, 1, 1Gb). host_at(a, attic, 2).";
  const said = (of: string) =>
    decide([{ name: "a.pane", text: of }], { now: 0, load: () => undefined, rules }).diagnostics;
  const helps = said(text).map(({ code, help }) => [code, /`(switch.*?)`/.exec(help!)![1]]);
  t.deepEqual(helps, [
    ["W276", "switch(cellar, DATAPATH)."],
    ["W276", "switch(attic, DATAPATH)."],
  ]);
  t.deepEqual(said(`${text} switch(attic, 2). switch(cellar, 3).`), []);
});

const saidOf = (text: string, files: Readonly<Record<string, string>> = {}) =>
  decide([{ name: "a.pane", text }], {
    now: 0,
    load: (name) => (files[name] === undefined ? undefined : { name, text: files[name] }),
    rules,
  });

test("W265 and W807: where a statement is the first to name a user whom nothing knows, the cause is told alone", (t) => {
  const base = 'default deny. switch(s1, 1). user_host("Al", h). AddUser Cy.';
  const codesOf = (text: string) => saidOf(`${base} ${text}`).diagnostics.map(({ code }) => code);
  t.deepEqual(codesOf("deny(user=Bob) on rootShare."), ["W265"]);
  t.deepEqual(codesOf("deny(user=Bob) on rootShare. deny(user=Bob, dstPort=80) on rootShare."), ["W265", "W807"]);
  t.deepEqual(codesOf("deny(user={Bob, Cy}) on rootShare."), ["W807", "W265"]);
  t.deepEqual(codesOf("deny(user=Cy) on rootShare."), ["W807"]);
  const both = saidOf(`${base} deny(user={Bob, Cy}) on rootShare.`).diagnostics[0]!;
  t.is(both.message, "no flow of `Cy` is held by this deny");
});

test("E802: a truth value of JSON is no user, host or switch; where words are the reader's own it is one", (t) => {
  const codesOf = (sort: string) =>
    saidOf(`default deny. extern bad(${sort}) from json "x.json" "$[*].login". deny(dstPort=80) on rootShare.`, {
      "x.json": '[{"login": "true"}, {"login": true}]',
    }).diagnostics.flatMap(({ code, severity }) => (severity === "error" ? [code] : []));
  for (const sort of ["user", "host", "switch"]) t.deepEqual(codesOf(sort), ["E802"], sort);
  t.deepEqual(codesOf("flag"), []);
});

test("what tables say stands in the order of the text", (t) => {
  const text = `default deny. @b allow(direction=request, dstPort=80) on rootShare.
@a allow(direction=request) on rootShare. policy p on share rootShare { @z allow <= direction(request). }
@c allow(direction=response) on rootShare.`;
  const found = tablesAt(saidOf(text), 0, { target: "ovs" }).diagnostics;
  t.deepEqual(
    found.map(({ code, message }) => `${code} ${/`(.*?)`/.exec(message)![1]!}`),
    ["N844 b", "N844 a", "N844 p.z", "N844 c"],
  );
  // Connections are remembered without VLANs: each statement that names both is told.
  const tagged = `default allow. @b deny(vlan=10, direction=request) on rootShare. @a deny(direction=response, dstPort=80) on rootShare.
@c deny(vlan={10, none}, direction=response) on rootShare. @d deny(vlan=20) on rootShare.`;
  t.deepEqual(
    tablesAt(saidOf(tagged), 0, { target: "ovs" }).diagnostics.map(
      ({ code, message }) => `${code} ${/`(.*?)`/.exec(message)![1]!}`,
    ),
    ["N863 b", "N863 c"],
  );
});

test("W276 and E225: what is written for a switch takes nothing else of the fact or the row away", (t) => {
  const csv = 'extern host_at(host, switch, number) from csv "at.csv" (h, s, p).';
  const rows = (name: string): string => `h,s,p\na,${name},3\n`;
  const known = 'switch(s1, 1). switch(s2, 2). switch("Core 1", 3). host_ip(a, 10.0.0.1). default deny.';
  for (const [text, wanted, data] of [
    ["link(s1, 1, s22, 1, 1Gb).", "link(s1, 1, s2, 1, 1Gb)."],
    ['host_at(a, "S1", 3).', 'host_at(a, "s1", 3).'],
    ["port_rate(s22, 1, 1Gb).", "port_rate(s2, 1, 1Gb)."],
    ["host_at(a, core-1, 3).", 'host_at(a, "Core 1", 3).'],
    ["seat(a, 3). host_at(H, s22, P) <= seat(H, P).", "seat(a, 3). host_at(H, s2, P) <= seat(H, P)."],
    [csv, rows("s2"), rows("s22")],
    // Of two places, or of none, nothing says which is meant.
    ["link(s22, 1, s22, 2, 1Gb).", undefined],
    ["at(a, s22, 3). host_at(H, S, P) <= at(H, S, P).", undefined],
  ] as const) {
    const faults = saidOf(`${known} ${text}`, { "at.csv": data ?? "" }).diagnostics.filter(
      ({ code }) => code === "W276" || code === "E225",
    );
    t.true(faults.length > 0 && faults.every(({ help }) => help?.startsWith("did you mean") === true), text);
    const [fix] = faults.flatMap((fault) => fault.fix ?? []);
    if (wanted === undefined) t.is(fix, undefined, text);
    else {
      const { source, start, end } = fix!.span;
      t.is(
        source.text.slice(0, start) + fix!.text + source.text.slice(end),
        data === undefined ? `${known} ${wanted}` : wanted,
      );
    }
  }
});
